"""Lenses: what an operation does to a type, typed, and in which direction it runs."""
