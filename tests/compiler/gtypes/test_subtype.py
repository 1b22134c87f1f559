"""Verdicts about types, against the reference interpreter and cases known by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any as Value

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Field,
    Format,
    GType,
    Int,
    Literal,
    Null,
    Number,
    Object,
    Ref,
    Scalar,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.normal import enum, intersection, nullable, object_, union
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.gtypes.values import member
from tests.compiler.gtypes.inhabit import Members, draw_near_miss, draw_type, schemas

NAMES = ("A", "B")


def changed(draw: st.DrawFn, t: GType) -> GType:
    """The type with one thing about it another one, as a later version of it might have."""
    match t:
        case Object(fields, rest) if fields and draw(st.booleans()):
            place = draw(st.integers(0, len(fields) - 1))
            field = fields[place]
            other = (
                replace(field, required=not field.required)
                if draw(st.booleans())
                else replace(field, type=changed(draw, field.type))
            )
            return Object((*fields[:place], other, *fields[place + 1 :]), rest)
        case Object(fields, rest):
            return Object(fields, None if rest is not None else Any())
        case Array() if draw(st.booleans()):
            return replace(t, item=changed(draw, t.item))
        case Array():
            return replace(t, low=draw(st.integers(0, 2)), high=None)
        case Tuple(items) if items:
            return Tuple((changed(draw, items[0]), *items[1:]))
        case Union(branches) if draw(st.booleans()):
            return union(*branches[1:])
        case Union(branches):
            return union(changed(draw, branches[0]), *branches[1:])
        case _:
            return draw_type(draw, 1, NAMES)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Schema, Schema, list[Value]]:
    """Two schemas, related or not, and values that may tell them apart."""
    one = draw(schemas())
    other = draw_type(draw, 2, NAMES)
    match draw(st.integers(0, 3)):
        case 0:
            second = draw(schemas())
        case 1:
            second = Schema(union(one.root, other), one.defs)
        case 2:
            second = Schema(intersection(one.root, other), one.defs)
        case _:
            second = Schema(changed(draw, one.root), one.defs)
    if draw(st.booleans()):
        one, second = second, one
    values = [Members(one).draw(draw, one.root) for _ in range(3)]
    return one, second, values + [draw_near_miss(draw, v) for v in values[:2]]


@settings(max_examples=500)
@given(pairs())
def test_no_verdict_is_wrong(case: tuple[Schema, Schema, list[Value]]) -> None:
    one, other, values = case
    verdict = compare(one, other)
    if verdict.kind == "refuted":
        assert member(verdict.witness, one)
        assert not member(verdict.witness, other)
    elif verdict.kind == "proved":
        assert all(member(v, other) for v in values if member(v, one))
    else:
        assert verdict.reason


@settings(max_examples=150)
@given(schemas(), st.data())
def test_a_type_is_in_itself_and_in_its_unions(schema: Schema, data: st.DataObject) -> None:
    wider = union(schema.root, draw_type(data.draw, 1, NAMES))
    assert compare(schema, schema).kind == "proved"
    assert compare(schema, Schema(wider, schema.defs)).kind == "proved"
    assert compare(schema, Schema(Any(), {})).kind == "proved"


def closed(**fields: GType) -> Object:
    return object_(Field(name, t) for name, t in fields.items())


def option(name: str, t: GType) -> Object:
    return object_([Field(name, t, False)])


TREE: dict[str, GType] = {
    "T": object_([Field("next", nullable(Ref("T")), False), Field("n", Int(0))]),
    "U": object_([Field("next", nullable(Ref("U")), False), Field("n", Int())]),
    "V": object_([Field("next", Ref("V"), False), Field("n", Int())]),
    "Never": object_([Field("again", Ref("Never"))]),
}
OPEN = object_([], Any())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Int(1, 5), Int(0)),
        (Int(), Number()),
        (Int(multiple=6), Int(multiple=3)),
        (Int(multiple=6), union(Int(multiple=4), Int(multiple=3))),
        (Int(1, 3), enum(1, 2, 3)),
        (Int(0, 10), union(Int(None, 5), Int(6))),
        (Number(0, 1), union(Number(0, 0.5), Number(0.5, 1))),
        (Number(multiple=0.1), Number(multiple=0.05)),
        (Bool(), enum(True, False)),
        (String(1, 5), String(0, 9)),
        (String(2, 9), union(String(0, 5), String(4))),
        (String(patterns=(r"\d{3}",)), String(3, 3)),
        (Format(Scalar.UUID), String(36, 36)),
        (Format(Scalar.DATE), String(patterns=(r"\d{4}-.*",))),
        (Format(Scalar.DATETIME), String(patterns=(r"\S+",))),
        (enum("a", "bb"), String(1, 2)),
        (Bytes(2, 3), Bytes(1, 4)),
        (Literal("2024-01-01"), Format(Scalar.DATE)),
        (closed(a=Int()), OPEN),
        (closed(a=Int()), option("a", Number())),
        (closed(), option("a", Int())),
        (option("a", union(Int(), Null())), union(option("a", Int()), closed(a=Null()))),
        (closed(a=Bool(), b=Bool()), union(closed(a=Literal(True), b=Bool()),
                                          closed(a=Literal(False), b=Bool()))),
        (closed(k=enum("x", "y"), v=Int()), union(closed(k=Literal("x"), v=Int()),
                                                  closed(k=Literal("y"), v=Number()))),
        (object_([Field("a", Int())], Int()), object_([], Number())),
        (Array(Int(), 1, 3), Array(Number(), 0, 5)),
        (Tuple((Int(), Int())), Array(Int(), 2, 2)),
        (Array(Int(), 2, 2), Tuple((Int(), Number()))),
        (Array(Int(), 0, 2), union(Tuple(()), Tuple((Int(),)), Tuple((Int(), Int())))),
        (Array(Bool(), 1), union(Array(Bool(), 1, 4), Array(Bool(), 3))),
        (Array(Int(), unique=True), Array(Int())),
        (Array(Int(), 0, 1), Array(Int(), unique=True)),
        (Array(Bool(), 3, unique=True), Literal("none")),
        (Ref("T"), Ref("U")),
        (Ref("Never"), Literal("none")),
        (Ref("V"), Ref("U")),
        (intersection(String(patterns=("a+",)), String(patterns=("b+",))), Literal("none")),
        (Any(), union(Null(), Bool(), Number(), String(), Array(Any()), OPEN)),
    ],
)  # fmt: skip
def test_proved(one: GType, other: GType) -> None:
    assert compare(Schema(one, TREE), Schema(other, TREE)).kind == "proved"


@pytest.mark.parametrize(
    ("one", "other", "witness"),
    [
        (Int(0), Int(1), 0),
        (Int(), Int(-5, 5), 6),
        (Number(), Int(), 0.0),
        (Int(multiple=3), Int(multiple=6), 3),
        (Int(None, -1, 2), Int(0), -2),
        (Int(None, -1, 7), Int(None, None, 14), -7),
        (Int(1, 4), enum(1, 2, 4), 3),
        (Number(0, 1), union(Number(0, 0.25), Number(0.5, 1)), 0.375),
        (Number(multiple=0.05), Number(multiple=0.1), 0.05),
        (Bool(), Literal(True), False),
        (nullable(Int()), Int(), None),
        (String(), String(1), ""),
        (String(0, 3), String(0, 2), "aaa"),
        (String(patterns=(r"\d+",)), String(0, 3), "0000"),
        (String(patterns=("[a-z]{2}",)), union(String(patterns=("a.",)), Literal("bb")), "ba"),
        (Format(Scalar.DATE), Format(Scalar.DATETIME), "2000-01-01"),
        (String(10, 10), Format(Scalar.DATE), "a" * 10),
        (OPEN, closed(), {"x": None}),
        (option("a", Int()), closed(a=Int()), {}),
        (closed(a=Number()), closed(a=Int()), {"a": 0.0}),
        (object_([], Number()), object_([Field("a", Int(), False)], Number()), {"a": 0.0}),
        (closed(a=Bool(), b=Bool()), union(closed(a=Literal(True), b=Bool()),
                                          closed(a=Bool(), b=Literal(True))),
         {"a": False, "b": False}),
        (Array(Int()), Array(Int(), 1), []),
        (Array(Int()), Array(Int(), 0, 3), [0, 0, 0, 0]),
        (Array(Int(0, 1)), union(Array(Literal(0)), Array(Literal(1))), [1, 0]),
        (Array(Int()), Array(Int(), unique=True), [0, 0]),
        (Array(Int(), 2, 3, unique=True), Array(Int(), 2, 2), [0, 1, -1]),
        (Tuple((Int(), Int())), Tuple((Int(), Int(0))), [0, -1]),
        (Ref("U"), Ref("T"), {"n": -1}),
        (Ref("U"), Ref("V"), {"n": 0, "next": None}),
        (Any(), nullable(OPEN), False),
    ],
)  # fmt: skip
def test_refuted(one: GType, other: GType, witness: Value) -> None:
    verdict = compare(Schema(one, TREE), Schema(other, TREE))
    assert verdict.kind == "refuted"
    assert member(witness, Schema(one, TREE))
    assert not member(witness, Schema(other, TREE))
    assert len(str(verdict.witness)) <= len(str(witness)) + 1


def test_what_cannot_be_decided_says_why() -> None:
    letters = String(patterns=(r"(?x) [a-z] +",))
    verdict = compare(Schema(letters, {}), Schema(String(patterns=(r"[a-z]+",)), {}))
    assert (verdict.kind, verdict.witness) == ("unknown", None)
    assert "the flag 'x'" in (verdict.reason or "")
    assert compare(Schema(letters, {}), Schema(letters, {})).kind == "proved"


def test_many_tagged_branches() -> None:
    def shapes(count: int, low: int) -> Schema:
        return Schema(
            union(
                *(
                    closed(kind=Literal(f"k{n}"), a=Int(low if n == 25 else 0), b=String())
                    for n in range(count)
                )
            ),
            {},
        )

    assert compare(shapes(50, 1), shapes(51, 0)).kind == "proved"
    assert compare(shapes(50, 0), shapes(50, 1)).witness == {"kind": "k25", "a": 0, "b": ""}
    assert compare(shapes(51, 0), shapes(50, 0)).witness == {"kind": "k50", "a": 0, "b": ""}
