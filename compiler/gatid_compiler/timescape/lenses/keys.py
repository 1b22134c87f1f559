"""Names of definitions while history is taken back.

A named type keeps its name through the releases. Where an operation changes a named type in
one place only, that place refers to a definition of its own, `Order~1`, which is still an
`Order`: what happened to orders before happened to it as well.
"""

from __future__ import annotations

_MARK = "~"


def plain(key: str) -> str:
    """The name as the user knows it: `Page<Order>` of `Page<Order>~2`."""
    return key.partition(_MARK)[0]


def origin(key: str) -> str:
    """The declaration that the definition comes from: `Page` of `Page<Order>~2`."""
    return plain(key).partition("<")[0]


def in_place(written: str) -> str:
    """The name of a definition that stands for what is written without a name."""
    return f"({written.replace(_MARK, '')})"


def is_in_place(key: str) -> bool:
    """Whether the definition has no name that a user knows."""
    return key.startswith("(")


def is_variant(key: str) -> bool:
    """Whether the definition stands for one place only."""
    return _MARK in key


def variant(key: str, number: int) -> str:
    """The name of a definition for one place."""
    return f"{headers(key) if is_headers(key) else plain(key) + _MARK}{number}"


def headers(key: str) -> str:
    """The name of a definition that is the other one with its names in lower case."""
    return f"{plain(key)}{_MARK}headers"


def is_headers(key: str) -> bool:
    """Whether the definition is one of headers, whose names are the same in either case."""
    return key.partition(_MARK)[2].startswith("headers")


def request(route: str) -> str:
    """The name of a route's request, an object of its parts."""
    return f"request {route}"


def response(route: str, status: int) -> str:
    """The name of what a route answers with the status that head knows it by."""
    return f"response {route} {status}"


def is_message(key: str) -> bool:
    """Whether the definition is a message of a route."""
    return key.startswith(("request ", "response "))
