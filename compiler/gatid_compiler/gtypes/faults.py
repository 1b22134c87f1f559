"""What is wrong with a value, as data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST = 100
"""So many faults are told of one value, the first in the order of its text."""

_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: an RFC 6901 pointer, the type expected in `.gati` words, the value found.

    Found values are shortened, and hidden where a field is `secret`.
    """

    pointer: str
    expected: str
    found: str


class Invalid(Exception):  # noqa: N818 - names what the value is
    """A value is not of its type. `faults` are all that is wrong with it, at most `MOST`."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "; ".join(f"{f.pointer or '/'}: expected {f.expected}, found {f.found}"
                         for f in self.faults)  # fmt: skip


class Malformed(Invalid):
    """A text is no JSON that is taken: bad syntax, too deep, a key written twice.

    `message` says why; `faults` says the same at `pointer`, the whole text if it is empty.
    """

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__((Fault(pointer, "JSON", message),))
        self.message = message
        self.pointer = pointer


def pointer(path: Sequence[str | int]) -> str:
    """The RFC 6901 pointer of a path of keys and indexes."""
    return "".join(f"/{_token(part)}" for part in path)


def _token(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def found(value: Any, *, hidden: bool = False) -> str:
    """A value as a fault shows it: scalars shortened, containers by their kind alone."""
    match value:
        case None | bool():
            return "***" if hidden else json.dumps(value)
        case dict() | Mapping():
            return "an object"
        case list() | tuple():
            return "an array"
        case _ if hidden:
            return "***"
        case str():
            short = value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
            return json.dumps(short, ensure_ascii=not short.isprintable())
        case int():
            return _digits(value)
        case float():
            return "a number too large" if value in (float("inf"), -float("inf")) else repr(value)
        case _:
            kind = type(value).__name__
            return f"a Python `{kind}`" if kind != "Decimal" else str(value)[:_LONGEST]


def _digits(value: int) -> str:
    if abs(value) < 10**_LONGEST:
        return str(int(value))
    return f"an integer of {value.bit_length()} bits"
