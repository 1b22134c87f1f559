"""What of a document the project does not say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One thing, by its place in the document (RFC 6901), and what was done instead."""

    pointer: str
    what: str

    @property
    def is_left_out(self) -> bool:
        """What stands there is not read, or not all of it."""
        return self.what.endswith(("left out", "as `bytes`")) or "; written " in self.what

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.what}"


class Notes:
    """Notes in the order of the document's places, each once."""

    def __init__(self) -> None:
        self._found: dict[Note, None] = {}

    def add(self, pointer: str, what: str) -> None:
        """Take in a note."""
        self._found.setdefault(Note(pointer, what))

    def all(self) -> tuple[Note, ...]:
        """All of them, in the order of finding."""
        return tuple(self._found)
