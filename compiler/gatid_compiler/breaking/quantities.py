"""Durations, sizes and rates as they are written in `.gati`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatid_compiler.plan import Rate

_DURATIONS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms"))
_PERIODS = {1000: "s", 60_000: "min", 3_600_000: "h", 86_400_000: "d"}
_SIZES = ((1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B"))


def duration_text(milliseconds: int) -> str:
    """Milliseconds in the largest unit that is exact: `90s`, `2m`."""
    unit, name = next((u, n) for u, n in _DURATIONS if milliseconds % u == 0)
    return f"{milliseconds // unit}{name}"


def size_text(octets: int) -> str:
    """Bytes in the largest unit that is exact: `1MiB`, `1500B`."""
    unit, name = next((u, n) for u, n in _SIZES if octets % u == 0)
    return f"{octets // unit}{name}"


def rate_text(rate: Rate) -> str:
    """A rate as it is written: `600/min per subject (burst 50)`."""
    period = _PERIODS.get(rate.period) or duration_text(rate.period)
    burst = "" if rate.burst == rate.count else f" (burst {rate.burst})"
    return f"{rate.count}/{period} per {rate.per}{burst}"
