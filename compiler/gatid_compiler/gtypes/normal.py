"""Constructors that build the normal form of unions, intersections and objects.

A union is flat, without doubles, without branches that another one plainly holds, in
canonical order. An intersection is merged into one type where its parts show what they are;
parts that are references stay until `expand` looks them up.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import leaves
from gatid_compiler.gtypes.meet import meet
from gatid_compiler.gtypes.meet_texts import is_text
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Definitions,
    Field,
    Format,
    GType,
    Int,
    Intersection,
    Keys,
    Literal,
    Never,
    Null,
    Number,
    Object,
    Ref,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.text import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_RANK: dict[type[GType], int] = {
    kind: rank
    for rank, kind in enumerate(
        (
            Literal, Bool, Int, Number, Format, Bytes, String, Tuple, Array, Object, Ref,
            Intersection, Union, Any, Never, Null,
        )
    )
}  # fmt: skip


_Bounded = Int | Number | String | Bytes | Array


def union(*types: GType) -> GType:
    """A value of any of the types: `never` for none, the type itself for one."""
    flat = list(_flat_union(types))
    if len(flat) == 1:
        return flat[0]
    branches: dict[tuple[int, str, float, str], GType] = {}
    for t in flat:
        branches.setdefault(_order(t), t)
    if any(isinstance(t, Any) for t in branches.values()):
        return Any()
    kept = _absorb(tuple(branches.values()))
    ordered = tuple(sorted(kept, key=_order))
    if not ordered:
        return Never()
    return ordered[0] if len(ordered) == 1 else Union(ordered)


def intersection(*types: GType, defs: Definitions | None = None) -> GType:
    """A value of all of the types; objects merge their fields, closed unless all are open.

    References stay what they are, in an `Intersection`, unless `defs` has them. With `defs`
    the outermost references are looked up; those inside fields and items stay.
    """
    parts: dict[str, GType] = {}
    for t in _flat_intersection(types):
        opened = _opened(t, defs, frozenset()) if defs is not None else t
        for part in _flat_intersection((opened,)):
            parts.setdefault(show(part), part)
    if not parts:
        return Any()
    named = [p for p in parts.values() if is_named(p)]
    plain = [p for p in parts.values() if not is_named(p)]
    merged: GType = Any()
    for part in plain:
        merged = _distribute(merged, part)
    if isinstance(merged, Never) or not named:
        return merged
    rest = () if isinstance(merged, Any) else (merged,)
    together = tuple(sorted((*named, *rest), key=_order))
    return together[0] if len(together) == 1 else Intersection(together)


def object_(
    fields: Iterable[Field],
    rest: GType | None = None,
    keys: Iterable[Keys] = (),
    low: int = 0,
    high: int | None = None,
) -> Object:
    """An object with its fields in the order of their names. Raises `ValueError` on doubles."""
    ordered = tuple(sorted(fields, key=lambda f: f.name))
    for one, other in pairwise(ordered):
        if one.name == other.name:
            raise ValueError(f"two fields are named {one.name!r}")
    rest = None if isinstance(rest, Never) else rest
    told = [k for k in keys if not isinstance(k.names, Never)]
    # What the rest says need not be said twice.
    while told and told[-1].type == (Never() if rest is None else rest):
        told.pop()
    required = tuple(f for f in ordered if f.required)
    if low <= len(required):
        low = 0
    if not low and high == len(required):
        return Object(required)
    if rest is None and not told and high is not None and high >= len(ordered):
        high = None
    return Object(ordered, rest, tuple(told), low, high)


def nullable(t: GType) -> GType:
    """`T | null`."""
    return union(t, Null())


def enum(*values: str | int | bool) -> GType:
    """The union of these literals."""
    return union(*map(Literal, values))


def substitute(t: GType, by: Mapping[str, GType]) -> GType:
    """The type with references replaced, the normal form kept: how generics are filled in."""
    match t:
        case Ref():
            return by.get(t.name, t)
        case Object():
            fields = (
                Field(f.name, substitute(f.type, by), f.required, f.default, f.secret, f.doc)
                for f in t.fields
            )
            keys = (Keys(k.names, substitute(k.type, by)) for k in t.keys)
            rest = None if t.rest is None else substitute(t.rest, by)
            return object_(fields, rest, keys, t.low, t.high)
        case Array():
            return Array(substitute(t.item, by), t.low, t.high, t.unique)
        case Tuple():
            more = None if t.rest is None else replace(t.rest, item=substitute(t.rest.item, by))
            return Tuple(tuple(substitute(item, by) for item in t.items), more)
        case Union():
            return union(*(substitute(b, by) for b in t.branches))
        case Intersection():
            return intersection(*(substitute(p, by) for p in t.parts))
        case _:
            return t


def _order(t: GType) -> tuple[int, str, float, str]:
    """Literals by kind and value, then the rest by kind and text."""
    if isinstance(t, Literal) and not isinstance(t.value, str):
        # Whole numbers in their own order; the text tells those apart that a float cannot.
        size = float(t.value) if abs(t.value) < 1 << 53 else float("inf") * (t.value or 1)
        return _RANK[Literal], type(t.value).__name__, size, show(t)
    return _RANK[type(t)], "z", 0.0, show(t)


def _flat_union(types: Iterable[GType]) -> Iterable[GType]:
    for t in types:
        if isinstance(t, Union):
            yield from _flat_union(t.branches)
        elif not isinstance(t, Never) and not _is_empty(t):
            yield t


def _is_empty(t: GType) -> bool:
    match t:
        case Int() | Number():
            return t.low is not None and t.high is not None and t.low > t.high
        case String() | Bytes() | Array():
            return t.high is not None and t.low > t.high
        case _:
            return False


def _absorb(branches: tuple[GType, ...]) -> tuple[GType, ...]:
    if {Literal(True), Literal(False)} <= set(branches):
        return _absorb((*(b for b in branches if not _is_bool_literal(b)), Bool()))
    wide = [b for b in branches if isinstance(b, Bool | Int | Number | String | Bytes | Array)]
    gone: set[int] = set()
    for t in branches if wide else ():
        # Of two that hold one another, one stays.
        if any(w is not t and id(w) not in gone and _holds(w, t) for w in wide):
            gone.add(id(t))
    return tuple(b for b in branches if id(b) not in gone)


def _is_bool_literal(t: GType) -> bool:
    return isinstance(t, Literal) and isinstance(t.value, bool)


def _holds(wide: GType, t: GType) -> bool:
    """The wide type plainly holds the other one; False where that would take a proof."""
    match wide, t:
        case Bool(), Literal(value):
            return isinstance(value, bool)
        case Int(), Literal(int(value)):
            return not isinstance(value, bool) and leaves.in_int(value, wide)
        case Number(), Literal(int(value)):
            return not isinstance(value, bool) and leaves.in_number(value, wide)
        case String(), Literal(str(value)):
            return leaves.in_string(value, wide)
        case Int() | Number() as w, Int() as n:
            return _within(w, n) and _is_multiple(n.multiple or 1, w.multiple)
        case Number() as w, Number() as n:
            return _within(w, n) and _is_multiple(n.multiple, w.multiple)
        case String(), String():
            return _within(wide, t) and set(wide.patterns) <= set(t.patterns)
        case Bytes(), Bytes():
            return _within(wide, t)
        case Array(), Array():
            return wide.item == t.item and _within(wide, t) and (t.unique or not wide.unique)
        case _:
            return False


def _within(wide: _Bounded, t: _Bounded) -> bool:
    low = wide.low is None or (t.low is not None and t.low >= wide.low)
    return low and (wide.high is None or (t.high is not None and t.high <= wide.high))


def _is_multiple(value: float | None, of: float | None) -> bool:
    """Whatever is a multiple of the one is one of the other."""
    if of is None:
        return True
    return value is not None and leaves.exact(value) % leaves.exact(of) == 0


def _flat_intersection(types: Iterable[GType]) -> Iterable[GType]:
    for t in types:
        if isinstance(t, Intersection) and not is_text(t):
            yield from _flat_intersection(t.parts)
        elif not isinstance(t, Any):
            yield t


def is_named(t: GType) -> bool:
    """What the type is depends on a definition."""
    match t:
        case Ref():
            return True
        case Union(branches):
            return any(map(is_named, branches))
        case Intersection(parts):
            return any(map(is_named, parts))
        case _:
            return False


def _opened(t: GType, defs: Definitions, seen: frozenset[str]) -> GType:
    """The type with its outermost references looked up; an endless one stays."""
    match t:
        case Ref(name) if name in defs and name not in seen:
            return _opened(defs[name], defs, seen | {name})
        case Union(branches):
            return union(*(_opened(b, defs, seen) for b in branches))
        case Intersection(parts) if not is_text(t):
            return intersection(*(_opened(p, defs, seen) for p in parts))
        case _:
            return t


def _distribute(left: GType, right: GType) -> GType:
    """The intersection of two types without references, unions taken branch by branch."""
    lefts = left.branches if isinstance(left, Union) else (left,)
    rights = right.branches if isinstance(right, Union) else (right,)
    if len(lefts) == len(rights) == 1:
        return meet(left, right, intersection)
    return union(*(meet(a, b, intersection) for a, b in product(lefts, rights)))
