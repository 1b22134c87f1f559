"""What outlives a generation, and what handlers reach through `gctx`."""
