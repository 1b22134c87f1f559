"""A number in one type and in none of the others: exact, over rationals.

An integer and the same number written with a fraction are two values, so a `number` is looked
at twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, inf, isfinite, lcm, nextafter
from sys import float_info
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.leaves import exact, in_number
from gatid_compiler.gtypes.model import GType, Int, Literal, Number

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEPS = 20_000
"""So many multiples are tried before a question counts as too large."""

_DOUBLES = 64
"""Ranges of no more doubles than this are looked through."""

_NICE = (0.0, 0.5, 1.5, -0.5, -1.5, 0.25, 0.1, 1e-7, 0.3)


class UndecidedError(Exception):
    """A question that is not decided here; the message says why."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """The multiples of `step` from `low` to `high`."""

    low: int | None
    high: int | None
    step: int


def integer_left(t: Int | Number, others: Sequence[GType]) -> int | None:
    """An integer of the type that is in none of the others, a small one; None if all are."""
    grids = [g for g in map(_grid, others) if g is not None]
    own = _grid(t)
    return None if own is None else _left(own, grids)


def real_left(t: Number, others: Sequence[GType]) -> float | None:
    """A number with a fraction or an exponent that is in none of the others."""
    numbers = [n for n in others if isinstance(n, Number)]
    candidates = [*_NICE, *(float(b) for n in (t, *numbers) for b in (n.low, n.high)
                            if b is not None and abs(b) < float_info.max)]  # fmt: skip
    for value in candidates:
        if in_number(value, t) and not any(in_number(value, n) for n in numbers):
            return value
    return _real_left(t, numbers) if t.multiple is None else _multiple_left(t, numbers)


def _grid(t: GType) -> _Grid | None:
    match t:
        case Literal(bool()):
            return None
        case Literal(int(value)):
            return _Grid(value, value, 1)
        case Int():
            return _Grid(t.low, t.high, abs(t.multiple or 1))
        case Number():
            return _Grid(
                None if t.low is None else ceil(t.low),
                None if t.high is None else floor(t.high),
                # An integer is a multiple of p/q exactly when it is one of p.
                1 if t.multiple is None else exact(t.multiple).numerator,
            )
        case _:
            return None


def _left(own: _Grid, grids: Sequence[_Grid]) -> int | None:
    """A point of the grid in none of the others, looked for between their ends."""
    ends = {e for g in (own, *grids) for e in (g.low, None if g.high is None else g.high + 1)}
    cuts = sorted(e for e in ends if e is not None)
    spans: list[tuple[int | None, int | None]] = [
        (a, b - 1)
        for a, b in zip([None, *cuts], [*cuts, None], strict=True)
        if a is not None and b is not None
    ]
    spans += [(None, cuts[0] - 1), (cuts[-1], None)] if cuts else [(None, None)]
    for low, high in sorted(spans, key=lambda s: abs(_nearest(*s))):
        if _covers(own, low, high):
            steps = [g.step for g in grids if _covers(g, low, high)]
            found = _off(own.step, steps, low, high)
            if found is not None:
                return found
    return None


def _covers(g: _Grid, low: int | None, high: int | None) -> bool:
    return (g.low is None or (low is not None and g.low <= low)) and (
        g.high is None or (high is not None and high <= g.high)
    )


def _nearest(low: int | None, high: int | None) -> int:
    if low is not None and low > 0:
        return low
    return high if high is not None and high < 0 else 0


def _off(step: int, steps: list[int], low: int | None, high: int | None) -> int | None:
    """A multiple of `step` within the bounds that is one of none of the others."""
    if 1 in steps:
        return None
    start = _nearest(low, high)
    period = lcm(step, *steps) // step
    for first, direction in ((-(-start // step), 1), (start // step, -1)):
        for count in range(period):
            if count > _STEPS:
                raise UndecidedError("multiples with a long period")
            value = (first + direction * count) * step
            if (high is not None and value > high) or (low is not None and value < low):
                break
            if all(value % other for other in steps):
                return value
    return None


def _real_left(t: Number, others: Sequence[Number]) -> float | None:
    """The doubles of the range, less those of the ranges without multiples."""
    low, high = _doubles(t)
    x = low
    for start, end in sorted(_doubles(n) for n in others if n.multiple is None):
        if start > x:
            break
        x = max(x, nextafter(end, inf))
    if x > high or not isfinite(x):
        return None
    gap = min((s for s, _ in map(_doubles, others) if s > x), default=high)
    for value in (x, nextafter(x, inf), x / 2 + gap / 2, nextafter(x / 2 + gap / 2, inf)):
        if in_number(value, t) and not any(in_number(value, n) for n in others):
            return value
    for _ in range(_DOUBLES):
        if x > high:
            return None
        if in_number(x, t) and not any(in_number(x, n) for n in others):
            return x
        x = nextafter(x, inf)
    raise UndecidedError("multiples in a narrow range")


def _doubles(t: Number) -> tuple[float, float]:
    low = -float_info.max if t.low is None else _double_above(t.low)
    high = float_info.max if t.high is None else -_double_above(-t.high)
    return low, high


def _double_above(bound: float) -> float:
    try:
        near = float(bound)
    except OverflowError:
        return inf if bound > 0 else -float_info.max
    return near if Fraction(near) >= bound else nextafter(near, inf)


def _multiple_left(t: Number, others: Sequence[Number]) -> float | None:
    """The multiples of a decimal, as integers of its smallest unit."""
    if any(_wider(n, t) for n in others):
        return None
    multiples = [exact(n.multiple) for n in (t, *others) if n.multiple is not None]
    for bound in (b for n in (t, *others) for b in (n.low, n.high) if b is not None):
        if abs(exact(bound)) > min(multiples) * 10**15:
            raise UndecidedError("multiples finer than doubles tell apart")
    unit = lcm(*(m.denominator for m in multiples))
    found = _left(_scaled(t, unit), [_scaled(n, unit) for n in others])
    if found is None:
        return None
    value = float(Fraction(found, unit))
    if in_number(value, t) and not any(in_number(value, n) for n in others):
        return value
    raise UndecidedError("multiples finer than doubles tell apart")


def _wider(n: Number, t: Number) -> bool:
    """The range has the other one, and its multiples are among those of the other."""
    low, high = _doubles(n)
    least, most = _doubles(t)
    if low > least or most > high or t.multiple is None:
        return False
    return n.multiple is None or exact(t.multiple) % exact(n.multiple) == 0


def _scaled(t: Number, unit: int) -> _Grid:
    return _Grid(
        None if t.low is None else ceil(exact(t.low) * unit),
        None if t.high is None else floor(exact(t.high) * unit),
        1 if t.multiple is None else int(exact(t.multiple) * unit),
    )
