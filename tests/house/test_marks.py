"""The marks of our tests do what they say: a real run of pytest on a folder of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.house.repository import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SUITE = """
import pytest
from hypothesis import given, strategies as st

@pytest.mark.prop(1)
@given(st.integers())
def test_tried_often(x):
    pass

@pytest.mark.prop(2)
def test_says_how_often(record_property):
    record_property("examples", 250)

@pytest.mark.prop(3)
def test_fails():
    raise AssertionError

@pytest.mark.needs("a-tool-that-is-nowhere")
def test_needs():
    pass
"""


def _run(folder: Path, built: str, *words: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "tests/conftest.py", folder)
    (folder / "props.toml").write_text(f"[built]\n{built}")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    prop\n    needs\n")
    (folder / "test_suite.py").write_text(SUITE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _rows(text: str) -> dict[str, list[str]]:
    """The table's lines by their numbers."""
    table = text.partition("properties: number")[2].splitlines()[1:]
    return {words[0]: words for line in reversed(table) if (words := line.split())}


SPREAD = pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "spread"])
"""In one process, and over several."""


@SPREAD
def test_the_table_counts_tests_and_examples(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = _run(tmp_path, '1 = "one"\n2 = "two"\n', "--props", "-k", "tried or says", *words)
    rows = _rows(ran.stdout)
    assert rows["1"] == ["1", "1", "100", "one"]
    assert rows["2"] == ["2", "1", "250", "two"]
    assert ran.returncode == 0


@SPREAD
@pytest.mark.parametrize("built", ['3 = "three"\n', '4 = "four"\n'], ids=["fails", "none"])
def test_a_property_without_a_passing_test_fails_the_run(
    tmp_path: Path, built: str, words: tuple[str, ...]
) -> None:
    chosen = "tried" if built.startswith("4") else "tried or fails"
    ran = _run(tmp_path, built, "--props", "-k", chosen, *words)
    assert _rows(ran.stdout)[built[0]][-4:] == ["<-", "no", "passing", "test"]
    assert ran.returncode == 1


@SPREAD
def test_a_missing_tool_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = _run(tmp_path, "", "-k", "needs", *words)
    assert "a-tool-that-is-nowhere is missing here: 1 tests did not run" in ran.stdout
    assert ran.returncode == 0


def test_the_list_of_promises_can_be_read_and_is_in_order() -> None:
    built = tomllib.loads((ROOT / "tests/props.toml").read_text())["built"]
    numbers = [int(number) for number in built]
    assert numbers == sorted(set(numbers))
