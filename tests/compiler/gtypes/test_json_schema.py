"""Keyword by keyword: which values a schema takes, and what no type can say.

The table itself is held to jsonschema-rs.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes import (
    Invalid,
    Unsupported,
    compare,
    fingerprint,
    from_json_schema,
    member,
    parse,
    to_json_schema,
    validator,
)
from gatid_compiler.gtypes.text import show

TREE = {
    "$defs": {
        "tree": {
            "type": "object",
            "required": ["value"],
            "properties": {
                "value": {"type": "integer"},
                "below": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
            },
            "additionalProperties": False,
        }
    },
    "$ref": "#/$defs/tree",
}
NESTED_IDS = {
    "$id": "https://example.com/root.json",
    "$defs": {
        "inner": {
            "$id": "folder/inner.json",
            "$defs": {"word": {"type": "string"}},
            "items": {"$ref": "#/$defs/word"},
        },
        "named": {"$anchor": "here", "type": "integer"},
    },
    "properties": {
        "a": {"$ref": "folder/inner.json"},
        "b": {"$ref": "https://example.com/root.json#here"},
        "c": {"$ref": "folder/inner.json#/$defs/word"},
    },
}

# Schema, values of it, values that are none.
CASES: list[tuple[Any, list[Any], list[Any]]] = [
    ({"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": {"type": "null"}},
     [[], ["a"], ["a", 1], ["a", 1, None, None], 3], [[1], ["a", "b"], ["a", 1, 2]]),
    ({"prefixItems": [True], "items": False, "minItems": 1}, [[1], "x"], [[], [1, 2]]),
    ({"type": "array", "prefixItems": [{"type": "string"}], "minItems": 2, "maxItems": 3,
      "uniqueItems": True}, [["a", 1], ["a", 1, 2]], [["a"], ["a", "a"], ["a", 1, 2, 3]]),
    ({"patternProperties": {"^x": {"type": "null"}}}, [{"x": None, "a": 1}, {}, 1], [{"x1": 1}]),
    ({"type": "object", "propertyNames": {"maxLength": 3}}, [{}, {"abc": 1}], [{"abcd": 1}]),
    ({"type": "object", "propertyNames": {"pattern": "^a"}, "required": ["ab"]},
     [{"ab": 1, "a": 2}], [{}, {"ab": 1, "b": 1}]),
    ({"type": "object", "minProperties": 1, "maxProperties": 2},
     [{"a": 1}, {"a": 1, "b": 2}], [{}, {"a": 1, "b": 2, "c": 3}]),
    ({"not": {"minProperties": 1}}, [{}], [{"a": 1}, 1, []]),
    ({"type": "object", "properties": {"k": True}, "unevaluatedProperties": False,
      "anyOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"properties": {"b": {"type": "string"}}, "required": ["b"]}]},
     [{"a": "", "k": 1}, {"b": ""}, {"a": "", "b": ""}], [{"k": 1}, {"a": "", "b": 1}]),
    ({"type": "array", "if": {"prefixItems": [{"const": 1}]}, "then": {"prefixItems": [True, True]},
      "unevaluatedItems": False}, [[], [1], [1, 2]], [[2], [1, 2, 3]]),
    (True, [None, 1, "a", [], {}], []),
    (False, [], [None, 1, "a", [], {}]),
    ({"type": "integer"}, [1, 1.0, -0.0, 10**30], [1.5, "1", True, None]),
    ({"type": "number"}, [1, 1.5, -(10**30)], ["1", True]),
    ({"type": ["string", "null"]}, ["a", None], [1, False]),
    ({"type": ["integer", "number"]}, [1, 1.5], ["a"]),
    ({"const": 1}, [1, 1.0], [True, "1", 2]),
    ({"const": False}, [False], [0, 0.0, None]),
    ({"const": -2.0}, [-2, -2.0], [2, -2.5]),
    ({"const": 9007199254740993}, [9007199254740993], [9007199254740991]),
    ({"const": {"a": [1, None]}}, [{"a": [1.0, None]}], [{"a": [1]}, {"a": [1, None], "b": 1}]),
    ({"const": []}, [[]], [[None], {}]),
    ({"enum": [6, "foo", [], True, {"foo": 12}]}, [6.0, "foo", [], True, {"foo": 12}], [1, [0]]),
    ({"minimum": 1.1}, [1.1, 2, "a"], [1, 1.0999]),
    ({"exclusiveMaximum": 3}, [2, 2.9999999999999996, None], [3, 3.0, 4]),
    ({"exclusiveMinimum": 0}, [5e-324, 1], [0, 0.0, -1]),
    ({"exclusiveMaximum": 9007199254740994}, [9007199254740993], [9007199254740994]),
    ({"type": "integer", "minimum": 1.5, "maximum": 3.5}, [2, 3.0], [1, 4]),
    ({"multipleOf": 0.01}, [4.35, 0, 1], [4.351]),
    ({"type": "integer", "multipleOf": 1.5}, [3, 6.0], [1, 2, 1.5]),
    ({"minLength": 2}, ["ab", "💩💩", 1], ["a", "💩"]),
    ({"maxLength": 2.0}, ["ab", ""], ["abc"]),
    ({"pattern": "a+"}, ["xaax", True], ["b", ""]),
    ({"pattern": "^a|b$"}, ["ac", "cb"], ["ca", "bc"]),
    ({"pattern": "^(a|b)*$"}, ["", "abba"], ["abc", "a\n"]),
    ({"pattern": r"^\S(.|\n)*\u00e9$"}, ["xé", "x\né"], [" é", "x"]),
    ({"items": {"type": "integer"}}, [[], [1, 2], "a"], [[1, "a"]]),
    ({"items": False}, [[], 1], [[1]]),
    ({"minItems": 1, "maxItems": 2}, [[1], [1, 2]], [[], [1, 2, 3]]),
    ({"uniqueItems": True}, [[1, True], [[1], [True]], ["1", 1]], [[1, 1.0], [{"a": 1}, {"a": 1}]]),
    ({"prefixItems": [{"type": "string"}, {"type": "null"}], "items": False},
     [[], ["a"], ["a", None], 1], [[None], ["a", 1], ["a", None, 1]]),
    ({"prefixItems": [{"type": "string"}], "minItems": 2, "maxItems": 3},
     [["a", 1], ["a", 1, 2]], [["a"], [1, 1], ["a", 1, 2, 3]]),
    ({"prefixItems": [True, True], "items": False, "uniqueItems": True}, [[1, 2]], [[1, 1]]),
    ({"contains": True}, [[1], "a"], [[]]),
    ({"contains": {"type": "string"}, "items": {"type": "string"}, "maxContains": 2},
     [["a"], ["a", "b"]], [[], [1], ["a", "b", "c"]]),
    ({"contains": {"type": "string"}, "minContains": 0}, [[], [1]], []),
    ({"required": ["a"]}, [{"a": 1}, {"a": None, "b": 1}, "a", []], [{}, {"b": 1}]),
    ({"properties": {"a": {"type": "string"}, "b": False}}, [{}, {"a": "x", "c": 1}, 1],
     [{"a": 1}, {"b": 1}]),
    ({"properties": {"a": True}, "additionalProperties": {"type": "integer"}},
     [{"a": "x", "b": 1}], [{"b": "x"}]),
    ({"required": ["a"], "additionalProperties": False}, [1], [{}, {"a": 1}]),
    ({"patternProperties": {"^(a|b)$": {"type": "integer"}}, "additionalProperties": False},
     [{"a": 1}, {}], [{"a": "x"}, {"c": 1}]),
    ({"patternProperties": {"": {"type": "integer"}}, "additionalProperties": False},
     [{"a": 1}], [{"a": "x"}]),
    ({"properties": {"x-a": {"type": "string"}}, "patternProperties": {"^x-": {"maxLength": 2}},
      "additionalProperties": {"maxLength": 2}}, [{"x-a": "ab"}, {"c": "ab"}],
     [{"x-a": "abc"}, {"x-a": 1}, {"x-b": "abc"}]),
    ({"propertyNames": {"enum": ["a", "b"]}}, [{"a": 1}, {}, "c"], [{"c": 1}]),
    ({"maxProperties": 0}, [{}, 1], [{"a": 1}]),
    ({"properties": {"a": True, "b": True}, "additionalProperties": False, "minProperties": 1},
     [{"a": 1}, {"a": 1, "b": 2}], [{}, {"c": 1}]),
    ({"properties": {"a": True, "b": True}, "additionalProperties": False, "maxProperties": 1},
     [{}, {"b": 2}], [{"a": 1, "b": 2}]),
    ({"dependentRequired": {"a": ["b"]}}, [{}, {"b": 1}, {"a": 1, "b": 1}, 1], [{"a": 1}]),
    ({"dependentSchemas": {"a": {"properties": {"b": {"type": "integer"}}}}},
     [{"b": "x"}, {"a": 1, "b": 1}], [{"a": 1, "b": "x"}]),
    ({"allOf": [{"minimum": 1}, {"maximum": 3}, {"multipleOf": 2}]}, [2, "a"], [1, 4]),
    ({"allOf": [{"properties": {"a": True}, "additionalProperties": False},
                {"properties": {"b": True}, "additionalProperties": False}]},
     [{}, 1], [{"a": 1}, {"b": 1}]),
    ({"anyOf": [{"type": "integer"}, {"minimum": 2}]}, [1, 2.5, "a"], [1.5]),
    ({"oneOf": [{"type": "string"}, {"type": "null"}]}, ["a", None], [1]),
    ({"type": "string", "oneOf": [{"minLength": 2}, {"maxLength": 4}]}, ["a", "abcde"], ["abc"]),
    ({"oneOf": [{"required": ["a"]}, {"required": ["b"]}], "type": "object"},
     [{"a": 1}, {"b": 1, "c": 1}], [{}, {"a": 1, "b": 1}]),
    ({"oneOf": [True, False]}, [1], []),
    ({"oneOf": [True, True]}, [], [1]),
    ({"not": {"type": "string"}}, [1, None], ["a"]),
    ({"not": {"enum": ["a", "ab", ""]}}, ["b", "abc", 1], ["a", "ab", ""]),
    ({"not": {"required": ["a"]}}, [{}, {"b": 1}], [{"a": 1}, 1]),
    ({"not": {"minimum": 0, "maximum": 5}, "type": "number"}, [-0.1, 5.1, 6], [0, 5, 2.5]),
    ({"not": {"not": {"type": "integer"}}}, [1], [1.5, "a"]),
    ({"if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["x"]},
      "else": {"required": ["y"]}, "type": "object", "required": ["kind"]},
     [{"kind": "a", "x": 1}, {"kind": "b", "y": 1}, {"kind": 1, "y": 1}],
     [{"kind": "a", "y": 1}, {"kind": "b", "x": 1}]),
    (TREE, [{"value": 1}, {"value": 1, "below": [{"value": 2, "below": []}]}],
     [{"value": 1, "below": [{"below": []}]}, {"value": "x"}, {"value": 1, "other": 1}]),
    (NESTED_IDS, [{"a": ["x"], "b": 1, "c": "x"}], [{"a": [1]}, {"b": "x"}, {"c": 1}]),
    ({"properties": {"a/b": {"$ref": "#/$defs/p%25~1q"}}, "$defs": {"p%/q": {"type": "string"}}},
     [{"a/b": "x"}], [{"a/b": 1}]),
    ({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"properties": {"x": {"type": "null"}}}},
      "unevaluatedProperties": False}, [{"x": None}], [{"y": 1}, {"x": 1}]),
    ({"$ref": "#/definitions/a", "definitions": {"a": {"type": "string"}}, "minLength": 2},
     ["ab"], ["a", 1]),
    ({"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a",
      "definitions": {"a": {"type": "string"}}, "minLength": 2}, ["a"], [1]),
    ({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}],
      "additionalItems": False, "dependencies": {"a": ["b"]}},
     [["a"], [], {"a": 1, "b": 1}], [[1], ["a", 1], {"a": 1}]),
    ({"title": "x", "default": 1, "examples": [1], "x-own": {"type": "null"}, "format": "uuid"},
     ["no uuid", 1], []),
]  # fmt: skip

UNSUPPORTED: list[tuple[Any, str, str]] = [
    ({"properties": {"a": {"pattern": "(?=x)"}}}, "pattern", "/properties/a/pattern"),
    ({"pattern": r"(a)\1"}, "pattern", "/pattern"),
    ({"contains": {"type": "string"}}, "contains", "/contains"),
    ({"enum": [float("nan")]}, "enum", "/enum"),
    ({"items": {"not": {"type": "integer"}}}, "not", "/items/not"),
    ({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, "oneOf", "/oneOf"),
    ({"$ref": "https://example.com/x.json"}, "$ref", "/$ref"),
    ({"$ref": "#/$defs/none"}, "$ref", "/$ref"),
    ({"not": {"$ref": "#"}}, "not", "/not"),
    ({"anyOf": [{"properties": {name: True}} for name in "abcdefg"],
      "unevaluatedProperties": False}, "unevaluatedProperties", "/unevaluatedProperties"),
    ({"type": "text"}, "type", "/type"),
    ({"minimum": "1"}, "minimum", "/minimum"),
    ({"$schema": "https://example.com/own"}, "$schema", "/$schema"),
]  # fmt: skip


@pytest.mark.parametrize(("doc", "held", "others"), CASES, ids=lambda v: str(v)[:60])
def test_keyword(doc: Any, held: list[Any], others: list[Any]) -> None:
    schema = from_json_schema(doc)
    oracle = jsonschema_rs.validator_for(doc)
    back = from_json_schema(to_json_schema(schema), formats="assert")
    assert fingerprint(back) == fingerprint(schema)
    for value in (*held, *others):
        expected = value in held and any(value is v for v in held)
        assert oracle.is_valid(value) is expected, value
        assert member(value, schema) is expected, value
        try:
            validator(schema).python(value)
        except Invalid:
            assert not expected, value
        else:
            assert expected, value


@pytest.mark.parametrize(("doc", "keyword", "pointer"), UNSUPPORTED, ids=lambda v: str(v)[:50])
def test_what_no_type_can_say_is_refused_by_name(doc: Any, keyword: str, pointer: str) -> None:
    with pytest.raises(Unsupported) as caught:
        from_json_schema(doc)
    assert (caught.value.keyword, caught.value.pointer) == (keyword, pointer)


@pytest.mark.parametrize(
    ("name", "held", "other"),
    [
        ("uuid", "2EB8AA08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08"),
        ("date", "2024-02-29", "2023-02-29"),
        ("date-time", "2024-01-01T00:00:00Z", "2024-01-01"),
        ("email", "joe@example.com", "joe"),
        ("ipv4", "127.0.0.1", "::1"),
        ("ipv6", "::1", "127.0.0.1"),
        ("hostname", "www.example.com", "-bad-"),
        ("uri", "https://example.com/?a=b", "/relative"),
        ("duration", "P1DT2H", "PT"),
        ("json-pointer", "/a/~0", "/a/~2"),
    ],
)
def test_formats_count_where_they_are_asserted(name: str, held: str, other: str) -> None:
    doc = {"format": name}
    asserted = from_json_schema(doc, formats="assert")
    assert member(held, asserted)
    assert not member(other, asserted)
    assert member(1, asserted)
    assert member(other, from_json_schema(doc))
    oracle = jsonschema_rs.Draft202012Validator(doc, validate_formats=True)
    assert oracle.is_valid(held)
    assert not oracle.is_valid(other)


def test_a_format_without_a_type_is_refused_where_it_counts() -> None:
    with pytest.raises(Unsupported, match="uri-template"):
        from_json_schema({"format": "uri-template"}, formats="assert")


@pytest.mark.parametrize(
    ("doc", "written"),
    [
        ({"type": "integer", "minimum": 1}, "number(1.., multiple 1)"),
        ({"const": 5}, "number(5)"),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, "string(pattern '[A-Z]{3}')"),
        ({"type": "string", "nullable": True}, "string | null"),
        ({"type": "object", "properties": {"a": {"type": "boolean"}}}, "{ a?: bool, ... }"),
    ],
)
def test_written_in_the_language(doc: Any, written: str) -> None:
    schema = from_json_schema(doc)
    assert show(schema.root) == written
    assert fingerprint(parse(written)) == fingerprint(schema)


@pytest.mark.parametrize(
    "text",
    [
        "{ a: Uuid, b?: int[1..3], ...: Date }",
        "{ a: 'x', b: Ip } | [bool, null] | bytes(1..4)",
        "string(1..3, pattern '[a-z]+', pattern '.*b')",
        "Decimal | Url & string(..40)",
        "Node",
    ],
)
def test_types_are_written_as_json_schema(text: str) -> None:
    schema = parse(text, "type Node { next?: Node, value: number(0..1) }")
    back = from_json_schema(to_json_schema(schema), formats="assert")
    # JSON Schema has no integer that 1.0 is not, so the way back may hold more.
    assert compare(schema, back).kind != "refuted"
    jsonschema_rs.meta.validate(to_json_schema(schema))


def test_intersections_inside_themselves_become_definitions() -> None:
    declared = "type A { kind?: A & B, n: int, ... }\ntype B { kind?: B, s: string, ... }"
    schema = parse("{ x: A & B }", declared)
    back = from_json_schema(to_json_schema(schema))
    value = {"x": {"n": 1, "s": "", "kind": {"n": 1, "s": ""}}}
    assert member(value, schema)
    assert member(value, back)
    assert not member({"x": {"n": 1, "s": "", "kind": {"n": 1}}}, back)


PIECES = st.sampled_from(
    ["a", "b", ".", r"\d", r"\W", r"\s", "[ab]", "[^a]", r"[\s-]", "(a|b)", "(?:a|^b)", "a?", "b*",
     "[a-c]+?", "a{2}", r"\u00e9", r"\x41", "^", "$", "|", r"\/", "]", r"\."]
)  # fmt: skip
TEXTS = st.text(alphabet="abcA1 \n\u2028\u00a0é-./]_", max_size=5)


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=4).map("".join), st.lists(TEXTS, min_size=3, max_size=8))
def test_patterns_search_as_json_schema_has_it(pattern: str, texts: list[str]) -> None:
    doc = {"type": "string", "pattern": pattern}
    try:
        oracle = jsonschema_rs.Draft202012Validator(doc)
    except ValueError:
        return
    try:
        schema = from_json_schema(doc)
    except Unsupported:
        return
    # Of ECMA-262's four ends of a line jsonschema-rs has `.` leave out one.
    ends = set("\r\u2028\u2029") if "." in pattern else set()
    for text in (t for t in texts if not ends & set(t)):
        assert member(text, schema) == oracle.is_valid(text), text
        assert validator(schema).accepts(text) == oracle.is_valid(text), text
