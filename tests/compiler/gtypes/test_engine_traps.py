"""Where pydantic-core takes more than the language, and the validator does not.

Each case was seen on pydantic-core 2.50.4; the engine's own answer stands beside ours, so that
a new version of the engine that changes its mind is noticed.
"""

from __future__ import annotations

import pytest
from pydantic_core import SchemaValidator, ValidationError, core_schema

from gatid_compiler.gtypes.faults import Invalid, Malformed
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Field,
    GType,
    Int,
    Literal,
    Number,
    Object,
    Schema,
    String,
)
from gatid_compiler.gtypes.normal import object_, union
from gatid_compiler.gtypes.textual import reader
from gatid_compiler.gtypes.validator import validator


def refuses(t: GType, text: str) -> bool:
    try:
        validator(Schema(t, {})).json(text.encode())
    except Invalid:
        return True
    return False


def engine_takes(schema: core_schema.CoreSchema, text: str) -> bool:
    try:
        SchemaValidator(schema).validate_json(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("schema", "t", "text"),
    [
        (core_schema.literal_schema([1]), Literal(1), "true"),
        (core_schema.literal_schema([1]), Literal(1), "1.0"),
        (core_schema.literal_schema([True]), Literal(True), "1"),
        (core_schema.any_schema(), Any(), "NaN"),
        (core_schema.any_schema(), Any(), "-Infinity"),
        (core_schema.any_schema(), Any(), "1e999"),
        (core_schema.any_schema(), Any(), '{"a":[NaN]}'),
        (core_schema.float_schema(multiple_of=0.1), Number(multiple=0.1), "0.30000000000000004"),
        (core_schema.float_schema(multiple_of=0.1), Number(multiple=0.1), "0.3000000000000000001"),
        (core_schema.str_schema(pattern="[a-c]+"), String(patterns=("[a-c]+",)), '"xaz"'),
        (core_schema.str_schema(pattern=r"\d"), String(patterns=(r"\d",)), '"٣"'),
        (core_schema.str_schema(pattern=r"\w"), String(patterns=(r"\w",)), '"é"'),
        (core_schema.str_schema(pattern=r"\s"), String(patterns=(r"\s",)), '"\\u00a0"'),
        (core_schema.int_schema(), Int(), '" 2 "'),
        (core_schema.int_schema(), Int(), '"1_000"'),
        (core_schema.int_schema(), Int(), "2.0"),
        (core_schema.float_schema(strict=True, le=2**53), Number(high=2**53), str(2**53 + 1)),
    ],
)
def test_the_engine_takes_it_and_we_do_not(
    schema: core_schema.CoreSchema, t: GType, text: str
) -> None:
    assert engine_takes(schema, text)
    assert refuses(t, text)


def test_a_typed_dictionary_is_strict_inside() -> None:
    t = object_([Field("n", Int())])
    assert refuses(t, '{"n": "2"}')
    assert refuses(t, '{"n": true}')
    assert refuses(t, '{"n": 2, "m": 2}')


def test_integers_keep_every_digit() -> None:
    numbers = [2**53 + 1, 2**64, -(10**400), 10**4000]
    made = validator(Schema(Array(Number()), {}))
    assert made.json(str(numbers).encode()) == numbers
    assert validator(Schema(Array(Int()), {})).json(str(numbers).encode()) == numbers
    assert validator(Schema(Any(), {})).json(str(numbers).encode()) == numbers


def test_a_multiple_that_its_double_is_none_of() -> None:
    t = Object((), union(Number(multiple=3), Array(Any())))
    made = validator(Schema(t, {}))
    text = '{"a": 461525403926430720.0, "b": [461525403926430720.1, 2.5]}'
    read = made.json(text.encode())
    assert read == {"a": 461525403926430720.0, "b": [461525403926430720.1, 2.5]}
    assert [type(v) for v in [read["a"], *read["b"]]] == [float, float, float]
    assert refuses(t, '{"a": 461525403926430721.0}')


def test_a_number_longer_than_python_reads_is_malformed() -> None:
    with pytest.raises(Malformed, match="4,300 digits"):
        validator(Schema(Int(), {})).json(b"9" * 5000)


def test_of_repeated_keys_the_last_one_counts_alone() -> None:
    table = Object((), Int())
    schema = core_schema.dict_schema(core_schema.str_schema(), core_schema.int_schema(strict=True))
    text = '{"a": "first", "a": 2}'
    assert not engine_takes(schema, text)
    assert validator(Schema(table, {})).json(text.encode()) == {"a": 2}
    assert refuses(table, '{"a": 2, "a": "last"}')
    fields = object_([Field("a", Int())], Int())
    assert validator(Schema(fields, {})).json(b'{"a":"x","z":"y","a":1,"z":2}') == {"a": 1, "z": 2}


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ('{"a": 1, "a": 1}', "/a"),
        ('{"b": [0, {"x/y": 1, "~": 2, "x/y": 3}]}', "/b/1/x~1y"),
        ('{"a": 1, "\\u0061": 1}', "/a"),
        ('{"a": {"a": 1}, "b": {"a": 1}}', None),
        ("1", None),
        ("null", None),
        ('["a", "a", [true]]', None),
    ],
)
def test_repeated_keys_are_refused_where_asked(text: str, pointer: str | None) -> None:
    made = validator(Schema(Any(), {}), duplicate_keys="refused")
    if pointer is None:
        made.json(text.encode())
        return
    with pytest.raises(Malformed) as caught:
        made.json(text.encode())
    assert caught.value.pointer == pointer


@pytest.mark.parametrize("text", ["２", "+1", "01", " 2 ", "1_000", "2.0", "1e3", "", "-", "٣"])
def test_text_is_no_int_that_json_would_not_write(text: str) -> None:
    made = reader(Schema(object_([Field("n", Int())]), {}))
    with pytest.raises(Invalid):
        made.read({"n": [text]})
