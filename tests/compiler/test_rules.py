"""Pages of rules: what they tell to write can be written."""

from __future__ import annotations

import re

import pytest

from gatid_compiler.codes import RULES
from gatid_compiler.rules import policies, project, routes, types
from gatid_dsl.diagnostic import Rule
from gatid_dsl.parse import parse
from gatid_dsl.source import Source

TABLES = (project, types, policies, routes)
OURS = [rule for table in TABLES for rule in vars(table).values() if isinstance(rule, Rule)]


@pytest.mark.parametrize("rule", OURS, ids=lambda rule: rule.code)
def test_examples_of_a_page_are_gati(rule: Rule) -> None:
    examples = re.findall(r"```gati\n(.*?)```", rule.page, re.DOTALL)
    for example in examples:
        if example.startswith(("gatid ", "await ")):
            continue
        found = [(d.message, d.span.text) for d in parse(Source("page.gati", example)).diagnostics]
        assert found == [], example
    assert rule.page.startswith(f"# {rule.code}\n")


def test_every_rule_of_the_tables_is_known() -> None:
    assert {rule.code for rule in OURS} <= set(RULES)
