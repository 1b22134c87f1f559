"""Durations, sizes and rates: `10s`, `1MiB`, `600/min`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MILLISECONDS: Mapping[str, int] = MappingProxyType(
    {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
)
BYTES: Mapping[str, int] = MappingProxyType(
    {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
)
PERIODS: Mapping[str, int] = MappingProxyType(
    {"s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
)

_MEANT = {
    **dict.fromkeys(("msec", "msecs", "millis", "milliseconds", "MS"), "ms"),
    **dict.fromkeys(("sec", "secs", "second", "seconds", "S"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours", "H"), "h"),
    **dict.fromkeys(("day", "days", "D"), "d"),
    **dict.fromkeys(("b", "byte", "bytes"), "B"),
    **dict.fromkeys(("k", "K", "kb", "kB", "KB", "kib", "KIB", "Kb", "Ki"), "KiB"),
    **dict.fromkeys(("M", "mb", "MB", "Mb", "mib", "MIB", "Mi"), "MiB"),
    **dict.fromkeys(("g", "G", "gb", "GB", "Gb", "gib", "GIB", "Gi"), "GiB"),
}


def meant_unit(unit: str) -> str | None:
    """The unit of a duration or a size that is usually meant by another word."""
    return _MEANT.get(unit)


def meant_period(unit: str) -> str | None:
    """The period of a rate that is usually meant by another word."""
    meant = _MEANT.get(unit, unit)
    if meant in ("m", "M", "MiB"):
        return "min"
    return meant if meant in PERIODS else None
