"""The six kinds of JSON values, each as a type; together they are `any`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Format,
    GType,
    Int,
    Intersection,
    Literal,
    Null,
    Number,
    Object,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.normal import union

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALL: Mapping[str, GType] = {
    "null": Null(),
    "boolean": Bool(),
    "number": Number(),
    "string": String(),
    "array": Array(Any()),
    "object": Object((), Any()),
}
"""JSON Schema's names of the kinds, with everything of that kind."""


def kind(t: GType) -> str:
    """The kind of an atom's values."""
    match t:
        case Null():
            return "null"
        case Bool():
            return "boolean"
        case Int() | Number():
            return "number"
        case String() | Bytes() | Format():
            return "string"
        case Array() | Tuple():
            return "array"
        case Object():
            return "object"
        case Literal(value):
            if isinstance(value, str):
                return "string"
            return "boolean" if isinstance(value, bool) else "number"
        case Intersection(parts):
            return kind(parts[0])
        case _:
            raise TypeError(f"{type(t).__name__} has no kind of its own")


def others(name: str) -> list[GType]:
    """Everything of the other kinds."""
    return [t for other, t in ALL.items() if other != name]


def joined(types: Iterable[GType]) -> GType:
    """The union; `any` where it holds everything of every kind."""
    together = union(*types)
    if isinstance(together, Union) and set(ALL.values()) <= set(together.branches):
        return Any()
    return together
