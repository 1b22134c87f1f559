"""Pairs of schemas from the tests of jsonsubschema: no wrong verdict, and nearly always one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import jsonschema_rs
import pytest

from gatid_compiler.gtypes import Unsupported, compare, from_json_schema
from tests.compiler.gtypes.collections import Pair, pairs

OTHERWISE = {
    # Of `.` a newline is none (ECMA-262), so `.+` is not every string that is not empty.
    "test_more.TestPaperExamples.test_equiv_multiple_case",
    "test_string.TestNotStringSubtype.test_equiv_multiple_case",
    # Multiples of 3 are multiples of 0.3.
    "test_numeric.TestCompositeNumericSubtype.test_all_all_3",
    # Since 2019-09 what stands beside a `$ref` counts.
    "test_refs.TestSimpleRefs.test_1",
    "test_refs.TestSimpleRefs.test_2",
}
"""Tests that assert what is not so."""

DECIDED = 606
"""Of the others ten are no JSON Schemas, and ten exclude strings by a pattern."""


@pytest.fixture(scope="module")
def recorded() -> list[Pair]:
    return pairs()


def valid(value: Any, schema: Any) -> bool:
    """What jsonschema-rs says; of schemas that are none in 2020-12, in draft 4."""
    try:
        return jsonschema_rs.Draft202012Validator(schema).is_valid(value)
    except jsonschema_rs.ValidationError:
        return jsonschema_rs.Draft4Validator(schema).is_valid(value)


def test_recorded_pairs(recorded: list[Pair]) -> None:
    verdicts: Counter[str] = Counter()
    wrong: list[tuple[str, Any, Any]] = []
    for pair in recorded:
        try:
            verdict = compare(from_json_schema(pair.one), from_json_schema(pair.other))
        except Unsupported as error:
            verdicts[error.keyword] += 1
            continue
        verdicts[verdict.kind] += 1
        if verdict.kind == "refuted":
            witness = verdict.witness
            if not valid(witness, pair.one) or valid(witness, pair.other):
                wrong.append((pair.name, verdict.kind, witness))
        said = {True: "proved", False: "refuted"}.get(pair.inside)
        if pair.name not in OTHERWISE and said not in (None, verdict.kind):
            wrong.append((pair.name, verdict.kind, verdict.witness))
    assert len(recorded) == 626
    assert wrong == []
    assert verdicts["proved"] + verdicts["refuted"] >= DECIDED, verdicts
