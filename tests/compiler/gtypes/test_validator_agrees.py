"""The validator holds what the reference interpreter holds, and nothing else."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.model import Number, Schema
from gatid_compiler.gtypes.validator import Validator, validator
from gatid_compiler.gtypes.values import member
from tests.compiler.gtypes.inhabit import schemas, schemas_and_values, several


def accepts(check: Any, value: Any) -> bool:
    try:
        check(value)
    except Invalid as error:
        faults = error.faults
    else:
        return True
    assert 1 <= len(faults) <= 100
    return False


def ways(made: Validator, value: Any) -> dict[str, bool]:
    return {
        "json": accepts(made.json, json.dumps(value).encode()),
        "utf-8": accepts(made.json, json.dumps(value, ensure_ascii=False).encode()),
        "python": accepts(made.python, value),
        "answer": accepts(made.answer, value),
        "check": accepts(made.check, value),
    }


@pytest.mark.prop(13)
@settings(max_examples=600)
@given(schemas_and_values())
def test_validator_and_interpreter_agree(case: tuple[Schema, Any]) -> None:
    schema, value = case
    expected = member(value, schema)
    assert ways(validator(schema), value) == dict.fromkeys(
        ("json", "utf-8", "python", "answer", "check"), expected
    )


@pytest.mark.prop(13)
@settings(max_examples=150)
@given(st.data())
def test_members_and_near_misses_of_one_type(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    made = validator(schema)
    for value in data.draw(several(schema)):
        assert accepts(made.json, json.dumps(value).encode()) == member(value, schema)


@pytest.mark.prop(13)
@settings(max_examples=300)
@given(
    st.sampled_from([0.1, 0.01, 2, 2.5, 3, 1e-7]),
    st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(
        lambda d: abs(d) < Decimal("1e300") and (d == 0 or abs(d) > Decimal("1e-300"))
    )
    | st.integers(-(10**25), 10**25).map(lambda n: Decimal(n).scaleb(-22)),
)
def test_multiples_are_of_the_decimal_as_written(multiple: float, written: Decimal) -> None:
    schema = Schema(Number(multiple=multiple), {})
    text = str(written) if "." in str(written) or "E" in str(written) else f"{written}.0"
    expected = member(Decimal(text), schema)
    assert accepts(validator(schema).json, text.encode()) == expected
