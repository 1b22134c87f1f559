"""Header fields of answers, and those of requests as handlers see them."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", re.ASCII)
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OURS = frozenset(
    {
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-request-id",
    }
)


class BadHeaderError(ValueError):
    """A header that a handler may not send. granian would drop all headers without a word."""


def checked(name: str, value: str) -> tuple[str, str]:
    """The field, its name in lower case; raises when it could not be sent as it is."""
    if not isinstance(name, str) or not _TOKEN.fullmatch(name):
        raise BadHeaderError(f"{name!r} is no header name")
    if not isinstance(value, str):
        raise BadHeaderError(f"the value of header `{name}` is no text")
    if _BAD_VALUE.search(value):
        raise BadHeaderError(f"the value of header `{name}` has a control character in it")
    lower = name.lower()
    if lower in _OURS:
        raise BadHeaderError(f"header `{name}` is not the handler's to set")
    return lower, value


class RequestHeaders(dict[str, Any]):
    """Header values by name; any case of a name finds them."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """The value of the header, or `default`."""
        return super().get(name.lower(), default)
