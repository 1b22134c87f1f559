"""The set of values that are in both of two atoms.

`A & B` of the language merges objects; `allOf` does not: what a closed object does not name,
no other branch can add.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import meet as merging
from gatid_compiler.gtypes.json_schema.numbers import number
from gatid_compiler.gtypes.leaves import exact
from gatid_compiler.gtypes.meet_objects import common
from gatid_compiler.gtypes.model import GType, Number, Object

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid_compiler.gtypes.meet import Meet


def meet(a: GType, b: GType, inner: Meet) -> GType:
    """What is in both atoms; `inner` says how the types inside them meet.

    Raises `ValueError` where a number has no digits for it.
    """
    match a, b:
        case Number(), Number():
            return _numbers(a, b)
        case Object(), Object():
            return common(a, b, inner)
        case _:
            return merging.meet(a, b, inner)


def _numbers(a: Number, b: Number) -> GType:
    steps = [exact(n.multiple) for n in (a, b) if n.multiple is not None]
    return number(
        _tighter(max, a.low, b.low),
        _tighter(min, a.high, b.high),
        _common(steps) if steps else None,
    )


def _tighter(
    pick: Callable[[float, float], float], a: float | None, b: float | None
) -> float | None:
    if a is None or b is None:
        return b if a is None else a
    return pick(a, b)


def _common(steps: list[Fraction]) -> Fraction:
    """The least number that all of them divide."""
    scale = lcm(*(s.denominator for s in steps))
    return Fraction(lcm(*(int(s * scale) for s in steps)), scale)
