"""Texts of which only the length counts are told apart by their bounds, however long they are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes.model import GType, Literal, Schema, String
from gatid_compiler.gtypes.normal import union
from gatid_compiler.gtypes.subtype import compare

BOUNDS = st.tuples(st.integers(0, 6), st.none() | st.integers(0, 8)).filter(
    lambda pair: pair[1] is None or pair[0] <= pair[1]
)
LONGEST = 12
"""Longer than every bound drawn, so a text of this length stands for all longer ones."""


def _sizes(bounds: tuple[int, int | None]) -> set[int]:
    low, high = bounds
    return {n for n in range(LONGEST + 1) if low <= n and (high is None or n <= high)}


@settings(max_examples=200)
@given(BOUNDS, st.lists(BOUNDS, min_size=1, max_size=3), st.booleans())
def test_inclusion_is_that_of_lengths(
    mine: tuple[int, int | None], others: list[tuple[int, int | None]], beside: bool
) -> None:
    types: list[GType] = [String(low, high) for low, high in others]
    if beside:
        types.append(Literal("a"))
    covered = set().union(*map(_sizes, others))
    found = compare(Schema(String(*mine), {}), Schema(union(*types), {}))
    left = _sizes(mine) - covered
    assert found.kind == ("refuted" if left else "proved")
    if left:
        assert min(len(found.witness), LONGEST) in left


@pytest.mark.parametrize("size", [5_000, 50_000])
def test_long_texts_need_no_counting(size: int) -> None:
    wide, narrow = String(), String(0, size)
    found = compare(Schema(wide, {}), Schema(narrow, {}))
    assert (found.kind, len(found.witness)) == ("refuted", size + 1)
    assert compare(Schema(String(0, size), {}), Schema(String(0, size + 1), {})).kind == "proved"
