"""What can be judged only when all definitions are read: endless names, wrong defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.literals import fresh
from gatid_compiler.gtypes.model import Definitions, Field, Intersection, Ref, Schema, Union
from gatid_compiler.gtypes.python.faults import Fault
from gatid_compiler.gtypes.validator import validator

if TYPE_CHECKING:
    from collections.abc import Iterable


def endless(defs: Definitions) -> tuple[Fault, ...]:
    """The names that stand for themselves without an object or a list between."""
    help = "put an object or a list between"
    return tuple(
        Fault(name, name, "stands for itself", help) for name in defs if name in _names(name, defs)
    )


def _names(name: str, defs: Definitions) -> set[str]:
    """The names that a definition is made of at its outermost level."""
    waiting, seen = [defs[name]], set[str]()
    while waiting:
        match waiting.pop():
            case Ref(other) if other not in seen:
                seen.add(other)
                waiting.append(defs[other])
            case Union(parts) | Intersection(parts):
                waiting.extend(parts)
    return seen


def wrong_defaults(fields: Iterable[tuple[Field, str]], defs: Definitions) -> tuple[Fault, ...]:
    """The fields, each with its path, whose default is no value of their type."""
    return tuple(
        Fault(path, repr(value), "is a default outside its type", _wider(value))
        for field, path in fields
        if field.default is not None
        and not _holds(Schema(field.type, defs), value := fresh(field.default.value))
    )


def _holds(schema: Schema, value: object) -> bool:
    try:
        validator(schema).check(value)
    except Invalid:
        return False
    return True


def _wider(value: object) -> str:
    return "write `… | None`" if value is None else "take one of its type"
