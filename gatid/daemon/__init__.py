"""The daemon: a supervisor, its workers, and how one plan replaces another."""
