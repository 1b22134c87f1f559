"""Many versions, one handler: older contracts derived from what changed."""
