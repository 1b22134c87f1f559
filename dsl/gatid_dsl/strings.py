"""What a `"…"` string says: the escapes of JSON (RFC 8259 section 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
_PART = re.compile(
    r"(?P<text>[^\\\x00-\x1f]+)"
    r"|\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u(?P<unit>(?![dD][89a-fA-F])[0-9a-fA-F]{4})"
    r'|\\(?P<plain>["\\/bfnrt])'
    r"|(?P<bad>\\u[0-9a-fA-F]{0,4}|\\.?|[\x00-\x1f])",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class BadPart:
    """A part of a string that says nothing: where it begins and ends in it."""

    start: int
    end: int
    text: str


def unescape(inner: str) -> str | list[BadPart]:
    """The text between the quotes with its escapes read, or what is wrong with it."""
    if inner.isprintable() and "\\" not in inner:
        return inner
    bad: list[BadPart] = []
    value = "".join(_parts(inner, bad))
    return bad or value


def _parts(inner: str, bad: list[BadPart]) -> Iterator[str]:
    for part in _PART.finditer(inner):
        match part.lastgroup:
            case "text":
                yield part["text"]
            case "low":
                high, low = int(part["high"], 16), int(part["low"], 16)
                yield chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
            case "unit":
                yield chr(int(part["unit"], 16))
            case "plain":
                yield _PLAIN[part["plain"]]
            case _:
                bad.append(BadPart(part.start(), part.end(), part.group()))
