"""Golden cases: a project in, what `gatid check` says about it out.

A case is a folder `cases/check/CODE` or `cases/check/CODE-VARIANT` with `app.gati` and what
else it needs; `expected.txt` is what is printed. `GATID_UPDATE_CASES=1` writes it anew; read
the difference before you keep it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatid_compiler.codes import RULES
from gatid_compiler.pipeline import compile_project
from gatid_dsl.diagnostic import Severity
from gatid_dsl.render import render_text

CASES = Path(__file__).parent / "cases" / "check"
FOLDERS = sorted(path for path in CASES.iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_case_says_what_is_expected(folder: Path) -> None:
    result = compile_project(folder / "app.gati")
    said = render_text(result.diagnostics)
    expected = folder / "expected.txt"
    if os.environ.get("GATID_UPDATE_CASES") == "1":
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    assert (result.plan is None) == bool(errors)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_case_shows_the_rule_of_its_name(folder: Path) -> None:
    code = next(code for code in _prefixes(folder.name) if code in RULES)
    assert code in {d.code for d in compile_project(folder / "app.gati").diagnostics}


def _prefixes(name: str) -> list[str]:
    """`a-b-c` as `a-b-c`, `a-b`, `a`: the code and perhaps a variant."""
    words = name.split("-")
    return ["-".join(words[:count]) for count in range(len(words), 0, -1)]
