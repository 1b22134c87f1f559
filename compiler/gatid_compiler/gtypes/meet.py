"""The intersection of two types that are neither unions nor references.

Numbers intersect their intervals and multiples, strings collect their constraints, objects
merge. What no value can be becomes `never`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor, lcm

from gatid_compiler.gtypes import leaves
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
    Literal,
    Never,
    Null,
    Number,
    Object,
    String,
    Tuple,
)
from gatid_compiler.gtypes.text import show

Meet = Callable[[GType, GType], GType]
"""How the parts of a type meet; given by the caller, so that references may stay."""

Text = String | Bytes | Format


def is_text(t: GType) -> bool:
    """A set of strings given by constraints, an intersection of such included."""
    return isinstance(t, Text) or (
        isinstance(t, Intersection) and all(isinstance(p, Text) for p in t.parts)
    )


def meet(a: GType, b: GType, inner: Meet) -> GType:
    """What is in both."""
    match a, b:
        case Any(), _:
            return b
        case _, Any():
            return a
        case (Never(), _) | (_, Never()):
            return Never()
        case Intersection(), _:
            return _with_parts(a, b, inner)
        case _, Intersection():
            return _with_parts(b, a, inner)
        case Literal(), _:
            return a if _has(b, a) else Never()
        case _, Literal():
            return b if _has(a, b) else Never()
        case (Null(), Null()) | (Bool(), Bool()):
            return a
        case Int() | Number(), Int() | Number():
            return _numbers(a, b)
        case Object(), Object():
            return _objects(a, b, inner)
        case Array(), Array():
            return _arrays(a, b, inner)
        case Array(), Tuple():
            return _tuple(a, b, inner)
        case Tuple(), Array():
            return _tuple(b, a, inner)
        case Tuple(one), Tuple(two):
            if len(one) != len(two):
                return Never()
            return _items([inner(x, y) for x, y in zip(one, two, strict=True)])
        case _ if is_text(a) and is_text(b):
            return _texts(a, b)
        case _:
            return Never()


def _has(t: GType, literal: Literal) -> bool:
    match t, literal.value:
        case Literal(), _:
            return t == literal
        case Bool(), bool():
            return True
        case _, bool():
            return False
        case Int(), int(value):
            return leaves.in_int(value, t)
        case Number(), int(value):
            return leaves.in_number(value, t)
        case String(), str(value):
            return leaves.in_string(value, t)
        case Bytes(), str(value):
            return leaves.in_bytes(value, t)
        case Format(), str(value):
            return leaves.in_format(value, t)
        case _:
            return False


def _numbers(a: Int | Number, b: Int | Number) -> GType:
    low = _tighter(a.low, b.low, max)
    high = _tighter(a.high, b.high, min)
    multiples = [leaves.exact(m) for m in (a.multiple, b.multiple) if m is not None]
    if isinstance(a, Number) and isinstance(b, Number):
        if low is not None and high is not None and low > high:
            return Never()
        return Number(low, high, _written(_common(multiples)) if multiples else None)
    if any(m.denominator != 1 for m in multiples) or multiples:
        # An integer is a multiple of p/q exactly when it is one of p.
        whole: int | None = lcm(*(m.numerator for m in multiples))
    else:
        whole = None
    least = None if low is None else ceil(low)
    most = None if high is None else floor(high)
    if least is not None and most is not None and least > most:
        return Never()
    return Int(least, most, whole)


def _tighter(
    a: float | None, b: float | None, pick: Callable[[float, float], float]
) -> float | None:
    if a is None or b is None:
        return b if a is None else a
    return pick(a, b)


def _common(multiples: list[Fraction]) -> Fraction:
    """The least number that all of them divide."""
    scale = lcm(*(m.denominator for m in multiples))
    return Fraction(lcm(*(int(m * scale) for m in multiples)), scale)


def _written(value: Fraction) -> float:
    return value.numerator if value.denominator == 1 else float(value)


def _texts(a: GType, b: GType) -> GType:
    parts = [*_text_parts(a), *_text_parts(b)]
    strings = [p for p in parts if isinstance(p, String)]
    octets = [p for p in parts if isinstance(p, Bytes)]
    kept: dict[str, GType] = {show(p): p for p in parts if isinstance(p, Format)}
    if strings:
        merged = String(*_lengths(strings), tuple(sorted({p for s in strings for p in s.patterns})))
        if merged.high is not None and merged.low > merged.high:
            return Never()
        if merged != String() or not (kept or octets):
            kept[show(merged)] = merged
    if octets:
        low, high = _lengths(octets)
        if high is not None and low > high:
            return Never()
        kept[""] = Bytes(low, high)
    together = tuple(kept[key] for key in sorted(kept))
    return together[0] if len(together) == 1 else Intersection(together)


def _text_parts(t: GType) -> tuple[GType, ...]:
    return t.parts if isinstance(t, Intersection) else (t,)


def _lengths(types: list[String] | list[Bytes] | list[Array]) -> tuple[int, int | None]:
    highs = [t.high for t in types if t.high is not None]
    return max(t.low for t in types), min(highs) if highs else None


def _objects(a: Object, b: Object, inner: Meet) -> GType:
    names = sorted({f.name for f in (*a.fields, *b.fields)})
    rest = None if a.rest is None or b.rest is None else inner(a.rest, b.rest)
    rest = None if isinstance(rest, Never) else rest
    fields: list[Field] = []
    for name in names:
        field = _field(a.field(name), b.field(name), a, b, inner)
        if isinstance(field.type, Never):
            if field.required:
                return Never()
            if rest is None:
                continue
        fields.append(field)
    return Object(tuple(fields), rest)


def _field(one: Field | None, two: Field | None, a: Object, b: Object, inner: Meet) -> Field:
    """A field of the merged object; what an open object says of other keys holds for it."""
    if one is None or two is None:
        alone, other = (one, b) if one is not None else (two, a)
        assert alone is not None  # noqa: S101 - the name is of one of the two
        kind = alone.type if other.rest is None else inner(alone.type, other.rest)
        return Field(alone.name, kind, alone.required, alone.default, alone.secret, alone.doc)
    return Field(
        one.name,
        inner(one.type, two.type),
        one.required or two.required,
        None if one.required or two.required else one.default or two.default,
        one.secret or two.secret,
        one.doc or two.doc,
    )


def _arrays(a: Array, b: Array, inner: Meet) -> GType:
    low, high = _lengths([a, b])
    if high is not None and low > high:
        return Never()
    item = inner(a.item, b.item)
    if isinstance(item, Never):
        return Never() if low else Array(item, 0, 0)
    return Array(item, low, high, a.unique or b.unique)


def _tuple(array: Array, items: Tuple, inner: Meet) -> GType:
    size = len(items.items)
    if size < array.low or (array.high is not None and size > array.high):
        return Never()
    merged = _items([inner(item, array.item) for item in items.items])
    if array.unique and size > 1 and isinstance(merged, Tuple):
        return Intersection((Array(Any(), unique=True), merged))
    return merged


def _items(items: list[GType]) -> GType:
    return Never() if any(isinstance(i, Never) for i in items) else Tuple(tuple(items))


def _with_parts(a: Intersection, b: GType, inner: Meet) -> GType:
    """Texts collect; a tuple of unique items meets item by item and stays unique."""
    if is_text(a):
        if isinstance(b, Literal):
            return b if all(_has(p, b) for p in a.parts) else Never()
        return _texts(a, b) if is_text(b) else Never()
    _, tuple_ = a.parts
    others = b.parts if isinstance(b, Intersection) and not is_text(b) else (b,)
    merged: GType = tuple_
    for other in others:
        merged = meet(merged, other, inner)
    if isinstance(merged, Intersection) or not isinstance(merged, Tuple):
        return merged
    return Intersection((Array(Any(), unique=True), merged))
