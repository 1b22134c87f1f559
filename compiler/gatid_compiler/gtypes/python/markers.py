"""What `Annotated` can say of a GType and no other library has a word for.

`Annotated[list[int], Unique()]` is `int[unique]`; other readers of annotations pass over it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unique:
    """No two items of the list are equal."""


@dataclass(frozen=True, slots=True)
class Secret:
    """The field's value is never shown: not in diagnostics, logs or snapshots."""


@dataclass(frozen=True, slots=True)
class Matches:
    """The whole string matches a pattern, read as `.gati` reads it."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Also:
    """The value is of this type as well: an annotation, or its text."""

    type: object
