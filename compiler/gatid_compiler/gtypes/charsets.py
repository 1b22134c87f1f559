"""Sets of characters as sorted, disjoint, inclusive ranges of code points."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Charset = tuple[tuple[int, int], ...]

LAST = 0x10FFFF
ALL: Charset = ((0, 0xD7FF), (0xE000, LAST))
"""Every character that a string may hold: no halves of surrogate pairs."""

DIGITS: Charset = ((0x30, 0x39),)
WORD: Charset = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
SPACE: Charset = ((0x09, 0x0D), (0x20, 0x20))


def of(*characters: str) -> Charset:
    """The set of these characters."""
    return union(((ord(c), ord(c)),) for c in characters)


def union(sets: Iterable[Charset]) -> Charset:
    """What is in any of the sets."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(r for s in sets for r in s):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(s: Charset) -> Charset:
    """What is not in the set."""
    gaps: list[tuple[int, int]] = []
    start = 0
    for low, high in s:
        if start < low:
            gaps.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        gaps.append((start, LAST))
    return intersection(tuple(gaps), ALL)


def intersection(a: Charset, b: Charset) -> Charset:
    """What is in both sets."""
    found: list[tuple[int, int]] = []
    mine = theirs = 0
    while mine < len(a) and theirs < len(b):
        (low, high), (other_low, other_high) = a[mine], b[theirs]
        if max(low, other_low) <= min(high, other_high):
            found.append((max(low, other_low), min(high, other_high)))
        if high < other_high:
            mine += 1
        else:
            theirs += 1
    return tuple(found)


def contains(s: Charset, point: int) -> bool:
    """Whether the code point is in the set."""
    place = bisect_right(s, (point, LAST)) - 1
    return place >= 0 and point <= s[place][1]


def folded(s: Charset) -> Charset | None:
    """The set with the other case of each of its letters; None where that takes tables.

    Beside the ASCII letters only the Kelvin sign and the long s fold into ASCII.
    """
    if any(high > 0x7F for _, high in s):
        return None
    lower = intersection(s, ((0x61, 0x7A),))
    upper = intersection(s, ((0x41, 0x5A),))
    swapped = [tuple((a - 32, b - 32) for a, b in lower), tuple((a + 32, b + 32) for a, b in upper)]
    out = union([s, *swapped])
    odd = [of(sign) for letter, sign in (("k", "\u212a"), ("s", "\u017f"))
           if contains(out, ord(letter))]  # fmt: skip
    return union([out, *odd])
