"""How articles are rated: once by a text such as `4 of 5`, now by stars and votes."""


def from_text(text):
    return {"stars": int(text[0]), "votes": 1}


def to_text(rating):
    return f"{rating['stars']} of 5"
