"""Projects written to a directory and compiled, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatid_compiler.pipeline import Result, compile_project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Files = Mapping[str, str]
    Compile = Callable[[Files], Result]


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    """Compiles files given by name; each call has a directory of its own."""
    made = 0

    def run(files: Files) -> Result:
        nonlocal made
        made += 1
        root = tmp_path / str(made)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return compile_project(root / "app.gati")

    return run


@pytest.fixture
def faults() -> Callable[[Result], list[tuple[str, str]]]:
    """What a result says, as codes and the texts that they underline."""
    return lambda result: [(d.code, d.span.text) for d in result.diagnostics]
