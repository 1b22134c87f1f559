"""gatid: an API gateway and handler runtime, configured by a small language."""
