"""Conversions as they would be done by hand, with the decimal and calendar modules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatid_dsl import syntax

START = datetime(1970, 1, 1, tzinfo=UTC)


def converted(op: syntax.Convert, value: Any, *, forward: bool) -> Any:
    """What the value becomes; as it is where there is no translation."""
    if value is None:
        return None
    source, target = op.old.span.text, op.new.span.text
    if not forward:
        source, target = target, source
    match op.how.text:
        case "scale":
            by = op.argument.value
            if source.startswith("int") and target.startswith("int") and isinstance(by, int):
                return value * by if forward else round(Fraction(value) / by)
            made = value * by if forward else value / by
            return round(made) if target.startswith("int") else made
        case "epoch":
            unit = timedelta(**{"s": {"seconds": 1}, "ms": {"milliseconds": 1}}[op.argument.text])
            if target.startswith("int"):
                return (datetime.fromisoformat(value.upper()) - START) // unit
            return moment(value, op.argument.text)
        case "text":
            return spoken(value, target) if isinstance(value, str) else spelt(value)
        case "lower" | "upper" as how:
            return getattr(value, how)() if forward else value
        case "base64":
            return value
    raise AssertionError(op)


def moment(value: int, unit: str) -> Any:
    """The moment in RFC 3339, to the unit: in UTC, or in the zone furthest from it whose calendar
    has it.
    """
    spec = "seconds" if unit == "s" else "milliseconds"
    for zone in (timedelta(), timedelta(hours=23, minutes=59), -timedelta(hours=23, minutes=59)):
        try:
            there = START.replace(tzinfo=None) + zone + value * timedelta(**{spec: 1})
        except OverflowError:
            continue
        written = there.replace(tzinfo=timezone(zone)).isoformat(timespec=spec)
        return written.replace("+00:00", "Z")
    return value


def spelt(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)


def spoken(value: str, target: str) -> Any:
    if target.startswith("bool"):
        return {"true": True, "false": False}.get(value, value)
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return value if target.startswith("int") else float(value)
    except ValueError:
        return value
