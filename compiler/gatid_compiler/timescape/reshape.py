"""Types rebuilt in normal form and under other names, and what they refer to.

While history is taken back, unions keep the order and the number of their branches, so that
an operation finds each branch again. What leaves the timescape is put back in normal form.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import normal
from gatid_compiler.gtypes.model import (
    Array,
    GType,
    Intersection,
    Object,
    Ref,
    Tuple,
    Union,
)
from gatid_compiler.timescape.lenses.keys import is_in_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gatid_compiler.gtypes.model import Definitions


def rebuilt(t: GType, by: Callable[[GType], GType]) -> GType:
    """The type with the types right inside it replaced, in the order in which they are."""
    match t:
        case Object():
            fields = tuple(replace(f, type=by(f.type)) for f in t.fields)
            return replace(t, fields=fields, rest=None if t.rest is None else by(t.rest))
        case Array():
            return replace(t, item=by(t.item))
        case Tuple():
            return replace(t, items=tuple(map(by, t.items)))
        case Union():
            return Union(tuple(map(by, t.branches)))
        case Intersection():
            return Intersection(tuple(map(by, t.parts)))
        case _:
            return t


def spelt(t: GType, defs: Definitions) -> GType:
    """The type without the names that only history knows."""
    if isinstance(t, Ref) and is_in_place(t.name):
        return spelt(defs[t.name], defs)
    return rebuilt(t, lambda inner: spelt(inner, defs))


def reshaped(t: GType, *, name: Callable[[str], str]) -> GType:
    """The type in normal form, its references renamed."""

    def again(inner: GType) -> GType:
        return reshaped(inner, name=name)

    match t:
        case Ref():
            return Ref(name(t.name))
        case Object():
            fields = tuple(replace(f, type=again(f.type)) for f in t.fields)
            return normal.object_(fields, None if t.rest is None else again(t.rest))
        case Array():
            return replace(t, item=again(t.item))
        case Tuple():
            return Tuple(tuple(again(item) for item in t.items))
        case Union():
            return normal.union(*(again(branch) for branch in t.branches))
        case Intersection():
            return Intersection(tuple(again(part) for part in t.parts))
        case _:
            return t


def references(t: GType) -> Iterator[str]:
    """The names that the type refers to, as often as it does."""
    match t:
        case Ref():
            yield t.name
        case Object():
            for field in t.fields:
                yield from references(field.type)
            if t.rest is not None:
                yield from references(t.rest)
        case Array():
            yield from references(t.item)
        case Tuple():
            for item in t.items:
                yield from references(item)
        case Union():
            for branch in t.branches:
                yield from references(branch)
        case Intersection():
            for part in t.parts:
                yield from references(part)
        case _:
            return


def closure(names: list[str], defs: Definitions) -> set[str]:
    """The names and all that they reach."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(references(defs[key]))
    return found


def resolved(t: GType, defs: Definitions) -> GType:
    """The type behind references."""
    while isinstance(t, Ref):
        t = defs[t.name]
    return t


def aliases(t: GType, defs: Definitions) -> tuple[str, ...]:
    """The names that the type goes by, an alias before what it stands for."""
    found: list[str] = []
    while isinstance(t, Ref):
        found.append(t.name)
        t = defs[t.name]
    return tuple(found)
