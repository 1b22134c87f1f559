"""Secret values that this process has read, and how they are kept out of what it writes."""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

MASK = "***"

_SHORTEST = 4
"""Shorter values are not scrubbed: they would also be found in innocent words."""

_SHORTEST_PART = 12
"""Of values that have parts, such as key files, parts of this length are scrubbed too."""

_SHORTEST_ENCODED = 8
"""In base64, shorter texts are found in innocent words again."""

_STEP = 8
_SHORTEST_PIECE = 16
_LONGEST_CUT = 256
"""Of values up to this length their pieces are found: what is left when others cut them short.

A piece of at least `2 * _STEP - 1` characters holds one of the value's parts of `_STEP` at
multiples of `_STEP`, so that no other needs to be looked for.
"""


class Scrubber:
    """Replaces known secret values in text by `***`: as they are, and as JSON, `repr`, URLs,
    hexadecimal and base64 show them.
    """

    __slots__ = ("_found", "_lock", "_pieces")

    def __init__(self) -> None:
        self._found: tuple[str, ...] = ()
        self._pieces: tuple[tuple[str, int, str], ...] = ()
        self._lock = threading.Lock()

    def add(self, value: str) -> None:
        """Knows `value` from now on, for as long as the process lives: old values of a
        rotated secret are still secret.
        """
        texts = {text for text in _texts(value) if len(text) >= _SHORTEST}
        forms = {form for text in texts for form in _forms(text)}
        pieces = {piece for text in texts for piece in _pieces(text)}
        with self._lock:
            known = forms.union(self._found)
            # Longest first, or a part of a value would hide the rest of it.
            self._found = tuple(sorted(known, key=lambda form: (-len(form), form)))
            self._pieces = tuple(sorted(pieces.union(self._pieces)))

    def text(self, text: str) -> str:
        """`text` without any known value."""
        for form in self._found:
            if form in text:
                text = text.replace(form, MASK)
        spans = [
            span
            for piece, offset, whole in self._pieces
            if piece in text
            for span in _around(text, piece, offset, whole)
        ]
        return _without(text, spans) if spans else text

    def data(self, value: Any) -> Any:
        """`value` with all its texts scrubbed, keys too; JSON data stays JSON data."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.data(key): self.data(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.data(item) for item in value]
        if isinstance(value, int) and not isinstance(value, bool) and self.holds(str(value)):
            return MASK
        return value

    def holds(self, text: str) -> bool:
        """Whether there is a known value in `text`."""
        return bool(self._found) and self.text(text) != text


def _texts(value: str) -> Iterator[str]:
    """The value, and those parts of it that are secret by themselves."""
    yield from (value, value.strip())
    lines = value.splitlines()
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= _SHORTEST_PART)
    password = _password(value)
    if password:
        yield from (password, unquote(password))
    if value.lstrip()[:1] in ("{", "["):
        # It may only look like JSON.
        with suppress(ValueError, RecursionError):
            yield from (text for text in _leaves(json.loads(value)) if len(text) >= _SHORTEST_PART)


def _password(value: str) -> str | None:
    if "://" not in value:
        return None
    try:
        return urlsplit(value.strip()).password
    except ValueError:
        return None


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)


def _forms(text: str) -> set[str]:
    data = text.encode("utf-8", "surrogatepass")
    once = _escaped(text)
    return {
        *once,
        *(form for each in once for form in _escaped(each)),
        text.lower(),
        text.upper(),
        html.escape(text),
        quote(text, safe="", errors="surrogatepass"),
        quote(text, errors="surrogatepass"),
        quote_plus(text, errors="surrogatepass"),
        data.hex(),
        data.hex().upper(),
        *_base64(data),
    }


def _escaped(text: str) -> set[str]:
    """The text as literals of Python and JSON hold it; in one another they escape it twice."""
    data = text.encode("utf-8", "surrogatepass")
    return {
        text,
        repr(text)[1:-1],
        repr(data)[2:-1],
        # With either quote in it, `repr` escapes the other one.
        repr(f'"{text}')[2:-1],
        repr(b'"' + data)[3:-1],
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
    }


def _base64(data: bytes) -> Iterator[str]:
    """What of the text is in the base64 of any longer one, such as `user:password`."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        # The first characters also hold bits of what is before, the last one of what is after.
        first = (0, 2, 3)[before]
        last = len(encoded) - bool((before + len(data)) % 3)
        kept = encoded[first:last]
        if len(kept) >= _SHORTEST_ENCODED:
            yield kept
            yield kept.translate({ord("+"): "-", ord("/"): "_"})


def _pieces(text: str) -> Iterator[tuple[str, int, str]]:
    if "://" in text:
        # Where a URL leads is no secret.
        text = text.rpartition("@")[0]
    for form in _escaped(text):
        if _SHORTEST_PIECE < len(form) <= _LONGEST_CUT:
            for offset in range(0, len(form) - _STEP + 1, _STEP):
                yield form[offset : offset + _STEP], offset, form


def _around(text: str, piece: str, offset: int, whole: str) -> Iterator[tuple[int, int]]:
    """Where pieces of `whole` around each `piece` are in `text`, those that are long enough."""
    at = text.find(piece)
    while at >= 0:
        first, left = at, offset
        while first > 0 and left > 0 and text[first - 1] == whole[left - 1]:
            first, left = first - 1, left - 1
        last, right = at + len(piece), offset + len(piece)
        while last < len(text) and right < len(whole) and text[last] == whole[right]:
            last, right = last + 1, right + 1
        if last - first >= _SHORTEST_PIECE:
            yield first, last
        at = text.find(piece, at + 1)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """`text` without these parts; those that overlap are one."""
    parts: list[str] = []
    done = 0
    for first, last in sorted(spans):
        if first >= done:
            parts += (text[done:first], MASK)
        done = max(done, last)
    return "".join((*parts, text[done:]))
