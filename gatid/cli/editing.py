"""Secrets in an editor: in a file that is only in memory, and only while the editor runs."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatid.cli.faults import Misused, Refused
from gatid.services.secrets.vault import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

_IN_MEMORY = frozenset({"tmpfs", "ramfs"})


def edited(values: Mapping[str, str]) -> Mapping[str, str]:
    """The values after an editor was closed.

    Raises:
        Misused: there is no editor, or no file system in memory.
        Refused: the editor failed, or what it left are no values; nothing is changed then.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise Misused("no editor: set $EDITOR")
    with _folder() as folder:
        file = folder / "secrets.json"
        text = json.dumps(values, indent=2, ensure_ascii=False, sort_keys=True)
        file.touch(mode=0o600)
        file.write_text(f"{text}\n", encoding="utf-8")
        while True:
            _run(editor, file)
            fault, found = _read(file)
            if fault is None:
                return found
            if not sys.stdin.isatty() or not click.confirm(f"{fault}; edit again?", err=True):
                raise Refused(f"{fault}; nothing was changed")


def _run(editor: str, file: Path) -> None:
    try:
        done = subprocess.run([*shlex.split(editor), str(file)], check=False)  # noqa: S603 - the user's
    except OSError as error:
        raise Misused(f"cannot run `{editor}`: {error.strerror}") from error
    if done.returncode:
        raise Refused(f"`{editor}` failed; nothing was changed")


def _read(file: Path) -> tuple[str | None, Mapping[str, str]]:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        return f"line {error.lineno} is no JSON", {}
    except (OSError, UnicodeDecodeError):
        return "the file is no text any more", {}
    if not isinstance(values, dict):
        return "what is there is no object of texts by name", {}
    for name, value in values.items():
        if not NAME.fullmatch(name):
            return f"`{name}` is no name of a secret", {}
        if not isinstance(value, str) or not value:
            return f"the value of `{name}` is no text", {}
    return None, values


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder in memory for us alone, removed whatever ends us but SIGKILL."""
    places = [os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm"]  # noqa: S108 - a folder of our own in it
    for place in places:
        if place and _in_memory(Path(place)) and os.access(place, os.W_OK | os.X_OK):
            break
    else:
        raise Misused(
            "no place in memory to edit in: neither $XDG_RUNTIME_DIR nor /dev/shm is a tmpfs"
        )
    made = Path(tempfile.mkdtemp(prefix="gatid-edit-", dir=place))
    before = {each: signal.signal(each, _end) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield made
    finally:
        shutil.rmtree(made)
        for each, handler in before.items():
            signal.signal(each, handler)


def _in_memory(place: Path) -> bool:
    """Whether a folder is on a file system that has no disk."""
    try:
        where = str(place.resolve(strict=True))
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    best = ("", "")
    for line in mounts.splitlines():
        _, point, system, *_ = line.split(" ")
        inside = where == point or where.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best[0]):
            best = (point, system)
    return best[1] in _IN_MEMORY


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    raise SystemExit(128 + number)
