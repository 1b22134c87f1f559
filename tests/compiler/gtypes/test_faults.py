"""Faults name the place, the type expected and what was found, and never a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes.expand import Expansion
from gatid_compiler.gtypes.explain import Explainer
from gatid_compiler.gtypes.faults import Fault, Invalid
from gatid_compiler.gtypes.model import Any as AnyType
from gatid_compiler.gtypes.model import (
    Array,
    Field,
    Format,
    GType,
    Int,
    Literal,
    Ref,
    Scalar,
    Schema,
    String,
    Tuple,
)
from gatid_compiler.gtypes.normal import enum, nullable, object_, union
from gatid_compiler.gtypes.validator import validator
from gatid_compiler.gtypes.values import member
from tests.compiler.gtypes.inhabit import Members, draw_json, schemas_and_values

LINE = object_([Field("sku", String(patterns=(r"[A-Z]{3}-\d{4}",))), Field("count", Int(1, 99))])
ORDER = object_(
    [
        Field("id", Format(Scalar.UUID)),
        Field("lines", Array(Ref("Line"), 1, 3)),
        Field("status", enum("new", "paid")),
        Field("note", nullable(String(0, 5)), False),
        Field("a/b", Int(), False),
    ]
)
PAYMENT = union(
    object_([Field("kind", Literal("card")), Field("pin", String(4, 4), secret=True)]),
    object_([Field("kind", Literal("invoice")), Field("due", Format(Scalar.DATE))]),
)
DEFS: dict[str, GType] = {"Line": LINE, "Order": ORDER, "Payment": PAYMENT}
GOOD = {
    "id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "lines": [{"sku": "ABC-1234", "count": 1}],
    "status": "new",
}


def faults(t: GType, value: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(Invalid) as caught:
        validator(Schema(t, DEFS)).json(json.dumps(value).encode())
    return [(f.pointer, f.expected, f.found) for f in caught.value.faults]


@pytest.mark.prop(12)
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"id": "x"}, [("/id", "Uuid", '"x"')]),
        ({"status": 3}, [("/status", '"new" | "paid"', "3")]),
        ({"note": "toolong"}, [("/note", "string(..5) | null", '"toolong"')]),
        ({"a/b": "1"}, [("/a~1b", "int", '"1"')]),
        ({"extra": [1]}, [("/extra", "no field of this name", "an array")]),
        ({"~x": None}, [("/~0x", "no field of this name", "null")]),
        ({"lines": []}, [("/lines", "1..3 items", "0 items")]),
        ({"lines": {}}, [("/lines", "Line[1..3]", "an object")]),
        (
            {"lines": [{"sku": "abc", "count": 0}, 7]},
            [
                ("/lines/0/sku", r"string(pattern '[A-Z]{3}-\d{4}')", '"abc"'),
                ("/lines/0/count", "int(1..99)", "0"),
                ("/lines/1", "Line", "7"),
            ],
        ),
        ({"note": "x" * 99}, [("/note", "string(..5) | null", f'"{"x" * 40}…"')]),
        ({"status": 10**60}, [("/status", '"new" | "paid"', "an integer of 200 bits")]),
    ],
)
def test_faults_of_an_order(change: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert faults(ORDER, GOOD | change) == expected


@pytest.mark.prop(12)
def test_every_fault_is_told_and_what_is_missing() -> None:
    found = faults(ORDER, {"status": "x", "note": 1})
    assert found == [
        ("/status", '"new" | "paid"', '"x"'),
        ("/note", "string(..5) | null", "1"),
        ("/id", "Uuid", "nothing"),
        ("/lines", "Line[1..3]", "nothing"),
    ]


@pytest.mark.prop(12)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"kind": "cash"}, [("/kind", '"card" | "invoice"', '"cash"')]),
        ({"due": "2024-01-01"}, [("/kind", '"card" | "invoice"', "nothing")]),
        ({"kind": True}, [("/kind", '"card" | "invoice"', "true")]),
        ({"kind": "invoice", "due": "x"}, [("/due", "Date", '"x"')]),
        ([], [("", "Payment", "an array")]),
    ],
)
def test_a_union_is_explained_by_the_branch_meant(
    value: Any, expected: list[tuple[str, str, str]]
) -> None:
    assert faults(Ref("Payment"), value) == expected


@pytest.mark.prop(12)
def test_the_nearest_branch_where_no_field_tells() -> None:
    shape = union(
        object_([Field("radius", Int()), Field("unit", String())]),
        object_([Field("width", Int()), Field("height", Int()), Field("unit", String())]),
    )
    assert faults(shape, {"width": 1, "height": "2", "unit": "cm"}) == [("/height", "int", '"2"')]
    assert faults(shape, {"radius": None, "unit": "cm"}) == [("/radius", "int", "null")]
    assert faults(union(Array(Int()), Tuple((String(), Int()))), ["a", "b"]) == [
        ("/1", "int", '"b"')
    ]


@pytest.mark.prop(12)
def test_at_most_a_hundred() -> None:
    assert len(faults(Array(Int()), ["x"] * 5000)) == 100
    assert len(faults(Array(LINE), [{} for _ in range(5000)])) == 100


SECRET = "hunter2"


@pytest.mark.prop(12)
@settings(max_examples=150)
@given(st.data())
def test_what_was_found_in_a_secret_field_is_never_shown(data: st.DataObject) -> None:
    pin = data.draw(st.sampled_from([String(0, 4), Int(), enum("a", "b"), Format(Scalar.DATE)]))
    login = object_([Field("name", String(1)), Field("pin", pin, secret=True)])
    shapes: list[GType] = [
        login,
        Array(login),
        nullable(login),
        object_([Field("in", login)]),
        union(login, object_([Field("name", Int()), Field("pin", Int())])),
        union(
            object_([Field("kind", Literal("a")), Field("pin", pin, secret=True)]),
            object_([Field("kind", Literal("b")), Field("x", Int())]),
        ),
        object_([Field("in", Array(login), secret=True)], AnyType()),
    ]
    shape = data.draw(st.sampled_from(shapes))
    hidden = data.draw(
        st.sampled_from([SECRET, {"pin": SECRET}, [SECRET], {"x": [SECRET]}, {"pni": SECRET}])
    )
    body = data.draw(
        st.sampled_from(
            [
                hidden,
                {"name": 1, "pin": hidden},
                {"kind": "a", "pin": hidden},
                {"in": hidden},
                {"in": {"name": "", "pin": hidden}},
                [{"name": "x", "pin": hidden}],
            ]
        )
    )
    try:
        validator(Schema(shape, {})).json(json.dumps(body).encode())
    except Invalid as invalid:
        told = str(invalid)
    else:
        told = ""
    assert SECRET not in told


@pytest.mark.prop(12)
@settings(max_examples=300)
@given(schemas_and_values())
def test_faults_are_told_exactly_of_what_is_no_member(case: tuple[Schema, Any]) -> None:
    schema, value = case
    told = Explainer(Expansion.of(schema)).faults(value, schema.root)
    assert bool(told) == (not member(value, schema))
    for fault in told:
        assert_points_at(value, fault)


def assert_points_at(value: Any, fault: Fault) -> None:
    """The pointer leads to something, or to a field that is missing."""
    steps = [s.replace("~1", "/").replace("~0", "~") for s in fault.pointer.split("/")[1:]]
    for place, step in enumerate(steps):
        if isinstance(value, dict):
            if step not in value:
                assert (place, fault.found) == (len(steps) - 1, "nothing")
                return
            value = value[step]
        else:
            value = value[int(step)]


@pytest.mark.prop(12)
@settings(max_examples=100)
@given(st.data())
def test_a_planted_fault_is_found_where_it_was_planted(data: st.DataObject) -> None:
    schema = Schema(Ref("Order"), DEFS)
    value = Members(schema).draw(data.draw, schema.root)
    place = data.draw(st.sampled_from(["/id", "/status", "/lines/0/sku", "/lines/0/count"]))
    *path, last = place.split("/")[1:]
    holder = value
    for step in path:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    holder[last] = {"planted": draw_json(data.draw)}
    (only,) = faults(schema.root, value)
    assert (only[0], only[2]) == (place, "an object")


@pytest.mark.parametrize("required", [True, False])
def test_unions_inside_unions_cost_no_more_than_the_value(required: bool) -> None:
    tree = union(
        object_([Field("t", nullable(Ref("T"))), Field("a", Int(), required)]),
        object_([Field("t", nullable(Ref("T"))), Field("b", Int(), required)]),
        Array(Ref("T")),
        Tuple((Ref("T"), Ref("T"))),
    )
    schema = Schema(Ref("T"), {"T": tree})
    good: Any = []
    bad: Any = [3]
    for level in range(20):
        good = {"t": [good, good] if level == 9 else [good], "b": 1}
        bad = {"t": [bad], "a" if level % 2 else "b": 1}
    made = validator(schema)
    assert made.json(json.dumps(good).encode()) == good
    with pytest.raises(Invalid):
        made.json(json.dumps(bad).encode())
    with pytest.raises(Invalid):
        made.check(bad)
