"""Keywords of a schema, read with their JSON types checked."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.json_schema.numbers import plain
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported

if TYPE_CHECKING:
    from gatid_compiler.gtypes.json_schema.document import Place

Node = dict[str, Any]


def count(schema: Node, word: str, place: Place) -> int | None:
    """A keyword that counts something."""
    value = number(schema, word, place)
    if value is None:
        return None
    if not isinstance(value, int) or value < 0:
        raise Unsupported(word, (place / word).pointer, "it counts from 0 in whole numbers")
    return value


def number(schema: Node, word: str, place: Place) -> float | None:
    """A keyword that holds a number."""
    value = schema.get(word)
    if value is None and word not in schema:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise Unsupported(word, (place / word).pointer, "it must be a number")
    return plain(value)


def table(schema: Node, word: str, place: Place) -> Node:
    """A keyword that holds an object; empty where it is not written."""
    value = schema.get(word, {})
    if not isinstance(value, dict):
        raise Unsupported(word, (place / word).pointer, "it must be an object")
    return value


def listed(schema: Node, word: str, place: Place) -> list[Any]:
    """A keyword that holds an array; empty where it is not written."""
    value = schema.get(word, [])
    if not isinstance(value, list):
        raise Unsupported(word, (place / word).pointer, "it must be an array")
    return value


def names(schema: Node, word: str, place: Place) -> list[str]:
    """A keyword that holds an array of strings."""
    value = listed(schema, word, place)
    if not all(isinstance(name, str) for name in value):
        raise Unsupported(word, (place / word).pointer, "it must be an array of strings")
    return value


def text(schema: Node, word: str, place: Place) -> str | None:
    """A keyword that holds a string."""
    value = schema.get(word)
    if value is not None and not isinstance(value, str):
        raise Unsupported(word, (place / word).pointer, "it must be a string")
    return value
