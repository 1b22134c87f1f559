"""The admin listener: health and metrics, away from what the public reaches."""
