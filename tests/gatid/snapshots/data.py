"""Local data of all kinds that can be written, nested and shared; and what it is exactly."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["", "$d", "$is", "$", "\ud800", "a\udfffb", "\x00", "é", "/a~b"]),
)
zones = st.sampled_from(
    [
        None,
        UTC,
        ZoneInfo("Europe/Berlin"),
        timezone(timedelta(hours=-3)),
        timezone(timedelta(0), "x"),
    ]
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(1 << 70), 1 << 70),
    st.floats(),
    texts,
    st.binary(max_size=6),
    st.builds(
        lambda at, zone, fold: at.replace(tzinfo=zone, fold=fold),
        st.datetimes(),
        zones,
        st.integers(0, 1),
    ),
    st.builds(lambda at: at.replace(tzinfo=UTC), st.times()),
    st.dates(),
    st.timedeltas(),
    st.uuids(),
    st.decimals(),
)
keys = st.one_of(
    texts,
    st.integers(),
    st.booleans(),
    st.none(),
    st.uuids(),
    st.dates(),
    st.tuples(texts, st.integers()),
)
hashable = st.one_of(texts, st.integers(), st.dates(), st.tuples(st.integers(), texts))


@st.composite
def local_data(draw: st.DrawFn) -> dict[str, Any]:
    """Texts to values; some values stand at several places, or in themselves."""
    pool: list[Any] = []

    def made(depth: int) -> Any:
        kinds = (
            ["scalar", "seen"]
            if depth == 0
            else [
                "scalar",
                "list",
                "dict",
                "keyed",
                "tuple",
                "set",
                "frozenset",
                "bytearray",
                "seen",
                "ring",
            ]
        )
        kind = draw(st.sampled_from(kinds))
        if kind == "seen" and pool:
            return draw(st.sampled_from(pool))
        value: Any = draw(scalars)
        size = draw(st.integers(0, 3))
        match kind:
            case "list" | "ring":
                value = [made(depth - 1) for _ in range(size)]
                if kind == "ring":
                    value.append(value)
            case "dict":
                value = {draw(texts): made(depth - 1) for _ in range(size)}
            case "keyed":
                value = {draw(keys): made(depth - 1) for _ in range(size)}
            case "tuple":
                value = tuple(made(depth - 1) for _ in range(size))
            case "set":
                value = draw(st.sets(hashable, max_size=3))
            case "frozenset":
                value = draw(st.frozensets(hashable, max_size=3))
            case "bytearray":
                value = bytearray(draw(st.binary(max_size=4)))
        if type(value) in (list, dict, set, bytearray):
            pool.append(value)
        return value

    return {draw(texts): made(3) for _ in range(draw(st.integers(0, 4)))}


def exactly(value: Any) -> Any:
    """What two values have in common only if they are of the same types and shapes, equal, and
    share the same parts. Written without looking at how snapshots are.
    """
    numbers: dict[int, int] = {}

    def told(value: Any) -> Any:
        kind = type(value)
        if kind in (list, dict, set, bytearray):
            if id(value) in numbers:
                return ("again", numbers[id(value)])
            numbers[id(value)] = len(numbers)
        if kind in (list, tuple):
            return (kind, [told(item) for item in value])
        if kind is dict:
            return (kind, [(told(key), told(item)) for key, item in value.items()])
        if kind in (set, frozenset):
            return (kind, sorted(map(repr, value)))
        if kind is float:
            return (kind, "nan" if math.isnan(value) else value.hex())
        if kind in (datetime, time):
            return (kind, repr(value), value.fold)
        if kind in (date, timedelta, UUID, Decimal, bytes, bytearray):
            return (kind, repr(value))
        return (kind, value)

    return told(value)
