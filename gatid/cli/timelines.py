"""The timeline of a project, and its lock, for the verbs that speak of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from gatid.cli.entries import entry
from gatid.cli.faults import Misused, Refused, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid_compiler.plan import Plan  # noqa: TC004 — verbs import late
    from gatid_compiler.timescape.lock.model import Lock  # noqa: TC004
    from gatid_compiler.timescape.lock.past import Past  # noqa: TC004 — verbs import late

project_option = click.option(
    "--project",
    metavar="PATH",
    default=".",
    type=click.Path(exists=True, path_type=Path),
    help="The entry file, or the folder that holds it. Default: where you are.",
)


def project_argument(verb: Callable[..., None]) -> Callable[..., None]:
    """The project, for verbs that are given nothing else: as it is, or as the others take it."""

    @click.argument(
        "place", metavar="[PROJECT]", required=False, type=click.Path(exists=True, path_type=Path)
    )
    @project_option
    @wraps(verb)
    def run(place: Path | None, project: Path, **rest: object) -> None:
        source = click.get_current_context().get_parameter_source("project")
        if place is not None and source is not ParameterSource.DEFAULT:
            raise click.UsageError("name the project once: as an argument, or with --project")
        verb(project=place or project, **rest)

    return run


@dataclass(frozen=True, slots=True)
class Timeline:
    """A compiled project with versions, and what is released of it; `path` is its lock's."""

    plan: Plan
    past: Past
    lock: Lock
    path: Path


def timeline(project: Path, *, warnings: bool = False) -> Timeline:
    """The timeline of the project. Warnings are for who releases, not for who only looks.

    Raises:
        Refused: the project is at fault, or its lock, which has been shown.
        Misused: it declares no versions.
    """
    from gatid_compiler.passes.report import Report
    from gatid_compiler.pipeline import LOCK, compile_project
    from gatid_compiler.timescape.lock.judge import load
    from gatid_compiler.timescape.lock.model import Lock

    file = entry(project)
    result = compile_project(file)
    if warnings or result.plan is None:
        show(result.diagnostics)
    if result.plan is None:
        raise Refused("")
    if result.past is None or not result.past.releases:
        raise Misused(f"{file} declares no version; write one: `version 2026-01-31 as v1`")
    whole = file.resolve()
    path = whole.parent / LOCK
    lock = load(path, Report()) if path.is_file() else Lock(whole.name)
    if lock is None:
        raise Refused(f"{LOCK} was changed while it was read")
    if lock.entry != whole.name:
        raise Misused(
            f"the {LOCK} here is that of {lock.entry}; give {whole.name} a folder of its own"
        )
    return Timeline(result.plan, result.past, lock, path)


def release_of(past: Past, name: str) -> int:
    """The number of the version that a tag, a date or `head` means.

    Raises:
        Misused: there is none.
    """
    number = past.find(name)
    if number is None:
        labels = ", ".join(f"`{release.label}`" for release in past.releases)
        raise Misused(f"no version is called `{name}`; there are {labels}")
    return number
