"""Types as data and as text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bytes,
    Default,
    Field,
    Format,
    GType,
    Int,
    Literal,
    Never,
    Null,
    Number,
    Object,
    Ref,
    Scalar,
    Schema,
    String,
    Tuple,
)
from gatid_compiler.gtypes.normal import intersection, object_, union
from gatid_compiler.gtypes.serial import from_json, to_json
from gatid_compiler.gtypes.text import show
from tests.compiler.gtypes.inhabit import schemas


@settings(max_examples=200)
@given(schemas())
def test_a_type_survives_json(schema: Schema) -> None:
    for t in (schema.root, *schema.defs.values()):
        assert from_json(json.loads(json.dumps(to_json(t)))) == t


def test_everything_a_field_says_survives_json() -> None:
    t = object_([Field("a", Null(), False, Default(None), True, "words"), Field("b", Never())])
    assert from_json(to_json(t)) == t


@pytest.mark.parametrize("data", ["Uu", {"kind": "x"}, {}, 3, None, {"kind": "array"}, ["int"]])
def test_other_data_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match=r"type|Scalar|valid"):
        from_json(data)


@pytest.mark.parametrize(
    ("t", "text"),
    [
        (Int(0), "int(0..)"),
        (Int(None, 5, 5), "int(..5, multiple 5)"),
        (Number(0, 1), "number(0..1)"),
        (Number(multiple=0.5), "number(multiple 0.5)"),
        (String(4, 4), "string(4)"),
        (String(1, 120), "string(1..120)"),
        (String(patterns=(r"\d+",)), r"string(pattern '\d+')"),
        (String(patterns=("it's",)), 'string(pattern "it\'s")'),
        (Bytes(high=3), "bytes(..3)"),
        (Literal('a"b'), '"a\\"b"'),
        (Literal(True), "true"),
        (union(Literal("b"), Null(), Literal("a")), '"a" | "b" | null'),
        (Array(union(Int(), String())), "(int | string)[]"),
        (Array(Int(), 1, 5, unique=True), "int[1..5, unique]"),
        (Tuple((Int(), Ref("A"))), "[int, A]"),
        (Object(), "{}"),
        (object_([Field("x-y", Int())], Any()), '{ "x-y": int, ... }'),
        (object_([Field("a", Int(), False, Default(3))], Int()), "{ a?: int = 3, ...: int }"),
        (object_([Field("pin", String(4, 4), secret=True)]), "{ pin: secret string(4) }"),
        (intersection(Ref("A"), union(Ref("B"), Null())), "A & (B | null)"),
        (intersection(String(1), Format(Scalar.DATE)), "Date & string(1..)"),
    ],
)
def test_types_are_shown_as_they_are_written(t: GType, text: str) -> None:
    assert show(t) == text
