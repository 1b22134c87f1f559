"""Secret values that this process has read, and how they are kept out of what it writes."""

from __future__ import annotations

import json
import threading
from urllib.parse import quote

MASK = "***"

_SHORTEST = 4
"""Shorter values are not scrubbed: they would also be found in innocent words."""

_SHORTEST_LINE = 12
"""Of values with several lines, such as key files, lines of this length are scrubbed too."""


class Scrubber:
    """Replaces known secret values in text by `***`, also as JSON, `repr` and URLs show them."""

    __slots__ = ("_found", "_lock")

    def __init__(self) -> None:
        self._found: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def add(self, value: str) -> None:
        """Knows `value` from now on, for as long as the process lives: old values of a
        rotated secret are still secret.
        """
        lines = value.splitlines()
        texts = {value, value.strip()}
        if len(lines) > 1:
            texts.update(line.strip() for line in lines if len(line.strip()) >= _SHORTEST_LINE)
        forms = {form for text in texts if len(text) >= _SHORTEST for form in _forms(text)}
        with self._lock:
            known = forms.union(self._found)
            # Longest first, or a part of a value would hide the rest of it.
            self._found = tuple(sorted(known, key=lambda form: (-len(form), form)))

    def text(self, text: str) -> str:
        """`text` without any known value."""
        for form in self._found:
            if form in text:
                text = text.replace(form, MASK)
        return text


def _forms(text: str) -> set[str]:
    return {
        text,
        repr(text)[1:-1],
        repr(text.encode("utf-8", "surrogatepass"))[2:-1],
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        quote(text, safe="", errors="surrogatepass"),
        quote(text, errors="surrogatepass"),
    }
