"""The timeline told to people: shapes in `.gati`, changes as sentences, what is lost."""
