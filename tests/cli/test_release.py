"""`gatid release`: what is frozen stays as it was, what cannot be frozen is refused."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.cli.processes import EXAMPLES, gatid

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The shop's entry file, in a copy of its own."""
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("gati.lock"))
    return tmp_path / "examples" / "shop.gati"


def test_versions_are_released_in_order(shop: Path) -> None:
    early = gatid("release", "v2", "--project", shop)
    assert (early.returncode, early.stdout) == (1, "")
    assert "`gatid release v1` first" in early.stderr
    for tag in ("v1", "stable", "v3"):
        ran = gatid("release", tag, "--project", shop)
        assert ran.returncode == 0, ran.stderr
    again = gatid("release", "v1", "--project", shop)
    assert (again.returncode, again.stderr) == (1, "`v1` is released already\n")
    assert gatid("check", shop).returncode == 0


def test_a_dry_run_writes_nothing(shop: Path) -> None:
    ran = gatid("release", "v1", "--project", shop, "--dry-run")
    assert ran.returncode == 0
    assert "nothing was written" in ran.stderr
    assert "route ping" in ran.stdout
    assert not (shop.parent / "gati.lock").exists()


def test_what_is_released_may_not_be_edited(shop: Path) -> None:
    gatid("release", "v1", "--project", shop)
    changes = shop.parent / "changes/orders.gati"
    changes.write_text(changes.read_text().replace('"closed" ->', '"done" ->'))
    ran = gatid("check", shop)
    assert ran.returncode == 1
    assert "error[released-changed]: `Order` is not what was released as `v1`" in ran.stderr
    assert 'status: "closed" | "open"' in ran.stderr
    assert 'status: "done" | "open"' in ran.stderr
    assert "say in `change v2` or `change v3` what became different" in ran.stderr
    assert "--> gati.lock:" in ran.stderr
    refused = gatid("release", "v2", "--project", shop)
    assert refused.returncode == 1
    assert "released-changed" in refused.stderr


def test_what_is_not_proved_is_not_released(tmp_path: Path) -> None:
    entry = tmp_path / "app.gati"
    (tmp_path / "desk.py").write_text("async def put(req, res, gctx, lctx):\n    return None\n")
    entry.write_text(
        "app desk { auth none }\n"
        "version 2025-11-01 as v1\nversion 2026-03-01 as v2\n"
        "type Tag { kind: int(0..1000), rank: int(0..250000) }\n"
        "route put PUT /tags {\n  body Tag\n"
        "  returns 204\n  handler desk:put\n}\n"
        "change v2 {\n  type Tag {\n    compute rank: int(0..250000) "
        "= kind * (1000 - kind)\n  }\n}\n"
    )
    assert gatid("release", "v1", "--project", tmp_path).returncode == 0
    ran = gatid("release", "v2", "--project", tmp_path)
    assert ran.returncode == 1
    assert "warning[unproved]" in ran.stderr
    assert ran.stderr.endswith(
        "`v2` cannot be released:\n  put: the transform of its requests is not proved\n"
    )
    status = gatid("timescape", "status", "--project", tmp_path)
    assert status.stdout.splitlines()[-2:] == [
        "next:     v2, which waits for",
        "  put: the transform of its requests is not proved",
    ]


def test_the_lock_of_another_app_is_left_alone(shop: Path) -> None:
    gatid("release", "v1", "--project", shop)
    hello = shop.parent / "hello.gati"
    assert gatid("check", hello).returncode == 0
    hello.write_text(hello.read_text() + "\nversion 2026-01-01 as v1\n")
    ran = gatid("release", "v1", "--project", hello)
    assert ran.returncode == 2
    assert "gati.lock here is that of shop.gati" in ran.stderr


MISUSES = (
    (["release", "v9", "--project", "examples/shop.gati"], "no version is called `v9`"),
    (["release", "v1", "--project", "examples/hello.gati"], "declares no version"),
    (["release", "v1", "--project", "no/such/folder"], "does not exist"),
)


@pytest.mark.parametrize(("words", "said"), MISUSES)
def test_misuse_is_status_2(words: list[str], said: str) -> None:
    ran = gatid(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr
