"""The units are right and closed, as systemd itself judges them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.repository import ROOT

UNITS = ROOT / "systemd"
HARDEST = 1.2


def _analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False
    )


@pytest.mark.needs("systemd-analyze")
def test_the_units_are_verified(tmp_path: Path) -> None:
    # systemd looks whether the program is there, so it is put where this Python has it.
    program = str(Path(sys.executable).with_name("gatid"))
    for unit in ("gatid.service", "gatid.socket"):
        text = (UNITS / unit).read_text().replace("/opt/gatid/bin/gatid", program)
        (tmp_path / unit).write_text(text)
    ran = _analyze("verify", tmp_path / "gatid.service", tmp_path / "gatid.socket")
    ours = [line for line in ran.stderr.splitlines() if "gatid" in line]
    assert (ran.returncode, ours) == (0, [])


@pytest.mark.needs("systemd-analyze")
def test_the_exposure_is_small() -> None:
    ran = _analyze("security", "--offline=true", "--no-pager", UNITS / "gatid.service")
    level = re.search(r"Overall exposure level for gatid.service: ([0-9.]+)", ran.stdout)
    assert level is not None, ran.stdout + ran.stderr
    assert float(level[1]) <= HARDEST
    assert f"at {level[1]}" in (UNITS / "README.md").read_text()


def test_reload_waits_and_start_notifies() -> None:
    unit = (UNITS / "gatid.service").read_text()
    assert "\nType=notify\n" in unit
    assert re.search(r"^ExecReload=\S+/gatid ctl reload --wait$", unit, re.MULTILINE)


def test_modules_may_confine_themselves() -> None:
    unit = (UNITS / "gatid.service").read_text()
    allowed = re.findall(r"^SystemCallFilter=([^~].*)$", unit, re.MULTILINE)
    for name in ("create_ruleset", "add_rule", "restrict_self"):
        assert f"landlock_{name}" in " ".join(allowed).split()


def test_the_notes_are_five_lines() -> None:
    assert len((UNITS / "README.md").read_text().splitlines()) == 5
