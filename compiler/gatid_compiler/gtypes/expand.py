"""What a type is at its outermost: its atoms, references looked up and parts merged.

An atom is a type that is neither a union nor a reference: `any`, a primitive, a literal, an
object, an array, a tuple, or an intersection of texts. The types inside an atom are not
looked up, so recursive types are opened one level at a time.
"""

from __future__ import annotations

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

_APART = Object | Array | Tuple
"""Types that never take one another up in a union."""


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
            case Intersection(parts) if not is_atom(t):
                merged: GType = Any()
                for part in parts:
                    merged = intersection(merged, self._open(part, seen))
                return merged
            case _:
                return t


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
