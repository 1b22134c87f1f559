"""How deep JSON may be nested, for every depth that can be asked for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes.faults import Invalid, Malformed
from gatid_compiler.gtypes.model import Any, Array, Field, Int, Ref, Schema
from gatid_compiler.gtypes.normal import nullable, object_
from gatid_compiler.gtypes.reading import too_deep
from gatid_compiler.gtypes.validator import DEEPEST, validator
from tests.compiler.gtypes.inhabit import any_json

LIST = Schema(Ref("Node"), {"Node": object_([Field("next", nullable(Ref("Node")), False)])})
ANY = Schema(Any(), {})


def levels(value: object) -> int:
    inside = value.values() if isinstance(value, dict) else value
    return 1 + max(map(levels, inside), default=0) if isinstance(value, list | dict) else 0


@pytest.mark.parametrize("depth", [1, 2, 64, DEEPEST])
def test_the_last_level_is_taken_and_the_next_is_not(depth: int) -> None:
    for made, opening, closing in (
        (validator(ANY, depth=depth), "[", "]"),
        (validator(LIST, depth=depth), '{"next":', "}"),
    ):
        inner = "1" if opening == "[" else "null"
        made.json(f"{opening * depth}{inner}{closing * depth}".encode())
        with pytest.raises(Malformed, match=f"deeper than {depth}"):
            made.json(f"{opening * (depth + 1)}{inner}{closing * (depth + 1)}".encode())


@pytest.mark.parametrize("schema", [ANY, LIST, Schema(Int(), {}), Schema(Array(Int()), {})])
@pytest.mark.parametrize("text", ["[" * 10_000 + "]" * 10_000, "[" * 10_000, '{"next":' * 10_000])
def test_ten_thousand_levels_are_a_fault(schema: Schema, text: str) -> None:
    with pytest.raises(Malformed, match="deeper than 64"):
        validator(schema).json(text.encode())


def test_data_nested_in_itself_is_a_fault() -> None:
    endless: dict[str, object] = {}
    endless["next"] = endless
    for schema in (ANY, LIST):
        made = validator(schema)
        for check in (made.python, made.answer, made.check):
            with pytest.raises(Invalid):
                check(endless)


def test_a_depth_that_cannot_be_kept_is_refused() -> None:
    for depth in (0, DEEPEST + 1):
        with pytest.raises(ValueError, match="depth from 1"):
            validator(ANY, depth=depth)


@settings(max_examples=200)
@given(st.lists(any_json(), max_size=4), st.integers(1, 5), st.booleans())
def test_depth_counts_containers_and_not_what_is_in_strings(
    value: list[object], depth: int, spaced: bool
) -> None:
    value.append(['[{"\\', "]]}"])
    separators = (" , ", " : ") if spaced else (",", ":")
    text = json.dumps(value, separators=separators).encode()
    assert too_deep(text, depth) == (levels(value) > depth)
