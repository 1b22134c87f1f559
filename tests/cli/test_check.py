"""`gatid check` and `compile` on files that are right, wrong, or several."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cli.processes import EXAMPLES, gatid

if TYPE_CHECKING:
    from pathlib import Path

WRONG = """\
app wrong {
  listen "127.0.0.1:0"
}

route a GET /a {
  auth none
  returns 204, 404 Thingg
  handler static 204
}

type Thing { a: strin }
"""


def _project(folder: Path, text: str = WRONG) -> Path:
    entry = folder / "wrong.gati"
    entry.write_text(text)
    return entry


def test_right_is_status_0_and_quiet_on_stdout() -> None:
    ran = gatid("check", EXAMPLES / "hello.gati")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert ran.stderr == "1 configuration checked: no fault found\n"


def test_wrong_is_status_1_with_every_fault_on_stderr(tmp_path: Path) -> None:
    ran = gatid("check", _project(tmp_path))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "wrong.gati:7:20: error[unknown-type]" in ran.stderr
    assert "wrong.gati:11:17: error[unknown-type]" in ran.stderr
    assert ran.stderr.endswith(" errors\n")


def test_json_is_one_object_on_stdout(tmp_path: Path) -> None:
    ran = gatid("check", "--format", "json", _project(tmp_path))
    assert (ran.returncode, ran.stderr) == (1, "")
    report = json.loads(ran.stdout)
    assert report["errors"] == len(report["diagnostics"]) >= 2
    first = report["diagnostics"][0]
    assert (first["code"], first["file"]) == ("unknown-type", "wrong.gati")
    assert (first["line"], first["column"], first["end_line"], first["end_column"]) == (
        7,
        20,
        7,
        26,
    )


def test_json_of_what_is_right_says_so() -> None:
    report = json.loads(gatid("check", "--format", "json", EXAMPLES / "hello.gati").stdout)
    assert report == {"errors": 0, "warnings": 0, "diagnostics": []}


def test_a_folder_is_all_its_apps() -> None:
    ran = gatid("check", EXAMPLES)
    assert (ran.returncode, ran.stderr) == (0, "2 configurations checked: no fault found\n")


def test_compile_writes_the_same_bytes_under_any_hash_seed(tmp_path: Path) -> None:
    plans = []
    for seed in ("1", "77"):
        ran = gatid("compile", EXAMPLES / "shop.gati", "-o", tmp_path / seed, PYTHONHASHSEED=seed)
        assert ran.returncode == 0, ran.stderr
        plans.append(((tmp_path / seed).read_bytes(), ran.stdout))
    assert plans[0] == plans[1]
    assert str(EXAMPLES.parent).encode() not in plans[0][0]


def test_compile_writes_nothing_of_what_is_wrong(tmp_path: Path) -> None:
    target = tmp_path / "wrong.plan"
    ran = gatid("compile", _project(tmp_path), "-o", target)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "error[unknown-type]" in ran.stderr
    assert not target.exists()


def test_a_spoilt_plan_is_refused(tmp_path: Path) -> None:
    plan = tmp_path / "spoilt.plan"
    plan.write_text("{}")
    ran = gatid("routes", plan)
    assert ran.returncode == 1
    assert "spoilt.plan" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_strict_makes_an_error_of_what_is_not_proved() -> None:
    entry = EXAMPLES.parent / "tests/cases/check/unproved/app.gati"
    loose, strict = gatid("check", entry), gatid("check", "--strict", entry)
    assert (loose.returncode, strict.returncode) == (0, 1)
    assert "warning[unproved]" in loose.stderr
    assert "error[unproved]" in strict.stderr
