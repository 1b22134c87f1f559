"""Verdicts about types as people change them: never a wrong one, and nearly always one."""

from __future__ import annotations

from functools import cache

import pytest

from gatid_compiler.gtypes import Schema, Verdict, compare, member, parse
from gatid_compiler.gtypes.charsets import contains
from gatid_compiler.gtypes.rust import matcher
from gatid_compiler.gtypes.unicode_sets import NoSetError, asked
from tests.compiler.gtypes.pairs import DECLARED, INSIDE, NOT_INSIDE

SMALL = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
LARGE = SMALL.upper()


@cache
def read(text: str) -> Schema:
    return parse(text, DECLARED)


@cache
def judged(one: str, other: str) -> Verdict:
    return compare(read(one), read(other))


@pytest.mark.parametrize(("one", "other"), INSIDE)
def test_no_pair_that_is_inside_is_refuted(one: str, other: str) -> None:
    verdict = judged(one, other)
    assert verdict.kind != "refuted", verdict.witness


@pytest.mark.parametrize(("one", "other"), NOT_INSIDE)
def test_no_pair_that_is_not_inside_is_proved(one: str, other: str) -> None:
    verdict = judged(one, other)
    assert verdict.kind != "proved"
    if verdict.kind == "refuted":
        assert member(verdict.witness, read(one))
        assert not member(verdict.witness, read(other))


def test_nearly_all_pairs_are_decided() -> None:
    verdicts = {pair: judged(*pair) for pair in INSIDE + NOT_INSIDE}
    unknown = {pair: v.reason for pair, v in verdicts.items() if v.kind == "unknown"}
    assert len(unknown) <= 0.03 * len(verdicts), unknown


@pytest.mark.parametrize(
    "one", [f'("{SMALL}" | "{LARGE}")[unique]', f'["{SMALL}", "{LARGE}"]', "string[unique]"]
)
@pytest.mark.parametrize("other", ["(Uuid | string)[unique]", "{ a?: any, ... } | any[unique]"])
def test_items_that_are_the_same_uuid(one: str, other: str) -> None:
    value = [SMALL, LARGE]
    assert member(value, read(one))
    assert member(value, read(other)) or judged(one, other).kind != "proved"


@pytest.mark.parametrize("written", [r"\p{Greek}", r"\P{Lu}", r"\pN", r"\P{Nd}", "ß-ö"])
@pytest.mark.parametrize("ignore_case", [False, True])
def test_classes_hold_what_they_hold_for_the_engine(written: str, ignore_case: bool) -> None:
    found = asked(written, ignore_case=ignore_case)
    judge = matcher(f"{'(?i)' if ignore_case else ''}[{written}]")
    for point in [*range(0x600), *range(0x1F00, 0x2200), 0xFB00, 0x10400, 0x1D400, 0x10FFFF]:
        assert contains(found, point) is judge(chr(point))


def test_a_class_that_there_is_not() -> None:
    with pytest.raises(NoSetError):
        asked(r"\p{Klingon}")
