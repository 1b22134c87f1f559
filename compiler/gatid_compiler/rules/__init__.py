"""The rules of meaning: a table per room, each rule with its page."""
