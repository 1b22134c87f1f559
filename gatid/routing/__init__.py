"""Which contract a request is for: by path, method and version."""
