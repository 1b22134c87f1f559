"""What tells the branches of a union apart, in a value that is known to be of the union."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes import model
from gatid_compiler.timescape.fuse.symbols import Cond, Has, IsKind, IsOneOf, Key, both
from gatid_compiler.timescape.lenses.finite import kinded, values_of
from gatid_compiler.timescape.reshape import resolved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.gtypes.model import Definitions, GType, Object
    from gatid_compiler.timescape.fuse.symbols import Access

ALL_KINDS = frozenset(("null", "bool", "number", "string", "array", "object"))


def kinds(t: GType, defs: Definitions) -> frozenset[str]:
    """The JSON kinds that values of the type may have."""
    match resolved(t, defs):
        case model.Never():
            return frozenset()
        case model.Null():
            return frozenset(("null",))
        case model.Bool() | model.Literal(value=bool()):
            return frozenset(("bool",))
        case model.Int() | model.Number() | model.Literal(value=int()):
            return frozenset(("number",))
        case model.String() | model.Bytes() | model.Format() | model.Literal():
            return frozenset(("string",))
        case model.Array() | model.Tuple():
            return frozenset(("array",))
        case model.Object():
            return frozenset(("object",))
        case model.Union(branches=branches):
            return frozenset().union(*(kinds(branch, defs) for branch in branches))
        case model.Intersection(parts=parts):
            return ALL_KINDS.intersection(*(kinds(part, defs) for part in parts))
        case _:
            return ALL_KINDS


def conditions(branches: Sequence[GType], at: Access, defs: Definitions) -> tuple[Cond | None, ...]:
    """For each branch what holds of its values and of no other branch's; None if nothing does."""
    return tuple(_condition(index, branches, at, defs) for index in range(len(branches)))


def _condition(index: int, branches: Sequence[GType], at: Access, defs: Definitions) -> Cond | None:
    own = kinds(branches[index], defs)
    rivals = [
        branch
        for other, branch in enumerate(branches)
        if other != index and kinds(branch, defs) & own
    ]
    by_kind = IsKind(at, tuple(sorted(own)))
    if not rivals:
        return by_kind
    mine = _objects(branches[index], defs)
    theirs = [_objects(rival, defs) for rival in rivals]
    if mine is None or None in theirs:
        return None
    told = _told_apart(mine, [obj for objs in theirs if objs for obj in objs], at, defs)
    if told is None:
        return None
    others = frozenset().union(
        *(kinds(branch, defs) for i, branch in enumerate(branches) if i != index)
    )
    return told if others <= own else both(by_kind, told)


def _objects(t: GType, defs: Definitions) -> list[Object] | None:
    """The objects that the type is a union of; None if it is of anything else."""
    match resolved(t, defs):
        case model.Object() as obj:
            return [obj]
        case model.Union(branches=branches):
            parts = [_objects(branch, defs) for branch in branches]
            return None if None in parts else [obj for part in parts if part for obj in part]
        case _:
            return None


def _told_apart(
    mine: list[Object], theirs: list[Object], at: Access, defs: Definitions
) -> Cond | None:
    """A literal field that all have, with other values; else a field that only mine have."""
    shared = set.intersection(
        *({f.name for f in obj.fields if f.required} for obj in (*mine, *theirs))
    )
    for name in sorted(shared):
        here = _values(mine, name, defs)
        there = _values(theirs, name, defs)
        if here is None or there is None:
            continue
        if not {kinded(v) for v in here} & {kinded(v) for v in there}:
            return IsOneOf(Key(at, name), tuple(here))
    if any(obj.rest is not None for obj in theirs):
        return None
    for field in sorted(mine[0].fields, key=lambda f: f.name):
        name = field.name
        if all((f := obj.field(name)) is not None and f.required for obj in mine) and all(
            obj.field(name) is None for obj in theirs
        ):
            return Has(at, name)
    return None


def _values(objs: list[Object], name: str, defs: Definitions) -> list[model.JsonScalar] | None:
    found: list[model.JsonScalar] = []
    for obj in objs:
        field = obj.field(name)
        values = values_of(field.type, defs) if field is not None else None
        if values is None:
            return None
        found.extend(v for v in values if kinded(v) not in {kinded(w) for w in found})
    return found
