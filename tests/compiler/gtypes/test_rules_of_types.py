"""The examples of docs/types.md hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gatid_compiler.gtypes import BadTypeError, Invalid, parse, validator

TEXT = (Path(__file__).parents[3] / "docs/types.md").read_text()
BLOCKS = re.findall(r"^```\n(.*?)^```", TEXT, re.M | re.S)
LINES = [re.fullmatch(r"(.+?)\s+takes (.+?)\s+not (.+)", line)
         for block in BLOCKS for line in block.splitlines()]  # fmt: skip
EXAMPLES = [found.groups() for found in LINES if found]


def test_every_line_is_an_example() -> None:
    assert len(EXAMPLES) == len(LINES) > 20


@pytest.mark.parametrize(("written", "taken", "refused"), EXAMPLES)
def test_examples_hold(written: str, taken: str, refused: str) -> None:
    judge = validator(parse(written))
    for text in taken.split(" "):
        json.loads(text)
        judge.json(text.encode())
    for text in refused.split(" "):
        json.loads(text)
        with pytest.raises(Invalid):
            judge.json(text.encode())


@pytest.mark.parametrize(("pattern", "reason"), [("(?=a)", "look-around"), (r"(a)\1", "back")])
def test_patterns_that_are_refused(pattern: str, reason: str) -> None:
    with pytest.raises(BadTypeError, match=reason):
        parse(f"string(pattern '{pattern}')")


def test_a_type_that_holds_nothing_is_refused() -> None:
    with pytest.raises(BadTypeError, match="no value is of the type"):
        parse("A", "type A { next: A }")
