"""Golden cases: `cases/NAME.gati` and what is said about it, `cases/NAME.txt`.

`GATID_WRITE_CASES=1 pytest tests/dsl/test_cases.py` writes what is said now, to be read and
committed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gatid_dsl.codes import RULES
from gatid_dsl.parse import parse
from gatid_dsl.render import render_text
from gatid_dsl.source import Source

if TYPE_CHECKING:
    from gatid_dsl import syntax

CASES = sorted(Path(__file__).with_name("cases").glob("*.gati"))


def said(path: Path) -> str:
    parsed = parse(Source(path.name, path.read_bytes().decode("utf-8")))
    kept = "".join(f"{_summary(d)}\n" for d in parsed.file.declarations)
    return f"{render_text(parsed.diagnostics)}\nstill read:\n{kept}"


def _summary(node: syntax.Declaration) -> str:
    name = getattr(node, "name", None)
    return type(node).__name__ + (f" {name.text}" if name else "")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_said(path: Path) -> None:
    expected = path.with_suffix(".txt")
    if os.environ.get("GATID_WRITE_CASES"):
        expected.write_text(said(path), "utf-8")
    assert said(path) == expected.read_text("utf-8")


def test_every_rule_of_reading_has_a_case_and_a_page() -> None:
    # Those of whole files are in test_files.py.
    codes = set(RULES) - {"unreadable-file", "not-text"}
    texts = [path.with_suffix(".txt").read_text("utf-8") for path in CASES]
    assert {code for code in codes if not any(f"[{code}]" in text for text in texts)} == set()
    assert all(rule.page.strip() and code == rule.code for code, rule in RULES.items())
