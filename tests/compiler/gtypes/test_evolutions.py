"""Changes of schemas as people make them: the known verdict, both ways, with a true witness."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from gatid_compiler.gtypes import Unsupported, compare, from_json_schema
from tests.compiler.gtypes.evolutions import EVOLUTIONS

UNSUPPORTED = {
    "a tag must be among the items": "contains",
    "texts with a space are excluded": "not",
    "look-ahead excludes a word": "pattern",
    "numbers but not multiples": "not",
}
"""What no type can say, by the keyword that is named."""


def valid(value: Any, schema: Any) -> bool:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value)


@pytest.mark.parametrize("name", sorted(EVOLUTIONS.keys() - UNSUPPORTED.keys()))
def test_evolution(name: str) -> None:
    old, new, (forward, backward) = EVOLUTIONS[name]
    for one, other, inside in ((old, new, forward), (new, old, backward)):
        schemas = (from_json_schema(s, formats="assert") for s in (one, other))
        verdict = compare(*schemas)
        assert verdict.kind == ("proved" if inside else "refuted"), verdict
        if not inside:
            assert valid(verdict.witness, one)
            assert not valid(verdict.witness, other)


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_no_type_can_say_is_named(name: str) -> None:
    with pytest.raises(Unsupported) as caught:
        from_json_schema(EVOLUTIONS[name][1])
    assert caught.value.keyword == UNSUPPORTED[name]


def test_nearly_all_are_decided() -> None:
    assert len(EVOLUTIONS) > 100
    assert len(UNSUPPORTED) < 0.06 * len(EVOLUTIONS)
