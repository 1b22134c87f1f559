"""The shop's handlers: they know the API as it is now, and no older shape of it."""
