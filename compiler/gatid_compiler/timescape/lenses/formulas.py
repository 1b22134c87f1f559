"""Formulas: Python expressions of values, which generated code is made of.

A formula is total: it gives something for whatever it is given. What it cannot translate comes
back as it is, and the check of its type says so.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from gatid_compiler.timescape.lenses import library

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatid_compiler.gtypes.model import JsonScalar


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression of `{0}`, `{1}` and so on; `needs` are the functions that it calls."""

    text: str
    needs: tuple[str, ...] = ()

    def or_null(self) -> Formula:
        """The formula of one value, which leaves null as it is."""
        return Formula(f"(None if {{0}} is None else {self.text})", self.needs)

    def of(self, *values: JsonScalar) -> Any:
        """What it gives for literals, as it would where it is generated."""
        known = {name: getattr(library, name) for name in NAMES}
        given = {f"_{index}": value for index, value in enumerate(values)}
        return eval(self.text.format(*given), known | given)  # noqa: S307 - our own text


IDENTITY = Formula("{0}")
NOT_NULL = Formula("({1} if {0} is None else {0})")
TEXT_PART = Formula("text_part({0}, {1}, {2}, {3})", ("text_part",))

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "moment_number": ("days_of",),
    "text_number": ("text_int",),
}

NAMES = frozenset(
    name for name in vars(library) if name != "annotations" and not name.startswith("_")
)
"""What generated code cannot call anything else."""


def joining(count: int) -> Formula:
    """Texts with a separator, the first argument, between them."""
    parts = ", ".join(f"{{{number}}}" for number in range(1, count + 1))
    return Formula(f"{{0}}.join([{parts}])")


def call(name: str) -> Formula:
    """A function of the library, of one value."""
    return Formula(f"{name}({{0}})", (name,))


def source(names: Sequence[str]) -> str:
    """The functions as text, with what they need."""
    needed = {inner for name in names for inner in (*_NEEDS.get(name, ()), name)}
    return "\n\n\n".join(map(_text, sorted(needed)))


@cache
def _text(name: str) -> str:
    return inspect.getsource(getattr(library, name)).rstrip()
