"""What leaf types hold: one value against one type that has no parts.

Used where a literal meets a type and where a fault is explained. Requests are judged by the
validator, and both are tested against `values`, which shares nothing with them.
"""

from __future__ import annotations

from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import rust, scalars

if TYPE_CHECKING:
    from decimal import Decimal

    from gatid_compiler.gtypes.model import Bytes, Format, Int, Number, String


_LEAST = -5000


def exact(value: float | Decimal) -> Fraction:
    """The number as written: a float counts as the shortest decimal that reads back as it.

    A decimal far below every double is some number as small: a multiple of none of them.
    """
    if isinstance(value, float):
        return Fraction(repr(value))
    if not isinstance(value, int) and value and value.adjusted() < _LEAST:
        return Fraction(1, 10**-_LEAST)
    return Fraction(value)


def in_int(value: int, t: Int) -> bool:
    """The integer is within the bounds and a multiple."""
    return (
        (t.low is None or value >= t.low)
        and (t.high is None or value <= t.high)
        and (t.multiple is None or value % t.multiple == 0)
    )


def in_number(value: float | Decimal, t: Number) -> bool:
    """The number is finite, within the bounds and, as written, a multiple.

    A number with a fraction or an exponent is the nearest double where bounds are concerned.
    """
    size = value if isinstance(value, int) else float(value)
    if not isinstance(size, int) and not isfinite(size):
        return False
    return (
        (t.low is None or size >= t.low)
        and (t.high is None or size <= t.high)
        and (t.multiple is None or exact(value) % exact(t.multiple) == 0)
    )


def in_string(value: str, t: String) -> bool:
    """The string has the length and matches every pattern."""
    return (
        t.low <= len(value)
        and (t.high is None or len(value) <= t.high)
        and all(rust.matcher(pattern)(value) for pattern in t.patterns)
    )


def in_bytes(value: str, t: Bytes) -> bool:
    """The text is base64 of as many octets."""
    if not rust.matcher(scalars.BASE64)(value):
        return False
    size = scalars.octets(value)
    return t.low <= size and (t.high is None or size <= t.high)


def in_format(value: str, t: Format) -> bool:
    """The string is in the scalar's grammar."""
    return scalars.matches(t.scalar, value)
