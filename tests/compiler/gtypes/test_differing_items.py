"""Arrays and tuples whose items must differ, against every list of a few values."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes import compare, from_json_schema, parse
from gatid_compiler.gtypes.model import Any, Array, GType, Intersection, Schema
from gatid_compiler.gtypes.normal import enum, union
from gatid_compiler.gtypes.tuples import tuple_
from gatid_compiler.gtypes.values import member

LISTS = [list(made) for size in range(4) for made in product((1, 2, 3), repeat=size)]
DIFFERENT = Array(Any(), unique=True)


@st.composite
def lists(draw: st.DrawFn) -> GType:
    """Lists of at most three of the values."""
    items = [
        enum(*draw(st.sets(st.sampled_from((1, 2, 3)), min_size=1)))
        for _ in range(draw(st.integers(1, 3)))
    ]
    low = draw(st.integers(0, 2))
    unique = draw(st.booleans())
    if draw(st.booleans()):
        return Array(items[0], low, draw(st.integers(low, 3)), unique)
    rest = Array(items[0], 0, 3 - len(items)) if draw(st.booleans()) else None
    made = tuple_(items, rest)
    if isinstance(made, Array):
        return Array(made.item, made.low, made.high, unique)
    return Intersection((DIFFERENT, made)) if unique else made


@settings(max_examples=400)
@given(lists(), st.lists(lists(), min_size=1, max_size=3))
def test_verdicts_are_those_of_all_lists(one: GType, others: list[GType]) -> None:
    left, right = Schema(one, {}), Schema(union(*others), {})
    left_over = [v for v in LISTS if member(v, left) and not member(v, right)]
    verdict = compare(left, right)
    if verdict.kind == "unknown":
        assert verdict.reason == "arrays of items that differ"
        assert isinstance(one, Intersection) or (isinstance(one, Array) and one.unique)
    else:
        assert verdict.kind == ("refuted" if left_over else "proved")
        assert not left_over or verdict.witness in left_over


UNIQUE = {"type": "array", "uniqueItems": True}
SHORT, TEXT = {"type": "string", "maxLength": 3}, {"type": "string"}


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (UNIQUE | {"prefixItems": [TEXT]}, UNIQUE, "proved"),
        (UNIQUE, UNIQUE | {"prefixItems": [TEXT]}, "refuted"),
        (UNIQUE | {"prefixItems": [SHORT]}, UNIQUE | {"prefixItems": [TEXT]}, "proved"),
        (UNIQUE | {"prefixItems": [TEXT]}, UNIQUE | {"prefixItems": [SHORT]}, "refuted"),
        ({"type": "array", "prefixItems": [TEXT]}, UNIQUE | {"prefixItems": [TEXT]}, "refuted"),
        (UNIQUE | {"prefixItems": [TEXT]}, {"type": "array", "prefixItems": [TEXT]}, "proved"),
    ],
)
def test_tuples_whose_items_differ(one: object, other: object, kind: str) -> None:
    assert compare(from_json_schema(one), from_json_schema(other)).kind == kind


def test_the_places_that_are_alike_need_not_be_the_first() -> None:
    threes = parse("(1 | 2)[3]")
    verdict = compare(threes, parse("[1, any, any] | [any, 2, any] | any[unique]"))
    assert verdict.witness == [2, 1, 2]
    more = "[1, any, any] | [any, 2, any] | any[unique] | [any, any, 1] | [any, any, 2]"
    assert compare(threes, parse(more)).kind == "proved"
