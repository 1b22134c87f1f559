"""Numbers of JSON Schema, exactly.

Every bound becomes an inclusive one: a type's number is an integer of any size or a double, so
below 5 is at most the double before 5, and no integer lies between the two.
"""

from __future__ import annotations

from math import ceil, floor, inf, isfinite, nextafter
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.leaves import exact
from gatid_compiler.gtypes.model import GType, Never, Number

if TYPE_CHECKING:
    from fractions import Fraction

_EVERY_INT = 1 << 53
"""From here on every double is an integer."""


def plain(value: float) -> float:
    """The number, an integer where it is one and no digit is in doubt."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EVERY_INT:
        return int(value)
    return value


def before(value: float) -> float | None:
    """The greatest number below `value`; None if there is none."""
    if abs(value) >= _EVERY_INT:
        return int(value) - 1
    below = nextafter(value, -inf)
    return plain(below) if isfinite(below) else None


def after(value: float) -> float | None:
    """The least number above `value`."""
    below = before(-value)
    return None if below is None else -below


def number(low: float | None, high: float | None, multiple: Fraction | None) -> GType:
    """The numbers between the bounds, multiples of `multiple`.

    Raises `ValueError` for a multiple that no double writes exactly.
    """
    if multiple is not None and multiple.denominator == 1:
        step = multiple.numerator
        low = None if low is None else _multiple_from(low, step)
        high = None if high is None else floor(exact(high) / step) * step
    if low is not None and high is not None and low > high:
        return Never()
    return Number(low, high, None if multiple is None else written(multiple))


def _multiple_from(low: float, step: int) -> int:
    return ceil(exact(low) / step) * step


def written(multiple: Fraction) -> float:
    """The multiple as a number. Raises `ValueError` where that would round."""
    if multiple.denominator == 1:
        return multiple.numerator
    value = float(multiple)
    if exact(value) != multiple:
        raise ValueError("it needs more digits than a number has")
    return value
