"""What crosses to another process arrives as what it was, or is refused by name."""

from __future__ import annotations

import contextlib
import enum
import sys
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatid.services.isolation.values import (
    DEPTH,
    BadValueError,
    NotSerialisableError,
    pack,
    unpack,
)
from gatid.services.secrets import Secret
from tests.gatid.services.isolation.values import VALUES, shown


@pytest.mark.prop(18)
@settings(max_examples=400)
@given(VALUES)
@example({"t": [1]})
@example({"\ud800": "\udfff"})
@example([float("nan"), -0.0, float("-inf"), 1 << 64, -(1 << 63) - 1])
@example(1 << 20_000)
def test_values_arrive_as_what_they_were(value: Any) -> None:
    assert shown(unpack(pack(value))) == shown(value)


class Word(str):
    __slots__ = ()


class Colour(enum.IntEnum):
    RED = 1


@dataclass
class Book:
    title: str


class Odd(tzinfo):
    pass


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (Word("x"), "Word"),
        (Colour.RED, "Colour"),
        (Book("x"), "Book"),
        (object(), "object"),
        (Secret("dsn", "planted"), "Secret"),
        (datetime(2026, 1, 1, tzinfo=Odd()), "Odd"),
        (bytearray(b"x"), "bytearray"),
        (test_values_arrive_as_what_they_were, "function"),
    ],
)
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [v], lambda v: {"a": (v,)}])
def test_anything_else_is_refused_by_name(value: Any, named: str, wrap: Any) -> None:
    with pytest.raises(NotSerialisableError, match=named) as told:
        pack(wrap(value))
    assert "planted" not in str(told.value)


def test_values_end_somewhere() -> None:
    circle: list[Any] = []
    circle.append(circle)
    deep: Any = 1
    for _ in range(DEPTH):
        deep = [deep]
    assert unpack(pack(deep)) == deep
    for value in (circle, [deep], {"a": circle}, ((circle,),)):
        with pytest.raises(NotSerialisableError, match="nested"):
            pack(value)


@given(st.binary(max_size=40) | VALUES.map(pack), st.data())
def test_bytes_that_are_no_value_are_refused(data: bytes, draw: st.DataObject) -> None:
    """Whatever is changed in them, nothing but a value or `BadValueError` comes out."""
    at = draw.draw(st.integers(0, len(data)))
    changed = data[:at] + draw.draw(st.binary(max_size=3)) + data[at + 1 :]
    with contextlib.suppress(BadValueError):
        unpack(changed)


@pytest.mark.parametrize(
    "text",
    [
        b"\x01" + b'{"t":' * 2000 + b"1" + b"}" * 2000,
        b'\x01{"zz":1}',
        b'\x01{"D":"x"}',
        b'\x01{"u":5}',
        b'\x01{"d":[[1]]}',
        b"",
        b"\x02",
    ],
)
def test_hostile_values_are_refused(text: bytes) -> None:
    with pytest.raises(BadValueError):
        unpack(text)


@pytest.mark.parametrize("kind", ["S", "F", "d"])
def test_keys_that_share_a_hash_are_refused_before_they_are_compared(kind: str) -> None:
    """A quarter of a million of them would take an hour."""
    same = [{"i": hex(n * sys.hash_info.modulus)} for n in range(250_000)]
    members: list[Any] = [[key, 1] for key in same] if kind == "d" else same
    with pytest.raises(BadValueError, match="share one hash"):
        unpack(b"\1" + orjson.dumps({kind: members}))
    few = {n * sys.hash_info.modulus for n in range(60)}
    assert unpack(pack(few)) == few
