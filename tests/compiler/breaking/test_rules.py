"""Every rule has a before and an after, and says what is expected of it.

`expected.txt` is the report of all cases; `GATID_UPDATE_CASES=1` writes it anew; read the
difference before you keep it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gatid_compiler.breaking import RULES, changes, unexpressed
from gatid_compiler.breaking.page import page
from gatid_compiler.breaking.render import render_text
from tests.compiler.breaking import cases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatid_compiler.breaking import Change

EXPECTED = Path(__file__).with_name("expected.txt")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Change, ...]]:
    """The changes of every case, by its name."""
    folder = tmp_path_factory.mktemp("cases")
    by_case: dict[str, tuple[Change, ...]] = {}
    for kind, text, names in (
        ("types", cases.types_text, {**cases.TYPES, **cases.MORE_TYPES}),
        ("messages", cases.messages_text, {**cases.MESSAGES, **cases.MORE_MESSAGES}),
    ):
        plans = [cases.compiled(text(side), folder / f"{kind}{side}") for side in (0, 1)]
        all_changes = changes(*plans)
        for name in names:
            route = name.replace("-", "_").replace(" ", "_")
            by_case[name] = tuple(c for c in all_changes if c.route == route)
    for name, pair in cases.WHOLE.items():
        plans = [
            cases.compiled(cases.whole_text(text), folder / f"{name}{side}")
            for side, text in enumerate(pair)
        ]
        by_case[name] = changes(*plans)
    for name, (before, after) in cases.BESIDE.items():
        by_case[name] = tuple(unexpressed({"/paths": before}, {"/paths": after}))
    return by_case


def test_the_cases_say_what_is_expected(found: Mapping[str, tuple[Change, ...]]) -> None:
    pairs = {**cases.TYPES, **cases.MORE_TYPES, **cases.MESSAGES, **cases.MORE_MESSAGES}
    pairs |= {**cases.WHOLE, **cases.BESIDE}
    said = "\n".join(
        f"== {name}\n-- {_flat(pairs[name][0])}\n++ {_flat(pairs[name][1])}\n{render_text(case)}"
        for name, case in found.items()
    )
    if os.environ.get("GATID_UPDATE_CASES") == "1":
        EXPECTED.write_text(said, encoding="utf-8")
    assert said == EXPECTED.read_text(encoding="utf-8")


def _flat(text: str) -> str:
    return " ".join(text.split())


def test_every_rule_is_shown_by_its_case(found: Mapping[str, tuple[Change, ...]]) -> None:
    for rule in RULES.values():
        case = rule.id if rule.id in found else rule.id.partition("-")[2]
        shown = {change.rule for change in found.get(case, ())}
        assert rule.id in shown, case


def test_what_breaks_as_a_rule_breaks_in_its_case(
    found: Mapping[str, tuple[Change, ...]],
) -> None:
    for rule in RULES.values():
        case = found.get(rule.id) or found[rule.id.partition("-")[2]]
        verdicts = {change.verdict for change in case if change.rule == rule.id}
        if rule.harm == "breaks":
            assert "breaking" in verdicts, rule.id
        elif rule.harm == "harmless":
            assert verdicts == {"compatible"}, rule.id


def test_nothing_changed_in_a_plan_and_itself(tmp_path: Path) -> None:
    plan = cases.compiled(cases.types_text(0), tmp_path)
    assert changes(plan, plan) == ()


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs/breaking.md").read_text(encoding="utf-8") == page()
