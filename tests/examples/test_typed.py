"""The shop's handlers are typed by what `gatid gen python` writes, and mypy holds them to it."""

from __future__ import annotations

import os
import subprocess
import sys
from shutil import copytree
from typing import TYPE_CHECKING

from tests.cli.processes import gatid
from tests.house.repository import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HANDLERS = ("orders", "hooks", "catalogue", "pricing")


def mypy(folder: Path) -> subprocess.CompletedProcess[str]:
    files = [f"shop/{name}.py" for name in HANDLERS]
    return subprocess.run(
        [sys.executable, *["-m", "mypy", "--strict", "--follow-imports=silent", "--no-incremental"],
         "--explicit-package-bases", *files],
        cwd=folder, env={**os.environ, "MYPYPATH": f"{ROOT}:{ROOT}/compiler:{ROOT}/dsl"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_is_written_is_there() -> None:
    done = gatid("gen", "python", "examples/shop.gati")
    assert done.stdout == (ROOT / "examples/shop/api.py").read_text(), (
        "write it again: gatid gen python examples/shop.gati -o examples/shop/api.py"
    )


def test_after_a_change_check_and_mypy_say_where(tmp_path: Path) -> None:
    folder = tmp_path / "examples"
    copytree(ROOT / "examples", folder)
    assert mypy(folder).returncode == 0, mypy(folder).stdout
    types = folder / "types/orders.gati"
    text = types.read_text()
    changed = text.replace("type NewOrder {", "type NewOrder {\n  lines_of: int\n", 1)
    changed = changed.replace("quantity: int(", "quantity: string(", 1)
    assert changed.count("string(") > text.count("string("), "the shop's types changed"
    types.write_text(changed)
    checked = gatid("check", str(folder / "shop.gati"))
    assert checked.returncode == 1
    assert "error[handler-type]: the route `create_order` lets in a body" in checked.stderr
    # Writing the types anew does not wait for the handlers to be right.
    written = gatid("gen", "python", str(folder / "shop.gati"), "-o", str(folder / "shop/api.py"))
    assert written.returncode == 0, written.stderr
    done = mypy(folder)
    assert done.returncode == 1
    assert "shop/pricing.py" in done.stdout
    assert "error: Unsupported operand types" in done.stdout
