"""The type that an object has for a key: a field's, that of the first keys it is one of, or the
rest's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes import leaves
from gatid_compiler.gtypes.model import (
    Any,
    Bytes,
    Format,
    GType,
    Intersection,
    Literal,
    Object,
    String,
    Union,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def kind(t: Object, key: str) -> GType | None:
    """The type of the key's value; None if there is no place for the key."""
    field = t.field(key)
    return field.type if field is not None else unnamed(t, key)


def unnamed(t: Object, key: str) -> GType | None:
    """The type of the value of a key that no field has; None if there is no place for it."""
    return next((k.type for k in t.keys if is_one(key, k.names)), t.rest)


def is_one(key: str, names: GType) -> bool:
    """The key is one of the names."""
    match names:
        case Literal(value):
            return value == key
        case String():
            return leaves.in_string(key, names)
        case Bytes():
            return leaves.in_bytes(key, names)
        case Format():
            return leaves.in_format(key, names)
        case Intersection(parts):
            return all(is_one(key, part) for part in parts)
        case Union(branches):
            return any(is_one(key, branch) for branch in branches)
        case _:
            return isinstance(names, Any)


def counted(t: Object, size: int) -> bool:
    """There may be so many keys."""
    return t.low <= size and (t.high is None or size <= t.high)


def is_plain(t: Object) -> bool:
    """The object is one that the language has words for."""
    return not t.keys and not t.low and t.high is None


def classes(t: Object) -> Iterator[tuple[GType, GType | None]]:
    """The kinds of keys, the first that fits counting, and the type of each; of all, the rest."""
    yield from ((k.names, k.type) for k in t.keys)
    yield String(), t.rest
