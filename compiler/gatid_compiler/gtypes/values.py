"""The reference interpreter: whether a value is of a type, read straight from the language.

It is slow and obvious and shares nothing with the validator, which is tested against it.
Values are JSON data as Python has it; a `Decimal` is a number with every digit as written.
"""

from __future__ import annotations

import base64
import binascii
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import Any as Value

from gatid_compiler.gtypes import patterns, rust
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Definitions,
    Format,
    GType,
    Int,
    Intersection,
    Literal,
    Never,
    Null,
    Number,
    Object,
    Ref,
    Scalar,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.readings import READERS
from gatid_compiler.gtypes.regex import NotReadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def member(value: Value, schema: Schema) -> bool:
    """The value is of the schema's type. `1` and `1.0` differ, `True` is no number."""
    return _member(value, schema.root, schema.defs)


def _member(value: Value, t: GType, defs: Definitions) -> bool:
    match t:
        case Union(branches):
            return any(_member(value, branch, defs) for branch in branches)
        case Ref(name):
            return _member(value, defs[name], defs)
        case Object():
            return isinstance(value, dict) and _object(value, t, defs)
        case Any():
            return _is_json(value)
        case Never():
            return False
        case Null():
            return value is None
        case Bool():
            return isinstance(value, bool)
        case Int():
            return _is_int(value) and _in_range(value, t) and _divides(t.multiple, value)
        case Number():
            return _is_number(value) and _in_range(value, t) and _divides(t.multiple, value)
        case String():
            return (
                isinstance(value, str)
                and _is_text(value)
                and t.low <= len(value)
                and (t.high is None or len(value) <= t.high)
                and all(_matches(pattern, value) for pattern in t.patterns)
            )
        case Bytes():
            size = _octets(value)
            return size is not None and t.low <= size and (t.high is None or size <= t.high)
        case Format(scalar):
            return isinstance(value, str) and READERS[scalar](value)
        case Literal(literal):
            return type(value) is type(literal) and bool(value == literal)
        case Array():
            return (
                isinstance(value, list)
                and t.low <= len(value)
                and (t.high is None or len(value) <= t.high)
                and all(_member(item, t.item, defs) for item in value)
                and not (t.unique and _repeats([_as_read(i, t.item, defs) for i in value]))
            )
        case Tuple(items, rest):
            return (
                isinstance(value, list)
                and len(value) >= len(items)
                and all(_member(v, i, defs) for v, i in zip(value, items, strict=False))
                and _member(value[len(items) :], rest or Array(Never(), 0, 0), defs)
            )
        case Intersection(parts):
            return any(_in_all(value, choice, defs) for choice in _choices(parts, defs))


def _choices(parts: Sequence[GType], defs: Definitions) -> Iterator[list[GType]]:
    """One branch for each part, in every way: `(A | B) & C` is `A & C | B & C`."""
    if not parts:
        yield []
        return
    for branch in _branches(parts[0], defs, ()):
        for others in _choices(parts[1:], defs):
            yield [*branch, *others]


def _branches(t: GType, defs: Definitions, seen: tuple[str, ...]) -> Iterator[list[GType]]:
    match t:
        case Ref(name):
            if name not in seen:
                yield from _branches(defs[name], defs, (*seen, name))
        case Union(branches):
            for branch in branches:
                yield from _branches(branch, defs, seen)
        case Intersection(parts):
            if not parts:
                yield []
                return
            for first in _branches(parts[0], defs, seen):
                for rest in _branches(Intersection(parts[1:]), defs, seen):
                    yield [*first, *rest]
        case _:
            yield [t]


def _in_all(value: Value, parts: list[GType], defs: Definitions) -> bool:
    """Objects merge, arrays meet item by item; of everything else the value is in each."""
    if isinstance(value, dict):
        objects = [p for p in parts if isinstance(p, Object)]
        others = [p for p in parts if not isinstance(p, Object)]
        merged = not objects or _merged(value, objects, defs)
        return merged and all(_member(value, p, defs) for p in others)
    if isinstance(value, list):
        return _array_in_all(value, parts, defs)
    return all(_member(value, p, defs) for p in parts)


def _array_in_all(value: list[Value], parts: list[GType], defs: Definitions) -> bool:
    kinds: list[list[GType]] = [[] for _ in value]
    unique = False
    for part in parts:
        match part:
            case Array(item, low, high, differ):
                if not (low <= len(value) and (high is None or len(value) <= high)):
                    return False
                unique = unique or differ
                for held in kinds:
                    held.append(item)
            case Tuple(items, rest):
                more = len(value) - len(items)
                least, most = (rest.low, rest.high) if rest else (0, 0)
                if more < least or (most is not None and more > most):
                    return False
                after = (rest.item if rest else Never() for _ in range(more))
                for held, item in zip(kinds, (*items, *after), strict=True):
                    held.append(item)
            case Any():
                pass
            case _:
                return False
    if not parts or all(isinstance(p, Any) for p in parts):
        return _is_json(value)
    whole = [Intersection(tuple(held)) for held in kinds]
    if not all(_member(v, t, defs) for v, t in zip(value, whole, strict=True)):
        return False
    read = [_as_read(v, t, defs) for v, t in zip(value, whole, strict=True)]
    return not (unique and _repeats(read))


def _merged(value: dict[Value, Value], objects: list[Object], defs: Definitions) -> bool:
    """The fields of all; a key that an open object does not name is of its rest type too."""
    return (
        all(_has_required(value, o) and _has_so_many(value, o) for o in objects)
        and all(map(_is_key, value))
        and all(
            _member(held, Intersection(tuple(kinds)), defs)
            for key, held in value.items()
            for kinds in [_merged_kinds(key, objects)]
        )
    )


def _merged_kinds(key: str, objects: list[Object]) -> list[GType]:
    """What the value of a key must be: `never` where nobody names it and not all are open."""
    named = [k for o in objects for k in [_named(key, o)] if k is not None]
    others = [o.rest for o in objects if _named(key, o) is None]
    if not named and None in others:
        return [Never()]
    return [*named, *(rest for rest in others if rest is not None)]


def _object(value: dict[Value, Value], t: Object, defs: Definitions) -> bool:
    if not (_has_required(value, t) and _has_so_many(value, t) and all(map(_is_key, value))):
        return False
    for key, held in value.items():
        kind = _named(key, t) or t.rest
        if kind is None or not _member(held, kind, defs):
            return False
    return True


def _has_required(value: dict[Value, Value], t: Object) -> bool:
    return all(f.name in value for f in t.fields if f.required)


def _has_so_many(value: dict[Value, Value], t: Object) -> bool:
    return t.low <= len(value) and (t.high is None or len(value) <= t.high)


def _is_key(key: Value) -> bool:
    return isinstance(key, str) and _is_text(key)


def _named(key: str, t: Object) -> GType | None:
    """The type that the key's field has, or the first keys that it is one of."""
    for f in t.fields:
        if f.name == key:
            return f.type
    return next((k.type for k in t.keys if _member(key, k.names, {})), None)


def _is_text(value: str) -> bool:
    """No half of a surrogate pair, which UTF-8 cannot carry."""
    return value.isascii() or not any(0xD800 <= ord(char) <= 0xDFFF for char in value)


def _is_int(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Value) -> bool:
    if isinstance(value, float | Decimal):
        return abs(float(value)) != float("inf") and float(value) == float(value)
    return _is_int(value)


def _is_json(value: Value) -> bool:
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_text(k) and _is_json(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, str):
        return _is_text(value)
    return value is None or isinstance(value, bool) or _is_number(value)


def _in_range(value: Value, t: Int | Number) -> bool:
    size = float(value) if isinstance(value, Decimal) else value
    return (t.low is None or size >= t.low) and (t.high is None or size <= t.high)


def _divides(multiple: float | None, value: Value) -> bool:
    if multiple is None:
        return True
    if isinstance(value, int) and isinstance(multiple, int):
        return value % multiple == 0
    quotient = Fraction(str(value)) / Fraction(str(multiple))
    return quotient.denominator == 1


def _matches(pattern: str, value: str) -> bool:
    """Our own reading of the pattern; of what it does not read, the engine's."""
    try:
        return patterns.matches(pattern, value)
    except NotReadError:
        return rust.matcher(pattern)(value)


def _octets(value: Value) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        octets = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return len(octets) if base64.b64encode(octets).decode() == value else None


def _as_read(value: Value, t: GType, defs: Definitions) -> Value:
    """The value as a handler gets it: UUIDs in lower case. The first branch that fits reads."""
    match t:
        case Format(Scalar.UUID):
            return value.lower()
        case Ref(name):
            return _as_read(value, defs[name], defs)
        case Union(branches):
            fitting = next(b for b in branches if _member(value, b, defs))
            return _as_read(value, fitting, defs)
        case Array(item) if isinstance(value, list):
            return [_as_read(v, item, defs) for v in value]
        case Tuple(items, rest) if isinstance(value, list):
            after = [rest.item if rest else Any()] * len(value)
            kinds = (*items, *after)
            return [_as_read(v, i, defs) for v, i in zip(value, kinds, strict=False)]
        case Object() if isinstance(value, dict):
            read = ((k, _named(k, t) or t.rest or Any(), v) for k, v in value.items())
            return {k: _as_read(v, kind, defs) for k, kind, v in read}
        case Intersection(parts):
            for part in parts:
                value = _as_read(value, part, defs) if _member(value, part, defs) else value
            return value
        case _:
            return value


def _repeats(items: list[Value]) -> bool:
    return any(_equal(one, other) for n, one in enumerate(items) for other in items[n + 1 :])


def _equal(one: Value, other: Value) -> bool:
    """Equality of JSON values: `1` equals `1.0`, `true` does not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[k], other[k]) for k in one)
    return bool(one == other)
