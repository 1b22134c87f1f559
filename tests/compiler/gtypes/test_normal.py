"""What unions and intersections become."""

from __future__ import annotations

from itertools import permutations
from typing import Any as Value

import pytest
from hypothesis import given, settings

from gatid_compiler.gtypes.expand import Expansion
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Field,
    Format,
    GType,
    Int,
    Intersection,
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
    Union,
)
from gatid_compiler.gtypes.normal import enum, intersection, object_, union
from gatid_compiler.gtypes.text import show
from gatid_compiler.gtypes.validator import validator
from gatid_compiler.gtypes.values import member
from tests.compiler.gtypes.inhabit import schemas_and_values

A, B = Literal("a"), Literal("b")


@pytest.mark.parametrize(
    ("types", "text"),
    [
        ([], "never"),
        ([Int()], "int"),
        ([Never(), Int()], "int"),
        ([Int(), Any(), Null()], "any"),
        ([B, Union((A, Union((B, Null()))))], '"a" | "b" | null'),
        ([Literal(True), Literal(False)], "bool"),
        ([Literal(2), Literal(10), Literal(-1)], "-1 | 2 | 10"),
        ([Literal(1), Literal(True)], "true | 1"),
        ([Int(), Literal(5)], "int"),
        ([Int(0), Literal(-5)], "-5 | int(0..)"),
        ([Number(), Int()], "number"),
        ([String(1), Literal(""), A], '"" | string(1..)'),
        ([Int(5, 4), Null()], "null"),
        ([Int(1, 5), Int(0), Int(-3, 2)], "int(-3..2) | int(0..)"),
        ([Int(4, 8, 4), Number(0, 9, 2)], "number(0..9, multiple 2)"),
        ([String(1, 3), String(0, 5)], "string(..5)"),
        ([Array(Int(), 2, 2), Array(Int())], "int[]"),
    ],
)
def test_unions(types: list[GType], text: str) -> None:
    assert show(union(*types)) == text


def closed(**fields: GType) -> Object:
    return object_(Field(name, t) for name, t in fields.items())


def open_(**fields: GType) -> Object:
    return object_((Field(name, t) for name, t in fields.items()), Any())


@pytest.mark.parametrize(
    ("types", "text"),
    [
        ([], "any"),
        ([Any(), Int()], "int"),
        ([Int(0), Int(None, 9)], "int(0..9)"),
        ([Int(5), Int(None, 3)], "never"),
        ([Int(multiple=4), Int(multiple=6)], "int(multiple 12)"),
        ([Int(), Number(0.5, 2.5)], "int(1..2)"),
        ([Int(), Number(multiple=0.75)], "int(multiple 3)"),
        ([Number(multiple=0.75), Number(multiple=0.5)], "number(multiple 1.5)"),
        ([String(2), String(0, 1)], "never"),
        ([String(1), String(0, 5, ("a",))], "string(1..5, pattern 'a')"),
        ([enum("a", "b", "c"), enum("b", "c", "d")], '"b" | "c"'),
        ([enum("a", "bb"), String(2)], '"bb"'),
        ([Literal("2024-02-30"), Format(Scalar.DATE)], "never"),
        ([Literal(1), Bool()], "never"),
        ([Literal(True), Int()], "never"),
        ([closed(a=Int()), closed(b=String())], "{ a: int, b: string }"),
        ([closed(a=Int()), open_(b=String())], "{ a: int, b: string }"),
        ([open_(a=Int()), open_(b=String())], "{ a: int, b: string, ... }"),
        ([closed(a=Int(0)), closed(a=Int(None, 9))], "{ a: int(0..9) }"),
        ([closed(a=Int()), closed(a=String())], "never"),
        ([object_([Field("a", Int(), False)]), object_([Field("a", String(), False)])], "{}"),
        ([open_(), object_([], Int())], "{ ...: int }"),
        ([Array(Int(0), 1), Array(Int(None, 9), 0, 5)], "int(0..9)[1..5]"),
        ([Array(closed(a=Int())), Array(closed(b=Int()))], "{ a: int, b: int }[]"),
        ([Array(Int()), Tuple((Any(), Int(0)))], "[int, int(0..)]"),
        ([Array(Int(), 3), Tuple((Any(), Int(0)))], "never"),
        ([Array(Int()), closed()], "never"),
        ([Union((closed(kind=A, x=Int()), closed(kind=B))), closed(kind=A)],
         '{ kind: "a", x: int }'),
        ([Ref("T"), Int()], "int & T"),
    ],
)  # fmt: skip
def test_intersections(types: list[GType], text: str) -> None:
    assert show(intersection(*types)) == text
    assert show(intersection(*reversed(types))) == text


def test_references_are_looked_up_where_definitions_are_given() -> None:
    defs = {"A": closed(a=Int()), "B": Union((closed(b=Int()), Null()))}
    assert show(intersection(Ref("A"), Ref("B"))) == "A & B"
    assert show(intersection(Ref("A"), Ref("B"), defs=defs)) == "{ a: int, b: int }"


def test_recursive_types_meet_level_by_level() -> None:
    defs = {
        "A": object_([Field("next", Ref("A"), False), Field("a", Int())]),
        "B": object_([Field("next", Ref("B"), False), Field("b", Int())]),
    }
    both = Schema(Intersection((Ref("A"), Ref("B"))), defs)
    assert member({"a": 1, "b": 1, "next": {"a": 1, "b": 1}}, both)
    assert not member({"a": 1, "b": 1, "next": {"a": 1}}, both)
    (atom,) = Expansion.of(both).atoms(both.root)
    assert show(atom) == "{ a: int, b: int, next?: A & B }"


def test_a_name_defined_by_itself_adds_nothing() -> None:
    defs: dict[str, GType] = {"T": Union((Ref("U"), Int())), "U": Union((Ref("T"), Null()))}
    assert set(Expansion(defs).atoms(Ref("T"))) == {Int(), Null()}
    assert set(Expansion(defs).atoms(Ref("U"))) == {Int(), Null()}


@settings(max_examples=300)
@given(schemas_and_values())
def test_the_atoms_of_a_type_have_its_values(case: tuple[Schema, Value]) -> None:
    schema, value = case
    atoms = Expansion.of(schema).atoms(schema.root)
    assert member(value, Schema(Union(atoms), schema.defs)) == member(value, schema)


def test_objects_merge_in_any_order_behind_names_too() -> None:
    defs = {
        "Numbers": object_([], Int()),
        "Nothing": object_([]),
        "Named": object_([Field("name", union(String(), Int()))]),
        "Either": union(Ref("Nothing"), Ref("Numbers")),
    }
    for order in permutations([Ref("Numbers"), Ref("Nothing"), Ref("Named")]):
        schema = Schema(Intersection(tuple(order)), defs)
        for value, expected in (({"name": 1}, True), ({"name": "x"}, False), ({}, False)):
            assert member(value, schema) is expected
            assert validator(schema).accepts(value) is expected
    for order in permutations([Ref("Numbers"), Ref("Either"), Ref("Named"), Ref("Either")]):
        schema = Schema(Intersection(tuple(order)), defs)
        for value in ({"name": 1}, {"name": "x"}, {}, {"name": 1, "other": 2}):
            assert validator(schema).accepts(value) is member(value, schema)
