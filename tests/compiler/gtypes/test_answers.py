"""What handlers return: objects in normative form, plain data as it is, nothing filled."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import ipaddress
import json
from collections import OrderedDict
from decimal import Decimal
from types import MappingProxyType
from typing import Any as Value
from uuid import UUID

import orjson
import pydantic
import pytest
from hypothesis import given, settings

from gatid_compiler.gtypes.encode import encode, encoder
from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bytes,
    Default,
    Field,
    Format,
    GType,
    Int,
    Number,
    Object,
    Scalar,
    Schema,
    String,
    Tuple,
)
from gatid_compiler.gtypes.normal import enum as literals
from gatid_compiler.gtypes.normal import object_
from gatid_compiler.gtypes.validator import validator
from gatid_compiler.gtypes.values import member
from tests.compiler.gtypes.inhabit import schemas_and_values

EAST = dt.timezone(dt.timedelta(hours=1, minutes=30))


class Colour(enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    LARGE = 3


class Word(enum.StrEnum):
    A = "a"


@dataclasses.dataclass
class Point:
    x: int
    at: dt.date


class Model(pydantic.BaseModel):
    id: UUID
    inner: list[Decimal]


@pytest.mark.parametrize(
    ("t", "value", "written"),
    [
        (Format(Scalar.UUID), UUID(int=10), "00000000-0000-0000-0000-00000000000a"),
        (Format(Scalar.DATE), dt.date(2024, 2, 29), "2024-02-29"),
        (Format(Scalar.DATETIME), dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
         "2024-01-02T03:04:05Z"),
        (Format(Scalar.DATETIME), dt.datetime(2024, 1, 2, 3, 4, 5, 67, tzinfo=EAST),
         "2024-01-02T03:04:05.000067+01:30"),
        (Format(Scalar.TIME), dt.time(1, 2, tzinfo=dt.UTC), "01:02:00Z"),
        (Format(Scalar.DURATION), dt.timedelta(days=1, seconds=3661.5), "P1DT1H1M1.5S"),
        (Format(Scalar.DURATION), dt.timedelta(0), "PT0S"),
        (Format(Scalar.DURATION), dt.timedelta(days=2), "P2D"),
        (Format(Scalar.DURATION), dt.timedelta(seconds=60, microseconds=1), "PT1M0.000001S"),
        (Format(Scalar.DECIMAL), Decimal("1E+3"), "1000"),
        (Format(Scalar.DECIMAL), Decimal("-0.10"), "-0.10"),
        (Format(Scalar.IP), ipaddress.ip_address("::1"), "::1"),
        (Bytes(), b"\x00\xff", "AP8="),
        (literals("red", "blue"), Colour.RED, "red"),
        (Int(), Size.LARGE, 3),
        (String(), Word.A, "a"),
        (Array(Int()), (1, 2), [1, 2]),
        (Tuple((Int(), String())), (1, "a"), [1, "a"]),
        (Object((), Int()), MappingProxyType({"a": 1}), {"a": 1}),
        (Object((), Int()), OrderedDict(a=Size.LARGE), {"a": 3}),
        (object_([Field("x", Int()), Field("at", Format(Scalar.DATE))]),
         Point(1, dt.date(2024, 1, 1)), {"x": 1, "at": "2024-01-01"}),
        (object_([Field("id", Format(Scalar.UUID)), Field("inner", Array(Format(Scalar.DECIMAL)))]),
         Model(id=UUID(int=1), inner=[Decimal("1.50")]),
         {"id": str(UUID(int=1)), "inner": ["1.50"]}),
        (Any(), {"a": [UUID(int=1), {"b": dt.date(2024, 1, 1)}]},
         {"a": [str(UUID(int=1)), {"b": "2024-01-01"}]}),
        (Number(), 2**70, 2**70),
    ],
)  # fmt: skip
def test_objects_are_written_in_normative_form(t: GType, value: Value, written: Value) -> None:
    schema = Schema(t, {})
    found = validator(schema).answer(value)
    assert found == written
    assert json.loads(encoder(schema)(found)) == written
    assert type(found) is type(written)


@pytest.mark.parametrize(
    ("t", "value", "found"),
    [
        (Format(Scalar.DATETIME), dt.datetime(2024, 1, 2), '"2024-01-02T00:00:00"'),  # noqa: DTZ001
        (Format(Scalar.DURATION), dt.timedelta(-1), '"-P1D"'),
        (Format(Scalar.UUID), object(), "a Python `object`"),
        (Array(Int()), {1, 2}, "a Python `set`"),
        (Int(), 1.0, "1.0"),
        (Int(), True, "true"),
        (Number(), float("nan"), "nan"),
        (String(), "\ud800", '"\\ud800"'),
        (Any(), "\ud800", '"\\ud800"'),
        (Any(), float("inf"), "a number too large"),
    ],
)  # fmt: skip
def test_what_has_no_form_is_a_fault(t: GType, value: Value, found: str) -> None:
    with pytest.raises(Invalid) as caught:
        validator(Schema(t, {})).answer(value)
    assert [f.found for f in caught.value.faults] == [found]


def test_keys_are_text() -> None:
    for t in (Any(), Object((), Any()), Object((), Int()), object_([Field("a", Int(), False)])):
        for key in (1, None, "\ud800"):
            with pytest.raises(Invalid):
                validator(Schema(t, {})).answer({key: 1})


def test_defaults_are_filled_in_requests_alone() -> None:
    inner = object_([Field("n", Int(), False, Default(3)), Field("s", String(), False)])
    made = validator(Schema(object_([Field("in", inner)]), {}))
    assert made.json(b'{"in": {}}') == {"in": {"n": 3}}
    assert made.python({"in": {}}) == {"in": {"n": 3}}
    assert made.answer({"in": {}}) == {"in": {}}
    given_ = {"in": {}}
    made.check(given_)
    assert given_ == {"in": {}}


def test_results_are_copies() -> None:
    value = {"a": [1, {"b": []}]}
    for schema in (Schema(Any(), {}), Schema(Object((), Array(Any())), {})):
        for read in (validator(schema).answer, validator(schema).python):
            found = read(value)
            found["a"][1]["b"].append(1)
            assert value == {"a": [1, {"b": []}]}


def test_uuids_come_in_lower_case() -> None:
    made = validator(Schema(Array(Format(Scalar.UUID), unique=True), {}))
    upper = "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"
    assert made.json(json.dumps([upper]).encode()) == [upper.lower()]
    with pytest.raises(Invalid):
        made.json(json.dumps([upper, upper.lower()]).encode())


@settings(max_examples=200)
@given(schemas_and_values())
def test_an_answer_is_a_member_and_survives_its_encoding(case: tuple[Schema, Value]) -> None:
    schema, value = case
    if member(value, schema):
        found = validator(schema).answer(value)
        assert member(found, schema)
        text = encoder(schema)(found)
        assert orjson.loads(text) == json.loads(text) or b"e" in text or len(text) > 18
        assert json.loads(text) == found
        assert validator(schema).answer(found) == found


def test_integers_of_any_size_are_written() -> None:
    assert encode([2**64, -(10**40), 1.5]) == b"[18446744073709551616,-%d,1.5]" % 10**40
