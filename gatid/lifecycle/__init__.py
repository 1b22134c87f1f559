"""The life of one request: its local context, its hooks, its end."""
