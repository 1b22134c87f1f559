"""What a type is at its outermost: its atoms, references looked up and parts merged.

An atom is a type that is neither a union nor a reference: `any`, a primitive, a literal, an
object, an array, a tuple, or an intersection of texts. The types inside an atom are not
looked up, so recursive types are opened one level at a time.
"""

from __future__ import annotations

from itertools import product

from gatid_compiler.gtypes.meet_texts import is_text
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Definitions,
    GType,
    Intersection,
    Never,
    Object,
    Ref,
    Schema,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.normal import intersection, union

_OPENED = Ref | Union | Intersection | Never

_APART = Object | Tuple
"""Types that never take one another up in a union."""


_Both = tuple[GType, GType]
"""What a value is of, apart from what objects that are open to values of one type say: that
holds for every field of the others, so it is met when all of those are known.
"""


class Expansion:
    """Looks types up in one set of definitions and remembers what it found."""

    def __init__(self, defs: Definitions) -> None:
        self.defs = defs
        self._atoms: dict[GType, tuple[GType, ...]] = {}

    @classmethod
    def of(cls, schema: Schema) -> Expansion:
        """The expansion of a schema's types."""
        return cls(schema.defs)

    def atoms(self, t: GType) -> tuple[GType, ...]:
        """The branches of the type, none when it holds nothing.

        A name that is defined by itself alone adds no branch. Raises `KeyError` for a name
        that is not defined.
        """
        if not isinstance(t, _OPENED):
            return (t,)
        found = self._atoms.get(t)
        if found is None:
            opened = self._open(t, ())
            found = opened.branches if isinstance(opened, Union) else (opened,)
            found = () if isinstance(opened, Never) else found
            self._atoms[t] = found
        return found

    def _open(self, t: GType, seen: tuple[str, ...]) -> GType:
        match t:
            case Ref(name):
                return Never() if name in seen else self._open(self.defs[name], (*seen, name))
            case Union(branches) if not all(isinstance(b, _APART) for b in branches):
                return union(*(self._open(b, seen) for b in branches))
            case Intersection() if not is_atom(t):
                return union(*(intersection(*both) for both in self._met(t, seen)))
            case _:
                return t

    def _met(self, t: GType, seen: tuple[str, ...]) -> dict[_Both, None]:
        """Each way to be of the type."""
        match t:
            case Ref(name):
                return {} if name in seen else self._met(self.defs[name], (*seen, name))
            case Union(branches):
                return {both: None for b in branches for both in self._met(b, seen)}
            case Intersection(parts) if not is_atom(t):
                found: dict[_Both, None] = {(Any(), Any()): None}
                for part in parts:
                    pairs = product(found, self._met(part, seen))
                    met = (_meet(one, other) for one, other in pairs)
                    found = {both: None for both in met if both is not None}
                return found
            case Never():
                return {}
            case Object(_, rest, keys) if rest is not None and (keys or rest != Any()):
                return {(Any(), t): None}
            case _:
                return {(t, Any()): None}


def _meet(one: _Both, other: _Both) -> _Both | None:
    closed, opened = intersection(one[0], other[0]), intersection(one[1], other[1])
    empty = isinstance(intersection(closed, opened), Never)
    return None if empty else (closed, opened)


def is_atom(t: GType) -> bool:
    """Nothing to look up or take apart: the intersections that stay are of texts, or of a
    tuple and the demand that its items differ.
    """
    match t:
        case Ref() | Union() | Never():
            return False
        case Intersection(parts):
            return is_text(t) or (
                len(parts) == 2
                and parts[0] == Array(Any(), unique=True)
                and isinstance(parts[1], Tuple)
            )
        case _:
            return True


def inside(t: GType) -> list[GType]:
    """The types of an atom's fields, of its other keys, of its items."""
    match t:
        case Object():
            more = [k.type for k in t.keys]
            return [f.type for f in t.fields] + more + ([] if t.rest is None else [t.rest])
        case Array(item):
            return [item]
        case Tuple(items, rest):
            return [*items, *([] if rest is None else [rest.item])]
        case Intersection(parts):
            return [i for p in parts for i in inside(p)]
        case _:
            return []
