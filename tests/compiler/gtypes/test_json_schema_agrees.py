"""What JSON Schema is read as holds what an independent validator of JSON Schema accepts.

The oracle is `jsonschema-rs`. No value is known that the two judge differently; what no type can
say is left out, and so are references that apply to themselves, which mean nothing.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes import (
    Invalid,
    Schema,
    Unsupported,
    from_json_schema,
    member,
    to_json_schema,
    validator,
)
from tests.compiler.gtypes.inhabit import schemas, several

NAMES = st.sampled_from(["a", "b", "ab", "x-1", "ä"])
WORDS = st.sampled_from(["", "a", "b", "ab", "abc", "\n", "ä", "x-1", "1"])
NUMBERS = st.sampled_from([-2, -1, 0, 1, 2, 3, 1.0, 0.5, 1.5, 2.5, 1e3, 2**53, 2**53 + 1, 0.1])
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, WORDS)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
SIZES = st.integers(0, 3)
PATTERNS = st.sampled_from(
    [
        "a",
        "^a",
        "b$",
        "^ab?$",
        "^(a|b)$",
        "^a|b$",
        "",
        "^[^a]*$",
        r"\d",
        r"^\w+$",
        ".",
        "^x-",
        "(?:)",
    ]
)


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    lists = st.lists(inner, min_size=1, max_size=3)
    tables = st.dictionaries(NAMES, inner, max_size=2)
    optional: dict[str, st.SearchStrategy[Any]] = {
        "type": KINDS | st.lists(KINDS, min_size=1, max_size=3, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        "minimum": NUMBERS,
        "maximum": NUMBERS,
        "exclusiveMinimum": NUMBERS,
        "exclusiveMaximum": NUMBERS,
        "multipleOf": st.sampled_from([1, 2, 3, 0.5, 0.1]),
        "minLength": SIZES,
        "maxLength": SIZES,
        "pattern": PATTERNS,
        "items": inner,
        "prefixItems": lists,
        "minItems": SIZES,
        "maxItems": SIZES,
        "uniqueItems": st.booleans(),
        "properties": tables,
        "required": st.lists(NAMES, max_size=2, unique=True),
        "additionalProperties": inner,
        "patternProperties": st.dictionaries(PATTERNS, inner, max_size=2),
        "propertyNames": st.builds(lambda names: {"enum": names}, st.lists(NAMES, min_size=1))
        | st.builds(lambda p: {"pattern": p}, PATTERNS)
        | st.builds(lambda n: {"maxLength": n}, SIZES),
        "minProperties": SIZES,
        "maxProperties": SIZES,
        "dependentRequired": st.dictionaries(
            NAMES, st.lists(NAMES, max_size=2, unique=True), max_size=1
        ),
        "dependentSchemas": st.dictionaries(NAMES, inner, max_size=1),
        "allOf": lists,
        "anyOf": lists,
        "oneOf": lists,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "$ref": st.sampled_from(["#/$defs/one", "#/$defs/two"]),
        "unevaluatedProperties": inner,
        "unevaluatedItems": inner,
    }
    pairs = st.sampled_from(sorted(optional)).flatmap(
        lambda word: st.tuples(st.just(word), optional[word])
    )
    return st.lists(pairs, max_size=4).map(dict)


SCHEMAS = st.recursive(st.booleans() | keywords(st.booleans()), keywords, max_leaves=6)
DOCUMENTS = st.builds(
    lambda root, one, two: {
        **(root if isinstance(root, dict) else {"allOf": [root]}),
        "$defs": {"one": one, "two": two},
    },
    SCHEMAS,
    SCHEMAS,
    SCHEMAS,
)


def accepted(value: Any, schema: Any) -> tuple[bool, bool]:
    """What the reference interpreter says, and what the validator says."""
    try:
        validator(schema).python(value)
    except Invalid:
        return member(value, schema), False
    return member(value, schema), True


def endless(doc: Any) -> bool:
    """`$ref`s that lead back to where they stand: what those mean is not defined."""
    try:
        jsonschema_rs.validator_for(doc).is_valid(None)
    except (jsonschema_rs.ReferencingError, RecursionError):
        return True
    return "$ref" in str({k: v for k, v in doc.items() if k != "$defs"}) and _loops(doc)


def _loops(doc: Any) -> bool:
    def applied(schema: Any) -> set[str]:
        """The definitions that apply to the value itself."""
        if not isinstance(schema, dict):
            return set()
        found = {schema["$ref"]} if "$ref" in schema else set()
        below = [schema[w] for w in ("not", "if", "then", "else") if w in schema]
        below += [s for w in ("allOf", "anyOf", "oneOf") for s in schema.get(w, [])]
        below += list(schema.get("dependentSchemas", {}).values())
        return found.union(*map(applied, below))

    one, two = (applied(doc["$defs"][name]) for name in ("one", "two"))
    return "#/$defs/one" in one or "#/$defs/two" in two or bool(one and two)


@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(DOCUMENTS, st.lists(VALUES, min_size=2, max_size=4), st.data())
def test_generated_schemas_agree(
    doc: dict[str, Any], values: list[Any], data: st.DataObject
) -> None:
    assume(not endless(doc))
    try:
        schema = from_json_schema(doc)
    except Unsupported:
        assume(False)
        return
    oracle = jsonschema_rs.Draft202012Validator(doc)
    written = to_json_schema(schema)
    again = jsonschema_rs.Draft202012Validator(written)
    # Kinds of keys may be written with patterns that look ahead, which are not read.
    looks = "(?=" in str(written) or "(?!" in str(written)
    back = schema if looks else from_json_schema(written, formats="assert")
    for value in (*values, *data.draw(several(schema))):
        expected = oracle.is_valid(value)
        assert accepted(value, schema) == (expected, expected), value
        assert again.is_valid(value) == expected, value
        assert member(value, back) == expected, value


REALISTIC = [
    {
        "type": "object",
        "required": ["id", "lines"],
        "properties": {
            "id": {"type": "string", "pattern": "^[a-f0-9]{8}$"},
            "lines": {
                "type": "array",
                "minItems": 1,
                "maxItems": 3,
                "items": {
                    "type": "object",
                    "required": ["sku", "count"],
                    "properties": {
                        "sku": {"type": "string", "minLength": 1, "maxLength": 8},
                        "count": {"type": "integer", "minimum": 1},
                        "price": {"type": "number", "exclusiveMinimum": 0},
                    },
                    "additionalProperties": False,
                },
            },
            "note": {"type": ["string", "null"]},
        },
    },
    {
        "oneOf": [
            {
                "type": "object",
                "required": ["kind", "radius"],
                "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}},
            },
            {
                "type": "object",
                "required": ["kind", "sides"],
                "properties": {
                    "kind": {"const": "box"},
                    "sides": {
                        "type": "array",
                        "items": {"type": "integer"},
                        "minItems": 2,
                        "maxItems": 2,
                        "uniqueItems": True,
                    },
                },
            },
        ]
    },
    {"anyOf": [{"type": "integer", "multipleOf": 3}, {"enum": ["x", None, {"a": 1}]}]},
    {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "boolean"}}},
]


@pytest.mark.parametrize("doc", REALISTIC, ids=lambda doc: next(iter(doc)))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_realistic_schemas_agree(doc: Any, data: st.DataObject) -> None:
    schema = from_json_schema(doc)
    oracle = jsonschema_rs.Draft202012Validator(doc)
    for value in data.draw(several(schema)):
        expected = oracle.is_valid(value)
        assert accepted(value, schema) == (expected, expected), value


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(schemas(), st.data())
def test_types_written_as_json_schema_hold_the_same(schema: Schema, data: st.DataObject) -> None:
    """Judged by our own reading of what is written, as formats mean something else elsewhere.

    Two things differ: an integer or a literal 1 takes 1.0 there, and unique items are told apart
    as they are read, where UUIDs are in lower case.
    """
    again = from_json_schema(to_json_schema(schema), formats="assert")
    for value in data.draw(several(schema)):
        if member(value, schema):
            assert member(value, again), value
        elif not written_with_a_fraction(value):
            assert not member(value, again), value


def written_with_a_fraction(value: Any) -> bool:
    """Whether some number in it is whole and yet no integer."""
    if isinstance(value, dict | list):
        below = value.values() if isinstance(value, dict) else value
        return any(map(written_with_a_fraction, below))
    return isinstance(value, float) and value.is_integer()
