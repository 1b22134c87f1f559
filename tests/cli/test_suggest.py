"""`gatid timescape suggest`: from a released version to the change of the next."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.processes import gatid

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = """app desk { auth none }
version 2025-11-01 as v1
type Order {
  id:   Uuid
  name: string
}
route put_order PUT /orders/{id: Uuid} {
  body    Order
  returns 200 Order
  handler static 204
}
""".replace("  handler static 204", "  handler desk:put")
AFTER = BEFORE.replace("name: string", "customer_name: string\n  note?: string")
BLOCK = """version 2026-09-15 as v2

change v2 {
  type Order {
    rename name -> customer_name  # 83%: the names are alike and the types fit
    add note?: string
  }
}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """An entry file whose first version is released."""
    (tmp_path / "desk.py").write_text("async def put(req, res, gctx, lctx):\n    return None\n")
    entry = tmp_path / "app.gati"
    entry.write_text(BEFORE)
    assert gatid("release", "v1", "--project", entry).returncode == 0
    return entry


def _suggest(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return gatid("timescape", "suggest", "--date", "2026-09-15", *words)


def test_the_block_is_printed_and_judged(desk: Path) -> None:
    desk.write_text(AFTER)
    ran = _suggest(desk)
    assert (ran.returncode, ran.stdout) == (0, BLOCK)
    assert ran.stderr == "exact: what is derived is what `v1` was released with\n"
    assert desk.read_text() == AFTER


def test_write_appends_what_then_can_be_released(desk: Path) -> None:
    desk.write_text(AFTER)
    desk.chmod(0o640)
    dry = _suggest(desk, "--dry-run")
    assert "nothing was written" in dry.stderr
    assert desk.read_text() == AFTER
    ran = _suggest(desk.parent, "--write")
    assert ran.returncode == 0, ran.stderr
    assert desk.read_text() == f"{AFTER}\n{BLOCK}"
    assert desk.stat().st_mode & 0o777 == 0o640
    assert gatid("release", "v2", "--project", desk).returncode == 0
    again = _suggest(desk)
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == "nothing changed since `v2`\n"


def test_what_is_said_already_is_not_said_again(desk: Path) -> None:
    draft = "version 2026-03-01 as spring\nchange spring { type Order { add note?: string } }\n"
    desk.write_text(AFTER + draft)
    ran = _suggest(desk)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("change spring {\n  type Order {\n    rename name ->")
    assert "note" not in ran.stdout


def test_json_has_every_operation(desk: Path) -> None:
    desk.write_text(AFTER)
    said = json.loads(_suggest(desk, "--format", "json", "--tag", "next").stdout)
    assert (said["base"], said["tag"], said["exact"]) == ("v1", "next", True)
    (block,) = said["blocks"]
    assert (block["on"], block["verdict"]) == ("type Order", "exact")
    assert [each["operation"] for each in block["operations"]] == [
        "rename name -> customer_name",
        "add note?: string",
    ]
    assert block["operations"][0]["confidence"] < 100


def test_from_compares_with_a_revision(desk: Path) -> None:
    (desk.parent / "gati.lock").unlink()
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", str(desk.parent)]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "v1"], check=True)
    desk.write_text(AFTER)
    ran = gatid(
        "timescape", "suggest", "--date", "2026-09-15", "--from", "main:app.gati", cwd=desk.parent
    )
    assert (ran.returncode, ran.stdout) == (0, BLOCK), ran.stderr


def test_without_a_lock_it_says_what_to_do(desk: Path) -> None:
    (desk.parent / "gati.lock").unlink()
    ran = _suggest(desk)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "`gatid release v1`" in ran.stderr
    assert "--from" in ran.stderr


def test_what_does_not_compile_is_told(desk: Path) -> None:
    desk.write_text(AFTER.replace("note?: string", "note?: sting"))
    ran = _suggest(desk)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "`sting`" in ran.stderr
