"""Syntax to one immutable plan, or a refusal. No event loop, no threads, no sockets."""
