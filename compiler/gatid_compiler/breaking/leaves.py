"""Where two types without parts differ: bounds, lengths, patterns, formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from gatid_compiler.gtypes.model import Bool, Bytes, Format, GType, Int, Number, String

Found = tuple[str, GType, str, str]
"""A rule without its direction, the old type with the difference made, from what, to what."""

Show = Callable[[GType], str]

Bound = int | float | None


def leaf_differences(old: GType, new: GType, show: Show) -> Iterator[Found]:
    """The differences of two types of one kind; one `type-changed` where none has a name."""
    if isinstance(old, Int | Number) and isinstance(new, Int | Number):
        yield from _numbers(old, new)
    elif isinstance(old, String) and isinstance(new, String):
        yield from _lengths(old, new)
        yield from _patterns(old, new)
    elif isinstance(old, Bytes) and isinstance(new, Bytes):
        yield from _lengths(old, new)
    else:
        yield _texts(old, new), new, f"`{show(old)}`", f"`{show(new)}`"


def _texts(old: GType, new: GType) -> str:
    named = (Format, Bytes)
    if isinstance(old, String) and isinstance(new, named):
        return "format-added"
    if isinstance(old, named) and isinstance(new, String):
        return "format-removed"
    if isinstance(old, named) and isinstance(new, named):
        return "format-changed"
    if isinstance(old, Bool):
        return "enum-closed"
    return "enum-opened" if isinstance(new, Bool) else "type-changed"


def _numbers(old: Int | Number, new: Int | Number) -> Iterator[Found]:
    if isinstance(old, Int) and isinstance(new, Number):
        yield "integer-to-number", Number(old.low, old.high, old.multiple), "", ""
    if isinstance(old, Number) and isinstance(new, Int):
        yield "number-to-integer", new, "", ""
    if isinstance(old, Number) and isinstance(new, Int):
        # An integer type has whole bounds: what else changed is judged among whole numbers.
        old = Int(_up(old.low), _down(old.high), _whole(old.multiple))
    if old.low != new.low:
        raised = new.low is not None and (old.low is None or new.low > old.low)
        rule = "minimum-raised" if raised else "minimum-lowered"
        yield rule, _bounded(old, new.low, old.high, old.multiple), bound(old.low), bound(new.low)
    if old.high != new.high:
        raised = new.high is None or (old.high is not None and new.high > old.high)
        rule = "maximum-raised" if raised else "maximum-lowered"
        yield (
            rule,
            _bounded(old, old.low, new.high, old.multiple),
            bound(old.high),
            bound(new.high),
        )
    if old.multiple != new.multiple:
        rule = (
            "multiple-added" if old.multiple is None
            else "multiple-removed" if new.multiple is None
            else "multiple-changed"
        )  # fmt: skip
        edited = _bounded(old, old.low, old.high, new.multiple)
        yield rule, edited, bound(old.multiple), bound(new.multiple)


def _up(bound: float | None) -> int | None:
    return None if bound is None else -int(-bound // 1)


def _down(bound: float | None) -> int | None:
    return None if bound is None else int(bound // 1)


def _whole(step: float | None) -> int | None:
    return int(step) if step is not None and step == int(step) else None


def _bounded(t: Int | Number, low: Bound, high: Bound, multiple: Bound) -> GType:
    """The type with these bounds; a number type where one is no whole one."""
    if isinstance(t, Number):
        return Number(low, high, multiple)
    if isinstance(low, float) or isinstance(high, float) or isinstance(multiple, float):
        return Number(low, high, multiple)
    return Int(low, high, multiple)


def bound(value: float | None) -> str:
    """A bound as sentences tell it; what has none is open."""
    return "open" if value is None else f"{value}"


def _lengths(old: String | Bytes, new: String | Bytes) -> Iterator[Found]:
    if old.low != new.low:
        rule = "length-minimum-raised" if new.low > old.low else "length-minimum-lowered"
        yield rule, replace(old, low=new.low), str(old.low), str(new.low)
    if old.high != new.high:
        raised = new.high is None or (old.high is not None and new.high > old.high)
        rule = "length-maximum-raised" if raised else "length-maximum-lowered"
        yield rule, replace(old, high=new.high), bound(old.high), bound(new.high)


def _patterns(old: String, new: String) -> Iterator[Found]:
    gone = [p for p in old.patterns if p not in new.patterns]
    come = [p for p in new.patterns if p not in old.patterns]
    if not gone and not come:
        return
    rule = "pattern-changed" if gone and come else "pattern-added" if come else "pattern-removed"
    edited = replace(old, patterns=new.patterns)
    yield rule, edited, _quoted(gone), _quoted(come)


def _quoted(patterns: list[str]) -> str:
    return " and ".join(f"`{p}`" for p in patterns)
