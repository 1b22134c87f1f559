"""What Python annotations and a contract's types can be held to of one another.

An annotation tells less than a type: seldom how long a text is, and of `Any` nothing at all
(Siek and Taha, "Gradual typing for functional languages", 2006). So what a function is
annotated to return disagrees with a type only where no detail of the type is to blame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from typing import Any as Value

from gatid_compiler.gtypes import normal
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Field,
    Format,
    GType,
    Int,
    Intersection,
    Keys,
    Literal,
    Number,
    Object,
    Ref,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.subtype import compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNTOLD = Literal("…")
"""Stands for a value that an annotation does not tell: it is allowed to stand anywhere."""

_Step = Callable[[GType], GType]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A value of the annotation that is of none of the types; wrapped, since `null` is one."""

    value: Value


def disagreement(
    annotated: Schema, types: Iterable[GType], defs: Mapping[str, GType]
) -> Disagreement | None:
    """A value that an annotation tells of and that none of the types allows."""
    told = _everywhere(annotated, _untold)
    allowed = _everywhere(Schema(normal.union(*types), defs), _loosened)
    verdict = compare(told, Schema(normal.union(allowed.root, UNTOLD), allowed.defs))
    return Disagreement(verdict.witness) if verdict.kind == "refuted" else None


def filled(t: GType, defs: Mapping[str, GType]) -> Schema:
    """The type once defaults are filled in: a field that has one is there."""
    return _everywhere(Schema(t, defs), _filled)


def opened(annotated: Schema) -> Schema:
    """The annotation of one who reads: further fields of an object are no matter to him."""
    return _everywhere(annotated, _opened)


def _everywhere(schema: Schema, step: _Step) -> Schema:
    defs = {name: _rebuilt(t, step) for name, t in schema.defs.items()}
    return Schema(_rebuilt(schema.root, step), defs)


def _rebuilt(t: GType, step: _Step) -> GType:
    """The type with every part put through `step`, the inner ones first."""

    def inner(part: GType) -> GType:
        return _rebuilt(part, step)

    match t:
        case Object():
            fields = [replace(f, type=inner(f.type)) for f in t.fields]
            keys = [Keys(inner(k.names), inner(k.type)) for k in t.keys]
            rest = None if t.rest is None else inner(t.rest)
            return step(normal.object_(fields, rest, keys, t.low, t.high))
        case Array():
            return step(replace(t, item=inner(t.item)))
        case Tuple():
            more = None if t.rest is None else replace(t.rest, item=inner(t.rest.item))
            return step(Tuple(tuple(map(inner, t.items)), more))
        case Union():
            return step(normal.union(*map(inner, t.branches)))
        case Intersection():
            return step(normal.intersection(*map(inner, t.parts)))
        case _:
            return step(t)


def _filled(t: GType) -> GType:
    if not isinstance(t, Object):
        return t
    fields = [replace(f, required=True, default=None) if f.default else f for f in t.fields]
    return normal.object_(fields, t.rest, t.keys, t.low, t.high)


def _opened(t: GType) -> GType:
    return replace(t, rest=Any()) if isinstance(t, Object) and t.rest is None else t


def _untold(t: GType) -> GType:
    match t:
        case Any():
            return UNTOLD
        case Object(fields=(), rest=rest) if rest == UNTOLD:
            return UNTOLD
        case Object(fields=fields, rest=rest) if rest == UNTOLD:
            return normal.object_(fields)
        case _:
            return t


def _loosened(t: GType) -> GType:
    """Everything of the same kind, and what is not told in place of it."""
    match t:
        case String() | Format() | Literal(value=str()):
            return String()
        case Literal(value=bool()) | Bool():
            loose: GType = Bool()
        case Literal(value=int()) | Int():
            loose = Int()
        case Number():
            loose = Number()
        case Bytes():
            loose = Bytes()
        case Array():
            loose = Array(t.item)
        case Tuple(items=items, rest=more):
            # As data it is a list, of which Python says no more than what it is a list of.
            loose = Array(normal.union(*items, *(() if more is None else (more.item,))))
        case Object():
            fields = [Field(f.name, f.type, f.required) for f in t.fields]
            loose = normal.object_(fields, t.rest)
        case Ref():
            return t
        case _:
            loose = t
    return normal.union(loose, UNTOLD)
