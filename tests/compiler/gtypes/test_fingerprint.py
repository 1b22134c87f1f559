"""Equal by construction means an equal fingerprint, and another type another one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes.fingerprint import Fingerprints, fingerprint
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bytes,
    Default,
    Field,
    GType,
    Int,
    Intersection,
    Literal,
    Null,
    Number,
    Object,
    Ref,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.normal import nullable, object_, substitute, union
from gatid_compiler.gtypes.values import member
from tests.compiler.gtypes.inhabit import schemas, several


def scrambled(t: GType, draw: st.DrawFn) -> GType:
    """The type with its branches in another order and nested, and its documentation changed."""
    match t:
        case Object():
            fields = tuple(
                replace(f, type=scrambled(f.type, draw), doc="changed", secret=not f.secret)
                for f in t.fields
            )
            return Object(fields, None if t.rest is None else scrambled(t.rest, draw))
        case Array():
            return replace(t, item=scrambled(t.item, draw))
        case Tuple(items):
            return Tuple(tuple(scrambled(i, draw) for i in items))
        case Union(branches):
            mixed = draw(st.permutations([scrambled(b, draw) for b in branches]))
            return Union((Union(tuple(mixed[:2])), *mixed[1:]))
        case Intersection(parts):
            return Intersection(tuple(draw(st.permutations(parts))))
        case _:
            return t


@settings(max_examples=200)
@given(schemas(), st.data())
def test_order_nesting_and_names_take_no_part(schema: Schema, data: st.DataObject) -> None:
    names = {"A": Ref("Other"), "B": Ref("B")}
    renamed = Schema(
        scrambled(substitute(schema.root, names), data.draw),
        {
            "Other": scrambled(substitute(schema.defs["A"], names), data.draw),
            "B": scrambled(substitute(schema.defs["B"], names), data.draw),
        },
    )
    assert fingerprint(renamed) == fingerprint(schema)


@settings(max_examples=200)
@given(schemas(), schemas(size=1), st.data())
def test_types_of_one_fingerprint_have_the_same_values(
    one: Schema, other: Schema, data: st.DataObject
) -> None:
    same = fingerprint(one) == fingerprint(other)
    for value in data.draw(several(one)) + data.draw(several(other)):
        if same:
            assert member(value, one) == member(value, other)
        elif member(value, one) != member(value, other):
            break


def test_a_recursive_type_is_what_it_unfolds_to() -> None:
    node = object_([Field("next", nullable(Ref("N")), False)])
    twice = {
        "N": object_([Field("next", nullable(Ref("M")), False)]),
        "M": object_([Field("next", nullable(Ref("N")), False)]),
    }
    once = {"N": node}
    assert fingerprint(Schema(Ref("N"), once)) == fingerprint(Schema(Ref("M"), twice))
    assert fingerprint(Schema(Ref("N"), once)) == fingerprint(Schema(node, once))
    other = {"N": object_([Field("next", nullable(Ref("M")), False)]), "M": twice["N"]}
    assert fingerprint(Schema(Ref("N"), other)) == fingerprint(Schema(Ref("N"), once))
    longer = {**twice, "M": object_([Field("next", nullable(Ref("N")), True)])}
    assert fingerprint(Schema(Ref("N"), longer)) != fingerprint(Schema(Ref("N"), once))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Int(1, 12, 5), Int(5, 10, 5)),
        (Int(multiple=1), Int()),
        (Number(0, 1), Number(0.0, 1.0)),
        (Union((Literal("a"), Literal("a"))), Literal("a")),
        (union(Literal(True), Literal(False)), union(Literal(False), Literal(True))),
        (Union((String(), Literal("a"))), String()),
        (Union((Any(), Null())), Any()),
        (Int(1, 1), Literal(1)),
        (Int(3, 7, 5), Literal(5)),
        (Union((Int(), Int(1, 5))), Int()),
        (Union((Int(0, multiple=2), Int(2, 8, 4))), Int(0, multiple=2)),
        (Union((Number(0, 9), Number(0.5, 1, 0.1), Int(1, 9))), Number(0, 9)),
        (Union((String(0, 5), String(1, 5, ("a+",)))), String(0, 5)),
        (Union((String(patterns=("a", "b")), String(patterns=("b",)))), String(patterns=("b",))),
        (Union((Int(), Int(multiple=1))), Int()),
        (Union((Number(0, 1), Number(0.0, 1.0))), Number(0, 1)),
        (Union((Bytes(1, 2), Bytes())), Bytes()),
        (Union((Array(Int()), Array(Int(), 3, 3), Array(Int(), unique=True))), Array(Int())),
        (String(patterns=("a", "b", "a")), String(patterns=("b", "a"))),
        (Tuple((Int(), Int())), Array(Int(), 2, 2)),
        (Tuple((Int(), Null()), Array(Null(), 1, 2)), Tuple((Int(),), Array(Null(), 2, 3))),
        (Tuple((Int(),), Array(Null(), 1, 1)), Tuple((Int(), Null()))),
        (Tuple((Int(),), Array(Int(), 1)), Array(Int(), 2)),
        (Array(Int(), 0, 1, unique=True), Array(Int(), 0, 1)),
    ],
)
def test_redundant_constraints_take_no_part(one: GType, other: GType) -> None:
    assert fingerprint(Schema(one, {})) == fingerprint(Schema(other, {}))


def test_what_differs_differs() -> None:
    types = [
        Int(), Int(0), Number(), Number(0), Literal(1), Literal(True), Literal("1"), Null(),
        Array(Int()), Array(Int(), unique=True), Array(Int(), 1), Tuple((Int(),)), Tuple(()),
        object_([]), object_([], Any()), object_([Field("a", Int())]),
        object_([Field("a", Int(), False)]), object_([Field("a", Int(), False, Default(1))]),
        object_([Field("a", Int(), False, Default(2))]), union(Int(), String()),
    ]  # fmt: skip
    assert len({fingerprint(Schema(t, {})) for t in types}) == len(types)


def test_defaults_take_part_where_asked() -> None:
    with_default = Schema(object_([Field("a", Int(), False, Default(1))]), {})
    without = Schema(object_([Field("a", Int(), False)]), {})
    assert fingerprint(with_default) != fingerprint(without)
    assert fingerprint(with_default, defaults=False) == fingerprint(without, defaults=False)


@settings(max_examples=100)
@given(schemas())
def test_looking_at_several_types_at_once_changes_nothing(schema: Schema) -> None:
    shared = Fingerprints(schema.defs)
    types: list[GType] = [Ref("B"), schema.root, Ref("A"), nullable(Ref("A")), schema.root]
    for t in types:
        assert shared.of(t) == fingerprint(Schema(t, schema.defs))
