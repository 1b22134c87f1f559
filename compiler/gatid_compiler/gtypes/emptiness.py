"""Whether a type can hold any value at all."""

from __future__ import annotations

from gatid_compiler.gtypes.expand import Expansion, inside
from gatid_compiler.gtypes.leaves import exact
from gatid_compiler.gtypes.meet_texts import is_text
from gatid_compiler.gtypes.model import (
    Array,
    Bool,
    Bytes,
    GType,
    Int,
    Intersection,
    Literal,
    Null,
    Number,
    Object,
    Schema,
    String,
    Tuple,
)


def inhabited(schema: Schema) -> bool:
    """Some finite JSON value is of the type.

    `type A = { next: A }` has none: the least solution is taken. Where patterns are too
    large to decide, a string that matches them all is taken to be.
    """
    return Inhabitants(Expansion.of(schema)).has_any(schema.root)


class Inhabitants:
    """Which types of one set of definitions hold a value."""

    def __init__(self, expansion: Expansion) -> None:
        self._expansion = expansion
        self._known: set[GType] = set()

    def has_any(self, t: GType) -> bool:
        """Whether the type holds a value.

        Types found to hold one are remembered; a type met again while it is being looked at
        counts as empty, and the search goes on until nothing new is found.
        """
        while True:
            before = len(self._known)
            if self._search(t, set()):
                return True
            if len(self._known) == before:
                return False

    def _search(self, t: GType, open_: set[GType]) -> bool:
        if t in self._known:
            return True
        if t in open_:
            return False
        open_.add(t)
        found = any(self._atom(atom, open_) for atom in self._expansion.atoms(t))
        open_.discard(t)
        if found:
            self._known.add(t)
        return found

    def _atom(self, t: GType, open_: set[GType]) -> bool:
        match t:
            case Int():
                return self._size(t) != 0
            case Number():
                return _some_number(t)
            case String() | Bytes():
                return (t.high is None or t.low <= t.high) and _some_text(t)
            case Object():
                return self._enough(t, open_) and all(
                    self._search(f.type, open_) for f in t.fields if f.required
                )
            case Tuple():
                needed = t.items if t.rest is None or not t.rest.low else inside(t)
                return all(self._search(item, open_) for item in needed)
            case Array():
                if t.high is not None and t.low > t.high:
                    return False
                if t.low == 0:
                    return True
                if not self._search(t.item, open_):
                    return False
                size = self._size(t.item) if t.unique else None
                return size is None or size >= t.low
            case Intersection() if is_text(t):
                return _some_text(t)
            case Intersection(parts):
                return all(self._atom(part, open_) for part in parts)
            case _:
                return True

    def _enough(self, t: Object, open_: set[GType]) -> bool:
        """As many keys as there must be; where keys are told by what they are, they may do."""
        required = sum(f.required for f in t.fields)
        if t.high is not None and required > t.high:
            return False
        missing = t.low - required
        if missing <= 0 or any(self._search(k.type, open_) for k in t.keys):
            return True
        if t.rest is not None and self._search(t.rest, open_):
            return True
        possible = (f for f in t.fields if not f.required and self._search(f.type, open_))
        return sum(1 for _ in possible) >= missing

    def _size(self, t: GType) -> int | None:
        """How many values the type has, None where that is not plainly finite."""
        total = 0
        for atom in self._expansion.atoms(t):
            match atom:
                case Literal() | Null():
                    total += 1
                case Bool():
                    total += 2
                case Int(low, high, multiple) if low is not None and high is not None:
                    step = multiple or 1
                    total += max(0, high // step - -(-low // step) + 1)
                case _:
                    return None
        return total


def _some_text(t: GType) -> bool:
    """A string has all of the patterns; where that is not decided it may."""
    if not isinstance(t, Intersection) and not (isinstance(t, String) and t.patterns):
        return True
    # Only patterns need languages of strings.
    from gatid_compiler.gtypes.numbers_left import UndecidedError
    from gatid_compiler.gtypes.texts_left import text_left

    try:
        return text_left(t, ()) is not None
    except UndecidedError:
        return True


def _some_number(t: Number) -> bool:
    """A finite number lies within the bounds; with a multiple, one of its multiples does."""
    if t.low is None or t.high is None:
        return True
    if t.multiple is None:
        return t.low <= t.high
    step = exact(t.multiple)
    return exact(t.high) // step >= -(-exact(t.low) // step)
