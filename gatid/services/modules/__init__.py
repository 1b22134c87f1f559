"""Modules: long-lived services of the handlers, one instance a worker."""
