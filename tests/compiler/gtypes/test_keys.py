"""What only JSON Schema has: keys told by what they are, their number, tuples that go on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes import (
    Invalid,
    Unsupported,
    compare,
    fingerprint,
    from_json_schema,
    member,
    to_json_schema,
    validator,
)
from gatid_compiler.gtypes.declarations import NotWrittenError, declarations
from gatid_compiler.gtypes.model import GType, Object, Schema, Tuple, Union
from gatid_compiler.gtypes.normal import union
from gatid_compiler.gtypes.python import to_python
from gatid_compiler.gtypes.serial import from_json, to_json
from tests.compiler.gtypes.inhabit import Members, draw_near_miss, json_schemas

QUICK = settings(
    max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@st.composite
def schemas_and_values(draw: st.DrawFn) -> tuple[Schema, list[Any]]:
    schema = draw(json_schemas())
    values = [Members(schema).draw(draw, schema.root) for _ in range(3)]
    return schema, values + [draw_near_miss(draw, v) for v in values]


def judged(schema: Schema, value: Any) -> tuple[bool, bool, bool]:
    held = validator(schema)
    found = [held.accepts(value)]
    for judge, data in ((held.python, value), (held.json, json.dumps(value).encode())):
        try:
            judge(data)
        except Invalid:
            found.append(False)
        else:
            found.append(True)
    return found[0], found[1], found[2]


@QUICK
@given(schemas_and_values())
def test_validators_agree_with_the_interpreter(case: tuple[Schema, list[Any]]) -> None:
    schema, values = case
    for value in values:
        assert judged(schema, value) == (member(value, schema),) * 3, value


def changed(draw: st.DrawFn, t: GType) -> GType:
    """The type with one thing about its keys or places another one."""
    match t:
        case Object() if draw(st.booleans()):
            return replace(t, low=draw(st.integers(0, 2)), high=draw(st.sampled_from([None, 2])))
        case Object(keys=keys):
            return replace(t, keys=keys[1:] if draw(st.booleans()) else keys[::-1])
        case Tuple() if t.rest is not None:
            return replace(t, rest=replace(t.rest, low=draw(st.integers(0, 2)), high=None))
        case Union(branches):
            return union(changed(draw, branches[0]), *branches[1:])
        case _:
            return t


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Schema, Schema, list[Any]]:
    one = draw(json_schemas())
    other = draw(json_schemas())
    match draw(st.integers(0, 2)):
        case 0:
            other = Schema(union(one.root, other.root), {**other.defs, **one.defs})
        case 1:
            other = Schema(changed(draw, one.root), one.defs)
    if draw(st.booleans()):
        one, other = other, one
    values = [Members(one).draw(draw, one.root) for _ in range(3)]
    return one, other, values + [draw_near_miss(draw, v) for v in values[:2]]


@QUICK
@given(pairs())
def test_no_verdict_is_wrong(case: tuple[Schema, Schema, list[Any]]) -> None:
    one, other, values = case
    verdict = compare(one, other)
    if verdict.kind == "refuted":
        assert member(verdict.witness, one)
        assert not member(verdict.witness, other)
    if verdict.kind == "proved":
        for value in values:
            assert member(value, other) or not member(value, one), value


@QUICK
@given(schemas_and_values())
def test_they_are_written_and_read(case: tuple[Schema, list[Any]]) -> None:
    schema, values = case
    for t in (schema.root, *schema.defs.values()):
        assert from_json(json.loads(json.dumps(to_json(t)))) == t
    try:
        back = from_json_schema(to_json_schema(schema), formats="assert")
    except Unsupported:
        return  # patterns that look ahead, or that ECMA-262 has no word for
    for value in values:
        if member(value, schema):
            assert member(value, back), value


def test_fingerprints_tell_them_apart() -> None:
    docs: list[dict[str, Any]] = [
        {"type": "object"},
        {"type": "object", "minProperties": 1},
        {"type": "object", "maxProperties": 1},
        {"type": "object", "propertyNames": {"maxLength": 3}},
        {"type": "object", "patternProperties": {"^x": {"type": "string"}}},
        {"type": "object", "patternProperties": {"^x": {"type": "number"}}},
        {"type": "array", "minItems": 1, "prefixItems": [{"type": "string"}]},
        {"type": "array", "minItems": 2, "prefixItems": [{"type": "string"}]},
        {"type": "array", "minItems": 1, "maxItems": 2, "prefixItems": [{"type": "string"}]},
        {"type": "array", "prefixItems": [{"type": "string"}]},
    ]
    assert len({fingerprint(from_json_schema(doc)) for doc in docs}) == len(docs)


def test_a_key_of_several_patterns_is_of_all() -> None:
    doc = {
        "type": "object",
        "properties": {"xa": {"type": "integer"}},
        "patternProperties": {"^x": {"minimum": 1}, "y$": {"maximum": 3}},
        "additionalProperties": False,
    }
    schema = from_json_schema(doc)
    written = jsonschema_rs.Draft202012Validator(to_json_schema(schema))
    values: list[Any] = [
        {}, {"xa": 1}, {"xy": 2, "ay": "b"}, {"xa": 0}, {"xy": 4}, {"ay": 4}, {"a": 1}, {"xa": 1.5},
    ]  # fmt: skip
    for value in values:
        expected = jsonschema_rs.Draft202012Validator(doc).is_valid(value)
        assert judged(schema, value) == (expected,) * 3
        assert written.is_valid(value) == expected


def test_too_many_kinds_of_keys_are_unknown() -> None:
    def doc(least: int) -> dict[str, Any]:
        patterns = {f"^[a-z]*{char}": {"minimum": least} for char in "abcdef"}
        return {"type": "object", "patternProperties": patterns}

    verdict = compare(from_json_schema(doc(1)), from_json_schema(doc(0)))
    assert (verdict.kind, verdict.reason) == ("unknown", "too many kinds of keys")


@pytest.mark.parametrize("word", ["minProperties", "maxProperties"])
def test_what_has_no_words_is_not_written_as_something_else(word: str) -> None:
    schema = from_json_schema({"items": {"type": "object", word: 1}})
    with pytest.raises(NotWrittenError):
        declarations({"Root": schema.root})
    with pytest.raises(ValueError, match="no type"):
        to_python(schema)
