"""The `change` block that a difference asks for: guessed, then judged by deriving with it."""
