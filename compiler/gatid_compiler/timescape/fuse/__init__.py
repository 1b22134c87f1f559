"""Fusion: all hops of one contract and direction, executed on symbols, written as one function."""
