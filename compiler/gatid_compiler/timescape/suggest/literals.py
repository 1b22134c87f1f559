"""Literals that fill a field for those who do not know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.literals import frozen, written
from gatid_compiler.gtypes.model import (
    Array,
    Bool,
    Definitions,
    GType,
    JsonScalar,
    Literal,
    Never,
    Null,
    Object,
    Schema,
    Union,
)
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.timescape.reshape import resolved

if TYPE_CHECKING:
    from collections.abc import Sequence


def natural(t: GType, defs: Definitions) -> tuple[str, int] | None:
    """What stands for nothing known, with how sure that is; None where the type has no such
    value: `null`, the only value that there is, `false`, an empty list or map.
    """
    match resolved(t, defs):
        case Literal(value=value):
            return written(value), 100
        case Null():
            return "null", 100
        case Bool():
            return "false", 60
        case Union(branches=branches) if any(isinstance(b, Null) for b in branches):
            return "null", 80
        case Array(low=0):
            return "[]", 70
        case Object(fields=(), rest=rest) if rest is not None:
            return "{}", 70
        case _:
            return None


def any_member(t: GType, defs: Definitions) -> str | None:
    """Some value of the type that a literal can write: it is asked for, and never used."""
    found = compare(Schema(t, defs), Schema(Never(), {}))
    return written(frozen(found.witness)) if found.kind == "refuted" else None


def listed(values: Sequence[JsonScalar]) -> str:
    """Values as a reader sees them."""
    return " or ".join(f"`{v if isinstance(v, str) else written(v)}`" for v in values)
