"""Where one type takes two values for the same that another tells apart.

Items of `T[unique]` are compared as `T` reads them: a `Uuid` in lower case, a string as it is.
"""

from __future__ import annotations

from itertools import chain, product
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.expand import inside
from gatid_compiler.gtypes.meet_texts import is_text
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Format,
    GType,
    Literal,
    Never,
    Object,
    Scalar,
    Tuple,
)
from gatid_compiler.gtypes.normal import intersection
from gatid_compiler.gtypes.numbers_left import UndecidedError
from gatid_compiler.gtypes.texts_left import text_left

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.gtypes.expand import Expansion

_UUID = Format(Scalar.UUID)


class Folding:
    """The left types are of one schema, the right ones of another."""

    def __init__(self, left: Expansion, right: Expansion) -> None:
        self._left = left
        self._right = right

    def more(self, t: GType, other: GType) -> bool:
        """Two values that differ as `t` reads them may be the same as `other` does."""
        return self._more(t, other, set())

    def folds(self, other: GType) -> bool:
        """Two values that differ may be the same as the right type reads them."""
        return self._more(Any(), other, set())

    def _more(self, t: GType, other: GType, seen: set[tuple[GType, GType]]) -> bool:
        if (t, other) in seen:
            return False
        seen.add((t, other))
        mine, theirs = self._left.atoms(t), self._right.atoms(other)
        if _UUID in theirs and any(a != _UUID and _has_uuid(a) for a in mine):
            return True
        pairs = chain.from_iterable(_inside(a, o) for a in mine for o in theirs)
        return any(self._more(a, o, seen) for a, o in pairs)


def _has_uuid(t: GType) -> bool:
    if isinstance(t, Any):
        return True
    if not (is_text(t) or (isinstance(t, Literal) and isinstance(t.value, str))):
        return False
    both = intersection(t, _UUID)
    if isinstance(both, Never | Literal):
        return isinstance(both, Literal)
    try:
        return text_left(both, ()) is not None
    except UndecidedError:
        return True


def _inside(t: GType, other: GType) -> Iterator[tuple[GType, GType]]:
    """Types at the same place of both."""
    match t, other:
        case Any(), Object():
            yield from ((t, f.type) for f in other.fields)
            yield from ((t, k.type) for k in other.keys)
            if other.rest is not None:
                yield t, other.rest
        case Any(), Array():
            yield t, other.item
        case Any(), Tuple():
            yield from ((t, item) for item in inside(other))
        case Object(), Object() if t.keys or other.keys:
            yield from product(inside(t), inside(other))
        case Object(), Object():
            for name in {f.name for f in (*t.fields, *other.fields)}:
                mine, theirs = t.field(name), other.field(name)
                one = t.rest if mine is None else mine.type
                two = other.rest if theirs is None else theirs.type
                if one is not None and two is not None:
                    yield one, two
            if t.rest is not None and other.rest is not None:
                yield t.rest, other.rest
        case Array(), Array():
            yield t.item, other.item
        case Array() | Tuple(), Array() | Tuple() if _goes_on(t) or _goes_on(other):
            yield from product(inside(t), inside(other))
        case Tuple(), Tuple():
            yield from zip(t.items, other.items, strict=False)
        case Tuple(), Array():
            yield from ((item, other.item) for item in t.items)
        case Array(), Tuple():
            yield from ((t.item, item) for item in other.items)
        case _:
            return


def _goes_on(t: GType) -> bool:
    return isinstance(t, Tuple) and t.rest is not None
