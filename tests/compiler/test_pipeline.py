"""Compiling as a whole: what it does not need, and what it never does."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

APP = """\
app shop {
  listen "127.0.0.1:8080"
  auth   none
}
type Order { id: Uuid, lines: string[1..50] }
route create POST /orders {
  body    Order
  returns 201 Order
  handler shop:create
}
"""
PYTHON = "async def create(req, res, gctx, lctx):\n    return req.body\n"
HEAVY = ("pydantic_core", "pydantic", "cryptography", "granian", "uvloop", "asyncio", "orjson")


def test_checking_loads_nothing_heavy(tmp_path: Path) -> None:
    """`check` answers at once: what only serving needs is not imported on the way."""
    (tmp_path / "app.gati").write_text(APP)
    (tmp_path / "shop.py").write_text(PYTHON)
    program = (
        "import pathlib, sys\n"
        "from gatid_compiler.pipeline import compile_project\n"
        "result = compile_project(pathlib.Path(sys.argv[1]))\n"
        "assert result.plan is not None and not result.diagnostics\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "app.gati")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
