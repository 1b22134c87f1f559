"""What the tests of the house look at: the files that git knows."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("gatid", "dsl/gatid_dsl", "compiler/gatid_compiler")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository that is there, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return tuple(
        path for name in listed.split("\0") if name and (ROOT / (path := Path(name))).is_file()
    )


@cache
def modules() -> tuple[Path, ...]:
    """Every Python file of the three packages."""
    return tuple(
        path
        for path in tracked()
        if path.suffix == ".py" and any(path.is_relative_to(package) for package in PACKAGES)
    )


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))
