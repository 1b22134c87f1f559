"""What `gatid diff` compares: entry files, folders, plans, OpenAPI documents, and any of them
in a git revision.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from gatid.cli.entries import entry, is_plan, read
from gatid.cli.faults import Misused, Refused, show
from gatid_compiler.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

_DOCUMENTS = (".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Compared:
    """A plan, and by its place what its source says beside that."""

    plan: Plan
    left_out: Mapping[str, str]


def compared(said: str) -> Compared:
    """What a path holds, or `REVISION:PATH` in the git repository around this folder.

    Raises:
        Misused: there is no such path or revision.
        Refused: the configuration is at fault, which has been shown.
    """
    with place_of(said) as place:
        if place.suffix in _DOCUMENTS and not is_plan(place):
            return _imported(place)
        return Compared(_plan(place), {})


@contextmanager
def place_of(said: str) -> Iterator[Path]:
    """The path, or where the files of `REVISION:PATH` are for the time being.

    Raises:
        Misused: there is no such path or revision.
    """
    path = Path(said)
    if path.exists():
        yield path
        return
    revision, colon, inside = said.partition(":")
    if not colon or not revision:
        raise Misused(f"{said} does not exist")
    with tempfile.TemporaryDirectory(prefix="gatid-diff-") as folder:
        place = _check_out(revision, inside, Path(folder))
        if not place.exists():
            raise Misused(f"{revision} has no {inside}")
        yield place


def _plan(path: Path) -> Plan:
    """The plan; of what the compiler says only what keeps it from being one is shown."""
    if is_plan(path):
        return read(path)[0]
    from gatid_compiler.pipeline import compile_project

    result = compile_project(entry(path))
    if result.plan is None:
        show([d for d in result.diagnostics if d.severity == "error"])
        raise Refused("")
    return result.plan


def _imported(path: Path) -> Compared:
    """The plan of an OpenAPI document, and what the language cannot express of it."""
    from gatid_compiler.openapi.exact import exact
    from gatid_compiler.openapi.left_out import left_out
    from gatid_compiler.openapi.load import BadDocumentError, load
    from gatid_compiler.openapi.project import project
    from gatid_compiler.pipeline import compile_project

    try:
        document = load(path)
        made = project(document, compared=True)
    except BadDocumentError as error:
        raise Misused(f"{path}: {error}") from error
    if made.notes:
        count = len(made.notes)
        click.echo(f"{path}: {count} not expressed as it was, see `gatid import`", err=True)
    with tempfile.TemporaryDirectory(prefix="gatid-diff-") as folder:
        for name, text in made.files.items():
            file = Path(folder) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        result = compile_project(entry(Path(folder)))
    if result.plan is None:
        show([d for d in result.diagnostics if d.severity == "error"])
        raise Refused(f"{path} cannot be compared")
    return Compared(exact(result.plan, made.exact), left_out(document, made.notes))


def _check_out(revision: str, inside: str, folder: Path) -> Path:
    """The files of a revision in a folder; the repository and its index stay as they are.

    As with `git show`, a path is relative to the repository's root, or with `./` to here.
    """
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise Misused(f"{revision}:{inside} is neither a path nor a revision git knows here")
    root = Path((_git("rev-parse", "--show-toplevel") or b"").decode().rstrip("\n"))
    sha = commit.decode().strip()
    archive = _git("-C", str(root), "archive", "--format=tar", sha)
    if archive is None:
        raise Misused(f"git cannot read the files of {revision}")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    here = PurePosixPath()
    if inside.startswith(("./", "../")):
        here = PurePosixPath(Path.cwd().resolve().relative_to(root.resolve()).as_posix())
    place = (folder / here / inside).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise Misused(f"{inside} is outside the repository")
    return place


def _git(*words: str) -> bytes | None:
    """What git prints, None where it fails."""
    try:
        done = subprocess.run(["git", *words], capture_output=True, check=False)  # noqa: S603, S607 - the user's git
    except FileNotFoundError:
        raise Misused("git is not installed, and only it can read a revision") from None
    return done.stdout if done.returncode == 0 else None
