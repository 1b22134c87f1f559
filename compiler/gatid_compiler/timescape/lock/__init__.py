"""What was released, frozen in `gati.lock`, and the judgement of what is derived now against it."""
