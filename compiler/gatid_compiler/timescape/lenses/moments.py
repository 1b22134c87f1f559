"""The moments that `DateTime` can write, as counts of seconds since 1970."""

from __future__ import annotations

_DAY = 23 * 3600 + 59 * 60
"""The offset that is furthest from UTC, `23:59`."""

FIRST_SECOND = -62135596800 - _DAY
"""`0001-01-01T00:00:00+23:59`."""

LAST_SECOND = 253402300799 + _DAY
"""`9999-12-31T23:59:59-23:59`."""
