"""Tuples in normal form, and what is in two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Array, GType, Never, Tuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PLACES = 64
"""Tuples with more places are written with a rest, where they end alike."""


def tuple_(items: Iterable[GType], rest: Array | None = None) -> Tuple | Array:
    """The items in their places, then what `rest` says; an array where that is all."""
    places = list(items)
    if rest is None or rest.high == 0:
        return Tuple(tuple(places))
    low, high = rest.low, rest.high
    if low == high and len(places) + low <= _PLACES:
        return Tuple((*places, *([rest.item] * low)))
    while places and places[-1] == rest.item:
        places.pop()
        low, high = low + 1, None if high is None else high + 1
    more = Array(rest.item, low, high)
    return Tuple(tuple(places), more) if places else more


def places(t: Array | Tuple) -> Tuple:
    """The array or tuple as a tuple."""
    return Tuple((), replace(t, unique=False)) if isinstance(t, Array) else t


def common(a: Array | Tuple, b: Array | Tuple, inner: Callable[[GType, GType], GType]) -> GType:
    """The arrays that are of both, were none of them `unique`; `inner` says how items meet."""
    one, other = places(a), places(b)
    size = max(len(one.items), len(other.items))
    items: list[GType] = []
    for place in range(size):
        here = item(one, place), item(other, place)
        if here[0] is None or here[1] is None:
            return Never()
        items.append(inner(here[0], here[1]))
    if Never() in items:
        return Never()
    rests = [_after(t, size) for t in (one, other)]
    low = max(rest.low for rest in rests)
    highs = [rest.high for rest in rests if rest.high is not None]
    high = min(highs, default=None)
    if high is not None and low > high:
        return Never()
    if high == 0:
        return tuple_(items)
    held = inner(rests[0].item, rests[1].item)
    if isinstance(held, Never):
        return Never() if low else tuple_(items)
    return tuple_(items, Array(held, low, high))


def item(t: Array | Tuple, place: int) -> GType | None:
    """The type of the item at the place; None if there can be none."""
    if isinstance(t, Tuple) and place < len(t.items):
        return t.items[place]
    rest = t.rest if isinstance(t, Tuple) else t
    before = len(t.items) if isinstance(t, Tuple) else 0
    if rest is None or (rest.high is not None and place - before >= rest.high):
        return None
    return rest.item


def lengths(t: Array | Tuple) -> tuple[int, int | None]:
    """How many items there may be."""
    if isinstance(t, Array):
        return t.low, t.high
    size, rest = len(t.items), t.rest
    if rest is None:
        return size, size
    return size + rest.low, None if rest.high is None else size + rest.high


def _after(t: Tuple, size: int) -> Array:
    """What comes after so many places."""
    if t.rest is None:
        return Array(Never(), 0, 0)
    extra = size - len(t.items)
    high = None if t.rest.high is None else t.rest.high - extra
    return Array(t.rest.item, max(0, t.rest.low - extra), high)
