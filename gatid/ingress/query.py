"""Query strings and cookies as lists of text by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from gatid.ingress.problem import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterable

Values = dict[str, list[str]]

_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def parse_query(text: str) -> Values:
    """The parameters of a query string, `+` as a space; 400 for what is no UTF-8."""
    values: Values = {}
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            values.setdefault(_decode(name), []).append(_decode(value))
    return values


def parse_cookies(headers: Iterable[str]) -> Values:
    """The cookies of `Cookie` headers (RFC 6265 section 4.2); quotes around values fall off."""
    values: Values = {}
    for header in headers:
        for pair in header.split(";"):
            name, equals, value = pair.strip(" \t").partition("=")
            if equals:
                if len(value) > 1 and value[0] == value[-1] == '"':
                    value = value[1:-1]
                values.setdefault(name, []).append(value)
    return values


def _decode(text: str) -> str:
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    if _BROKEN_ESCAPE.search(text):
        raise _malformed()
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise _malformed() from None


def _malformed() -> ProblemError:
    return ProblemError(400, "malformed-request", "the query string is malformed")
