"""The intersection of two types that are neither unions nor references.

Numbers intersect their intervals and multiples, strings collect their constraints, objects
merge. What no value can be becomes `never`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor, lcm

from gatid_compiler.gtypes import leaves
from gatid_compiler.gtypes.meet_objects import merged
from gatid_compiler.gtypes.meet_texts import is_text, lengths, texts
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
    Never,
    Null,
    Number,
    Object,
    String,
    Tuple,
)
from gatid_compiler.gtypes.tuples import common
from gatid_compiler.gtypes.tuples import lengths as lengths_of

Meet = Callable[[GType, GType], GType]
"""How the parts of a type meet; given by the caller, so that references may stay."""


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
            return merged(a, b, inner)
        case Array(), Array():
            return _arrays(a, b, inner)
        case Array() | Tuple(), Array() | Tuple():
            unique = any(isinstance(t, Array) and t.unique for t in (a, b))
            return _unique(common(a, b, inner)) if unique else common(a, b, inner)
        case _ if is_text(a) and is_text(b):
            return texts(a, b)
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


def _arrays(a: Array, b: Array, inner: Meet) -> GType:
    low, high = lengths([a, b])
    if high is not None and low > high:
        return Never()
    item = inner(a.item, b.item)
    if isinstance(item, Never):
        return Never() if low else Array(item, 0, 0)
    return Array(item, low, high, a.unique or b.unique)


def _with_parts(a: Intersection, b: GType, inner: Meet) -> GType:
    """Texts collect; a tuple of unique items meets item by item and stays unique."""
    if is_text(a):
        if isinstance(b, Literal):
            return b if all(_has(p, b) for p in a.parts) else Never()
        return texts(a, b) if is_text(b) else Never()
    _, met = a.parts
    others = b.parts if isinstance(b, Intersection) and not is_text(b) else (b,)
    for other in others:
        met = meet(met, other, inner)
    return _unique(met)


def _unique(t: GType) -> GType:
    """The arrays of the type whose items all differ."""
    match t:
        case Array():
            return replace(t, unique=True)
        case Tuple() if lengths_of(t)[1] not in (0, 1):
            return Intersection((Array(Any(), unique=True), t))
        case _:
            return t
