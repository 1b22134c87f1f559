"""Compiling as a whole: what it does not need, and what it never does."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from gatid_compiler.passes.report import Report
from gatid_compiler.passes.types import TypeReader
from gatid_compiler.pipeline import compile_project
from gatid_compiler.timescape import unfold
from gatid_dsl.source import Source, Span
from gatid_dsl.syntax import Path as SyntaxPath
from gatid_dsl.syntax import Route, Word

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
NOWHERE = Span(Source("app.gati", ""), 0, 0)
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


def test_one_contract_each_is_what_history_unfolds_to_without_versions(tmp_path: Path) -> None:
    """The short cut for projects without versions says the same as the long way."""
    (tmp_path / "app.gati").write_text(APP)
    (tmp_path / "shop.py").write_text(PYTHON)
    result = compile_project(tmp_path / "app.gati")
    assert result.plan is not None
    (route,) = result.plan.routes
    (contract,) = route.contracts
    report = Report()
    head = unfold.HeadRoute(
        route.name,
        contract.method,
        contract.path,
        contract.shape,
        contract.handler,
        Route(
            Word("create", NOWHERE), Word("POST", NOWHERE), SyntaxPath((), NOWHERE), (), "", NOWHERE
        ),
    )
    types = result.plan.types
    unfolded = unfold.unfold([head], types, (), (), TypeReader({}, report), report)
    assert unfolded.contracts == {"create": (contract,)}
    assert dict(unfolded.types) == dict(types)
