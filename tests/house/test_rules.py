"""Every code that can be printed has a page and a golden case."""

from __future__ import annotations

import pytest

from gatid_compiler.codes import RULES
from tests.house.repository import ROOT

CASES = ROOT / "tests/cases/check"


def _code(folder: str) -> str | None:
    """The code of a case's folder, `CODE` or `CODE-VARIANT`: the longest that fits."""
    words = folder.split("-")
    heads = ("-".join(words[:count]) for count in range(len(words), 0, -1))
    return next((head for head in heads if head in RULES), None)


def test_every_rule_has_a_case() -> None:
    with_case = {_code(path.name) for path in CASES.iterdir()}
    assert sorted(set(RULES) - with_case) == []


@pytest.mark.parametrize("code", sorted(RULES))
def test_a_page_explains_the_rule(code: str) -> None:
    assert len(RULES[code].page.split()) >= 12
