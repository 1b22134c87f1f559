"""Proofs: whether what a transform makes of every old message is a message of now, and back."""
