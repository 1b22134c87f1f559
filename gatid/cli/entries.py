"""Paths given on the command line, as entry files and plans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatid.cli.brief import brief
from gatid.cli.faults import Misused, Refused, show

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gatid_compiler.passes.effective import Effective
    from gatid_compiler.plan import Plan

_APP = re.compile(r"^[ \t]*app[ \t]+[A-Za-z_]", re.MULTILINE)


def entries(path: Path) -> list[Path]:
    """The file itself; of a folder, every `.gati` file in or below it that declares an app.

    Raises:
        Misused: a folder in which no file does.
    """
    if not path.is_dir():
        return [path]
    found = [
        file
        for file in sorted(path.rglob("*.gati"))
        if not any(part.startswith(".") for part in file.relative_to(path).parts)
        and _APP.search(file.read_text(encoding="utf-8", errors="replace"))
    ]
    if not found:
        raise Misused(f"no .gati file in {path} declares an `app`")
    return found


def entry(path: Path) -> Path:
    """The one entry file that the path means.

    Raises:
        Misused: a folder that holds none or several.
    """
    found = entries(path)
    if len(found) > 1:
        names = ", ".join(str(file) for file in found)
        raise Misused(f"{path} holds several apps, name one: {names}")
    return found[0]


def compiled(
    path: Path, *, warnings: bool = True, annotations: bool = True
) -> tuple[Plan, Mapping[str, Effective]]:
    """The plan of an entry file, and where each route's settings came from. Warnings are for
    who checks or compiles, not for who only looks; `annotations` of handlers are held against
    their routes but by who writes new ones.

    Raises:
        Refused: the configuration is at fault, which has been shown.
    """
    with brief():
        from gatid_compiler.pipeline import compile_project

        result = compile_project(entry(path), annotations=annotations)
    if warnings or result.plan is None:
        show(result.diagnostics)
    if result.plan is None:
        raise Refused("")
    return result.plan, result.settings


def read(path: Path, *, annotations: bool = True) -> tuple[Plan, Mapping[str, Effective]]:
    """As `compiled`, of a `.plan` file too, which does not know where settings came from.

    Raises:
        Refused: the configuration or the plan is at fault.
    """
    if not is_plan(path):
        return compiled(path, warnings=False, annotations=annotations)
    from gatid_compiler.plan_json import BadPlanError, loads

    try:
        return loads(path.read_bytes()), {}
    except BadPlanError as error:
        raise Refused(f"{path}: {error}") from error


def is_plan(path: Path) -> bool:
    """Whether the path names a compiled plan, by its suffix."""
    return path.suffix == ".plan"
