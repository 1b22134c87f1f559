"""Values that cross to another process, and whether two are the same, of the same types."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

ZONES = st.sampled_from([None, UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")]) | (
    st.builds(
        timezone,
        st.timedeltas(timedelta(hours=-23), timedelta(hours=23)),
    )
)
TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)
KEYS = TEXTS | st.integers() | st.booleans() | st.none() | st.uuids() | st.dates()

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(1 << 200), 1 << 200)
    | st.floats()
    | TEXTS
    | st.binary(max_size=8)
    | st.uuids()
    | st.decimals()
    | st.dates()
    | st.timedeltas()
    | st.datetimes(timezones=ZONES, allow_imaginary=True)
    | st.builds(lambda at, zone: at.replace(tzinfo=zone), st.times(), st.just(UTC) | st.none())
)

VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.sets(KEYS, max_size=3)
        | st.frozensets(KEYS, max_size=3)
    ),
    max_leaves=8,
)


def shown(value: Any) -> Any:
    """Something that is equal exactly for values that nobody could tell apart."""
    kind = type(value).__name__
    if isinstance(value, list | tuple):
        return kind, [shown(item) for item in value]
    if isinstance(value, set | frozenset):
        return kind, sorted((shown(item) for item in value), key=repr)
    if isinstance(value, dict):
        return kind, [(shown(key), shown(item)) for key, item in value.items()]
    if isinstance(value, datetime | time):
        return kind, repr(value), value.fold
    return kind, hex(value) if kind == "int" else repr(value)
