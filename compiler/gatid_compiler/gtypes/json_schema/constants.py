"""Types that hold one JSON value."""

from __future__ import annotations

from math import isfinite
from typing import Any as Data

from gatid_compiler.gtypes.json_schema.numbers import plain
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Field,
    GType,
    Literal,
    Null,
    Number,
    Tuple,
)
from gatid_compiler.gtypes.normal import object_


def constant(value: Data) -> GType:
    """The type of values that JSON Schema calls equal to this one: `1` and `1.0` are equal.

    Raises `ValueError` for what is no JSON value.
    """
    match value:
        case None:
            return Null()
        case bool() | str():
            return Literal(value)
        case int() | float() if isfinite(value):
            return Number(plain(value), plain(value))
        case list():
            if not value:
                return Array(Any(), 0, 0)
            return Tuple(tuple(map(constant, value)))
        case dict():
            return object_(Field(name, constant(held)) for name, held in value.items())
        case _:
            raise ValueError(f"{value!r} is no JSON value")


def plain_field(name: str, t: GType) -> Field:
    """An optional field without a default."""
    return Field(name, t, required=False)
