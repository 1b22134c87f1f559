"""What annotations can be held to: details are no fault, kinds and fields are, `Any` never."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from gatid_compiler.gtypes.gradual import disagreement, filled, opened
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.passes.type_text import parse
from tests.compiler.gtypes.inhabit import schemas

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import Schema

SLOW = settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@pytest.mark.parametrize(
    ("annotated", "there"),
    [
        ("string", "Uuid | null"),
        ("string", '"a" | "b"'),
        ("int", "int(1..5)"),
        ("int", "number(0..1)"),
        ("any", "{ a: int }"),
        ("{ a: any }", "{ a: null }"),
        ("{ a: any }", "{ a: { b: int, ... } & { c: int, ... } }"),
        ("{ ...: any }", "{ a: int }"),
        ("any[]", "{ a: string }[2..3]"),
        ("{ a: any, b: int }", "{ a: { c: int }, b: int(0..) }"),
        ("{ a: int, ... }", "{ a: int, b?: int }"),
        ("{ a: any }[] | null", "{ a: int[] }[] | null"),
        ("Uuid | Decimal", "string"),
        ("{ kind: string, n: int }", '{ kind: "a", n: int } | { kind: "b", m: int }'),
    ],
)
def test_less_told_is_no_fault(annotated: str, there: str) -> None:
    t = parse(there)
    assert disagreement(parse(annotated), [t.root], t.defs) is None


@pytest.mark.parametrize(
    ("annotated", "there", "witness"),
    [
        ("string", "int", ""),
        ("int", "string | null", 0),
        ("int | null", "int", None),
        ("{ a: int }", "{ a: int, b: int }", {"a": 0}),
        ("{ a: int, b: int }", "{ a: int }", {"a": 0, "b": 0}),
        ("{ a: any, b: string }", "{ a: int, b: int }", {"a": "…", "b": ""}),
        ("{ a?: int }", "{ a: int }", {}),
        ("number", "int", 0.0),
        ("int[]", "string[]", [0]),
        ("{ ...: int }", "{ a: int }", {}),
    ],
)
def test_another_kind_or_field_is_shown(annotated: str, there: str, witness: object) -> None:
    t = parse(there)
    found = disagreement(parse(annotated), [t.root], t.defs)
    assert found is not None
    assert found.value == witness


@SLOW
@given(schemas())
def test_a_type_never_disagrees_with_itself(schema: Schema) -> None:
    assert disagreement(schema, [schema.root], schema.defs) is None


@SLOW
@given(schemas())
def test_what_is_opened_holds_all_of_it(schema: Schema) -> None:
    assert compare(schema, opened(schema)).kind != "refuted"


def test_defaults_are_there_once_they_are_filled() -> None:
    t = parse('{ a?: int = 3, b?: int, c: { d?: string = "x" }[] }')
    wanted = parse("{ a: int, b?: int, c: { d: string }[] }")
    there = filled(t.root, t.defs)
    assert compare(there, wanted).kind == compare(wanted, there).kind == "proved"
