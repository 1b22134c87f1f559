"""Names of a document as names of the language: plain, unique, close to what they were."""

from __future__ import annotations

import keyword
import re


class Names:
    """Gives each thing a name of its own."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self._taken = set(taken)

    def unique(self, text: str, otherwise: str) -> str:
        """The name closest to `text` that is not taken yet."""
        base = plain(text) or otherwise
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name


def plain(text: str) -> str:
    """Letters, digits and underscores; no digit first; no word of Python."""
    name = re.sub("[^A-Za-z0-9_]+", "_", text).strip("_")
    if name[:1].isdigit():
        name = f"n{name}"
    return f"{name}_" if keyword.iskeyword(name) else name
