"""Which types hold a value."""

from __future__ import annotations

from typing import Any as Value

import pytest
from hypothesis import given, settings

from gatid_compiler.gtypes.emptiness import inhabited
from gatid_compiler.gtypes.model import (
    Array,
    Bool,
    Field,
    GType,
    Int,
    Intersection,
    Literal,
    Never,
    Null,
    Number,
    Object,
    Ref,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.normal import nullable, object_
from gatid_compiler.gtypes.values import member
from tests.compiler.gtypes.inhabit import schemas_and_values

DEFS: dict[str, GType] = {
    "Endless": object_([Field("next", Ref("Endless"))]),
    "List": object_([Field("next", nullable(Ref("List")))]),
    "One": object_([Field("two", Ref("Two"))]),
    "Two": Union((Ref("One"), Array(Ref("One"), 1))),
    "Tree": Array(Ref("Tree")),
    "Self": Ref("Self"),
}


@pytest.mark.parametrize(
    ("t", "holds"),
    [
        (Never(), False),
        (Ref("Endless"), False),
        (Ref("List"), True),
        (Ref("One"), False),
        (Ref("Two"), False),
        (Ref("Tree"), True),
        (Ref("Self"), False),
        (Array(Ref("Endless")), True),
        (Array(Ref("Endless"), 1), False),
        (Tuple((Int(), Ref("One"))), False),
        (object_([Field("a", Never(), False)]), True),
        (object_([Field("a", Never())]), False),
        (Object((), Never()), True),
        (Int(5, 4), False),
        (Int(1, 4, 5), False),
        (Int(1, 5, 5), True),
        (Number(0.1, 0.2, 0.25), False),
        (Number(0.1, 0.3, 0.25), True),
        (String(2, 1), False),
        (Array(Bool(), 3, unique=True), False),
        (Array(Union((Bool(), Null())), 3, unique=True), True),
        (Array(Int(1, 4), 4, unique=True), True),
        (Array(Int(1, 4), 5, unique=True), False),
        (Intersection((Ref("List"), Literal("a"))), False),
        (Intersection((Ref("List"), object_([Field("next", Null())]))), True),
    ],
)
def test_some_types_hold_nothing(t: GType, holds: bool) -> None:
    assert inhabited(Schema(t, DEFS)) is holds


@settings(max_examples=300)
@given(schemas_and_values())
def test_a_type_with_a_member_is_inhabited(case: tuple[Schema, Value]) -> None:
    schema, value = case
    if member(value, schema):
        assert inhabited(schema)
