"""Where a daemon keeps things when nobody says: state, sockets, and the list of who runs."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

from gatid.daemon.store import StateError, running

LONGEST_SOCKET = 107
"""Bytes of a UNIX socket's path, its end not counted (unix(7))."""


def state_directory(chosen: Path | None, name: str) -> Path:
    """`--state`, else `$STATE_DIRECTORY`, else the app's folder under `$XDG_STATE_HOME/gatid`."""
    if chosen is not None:
        return chosen
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given)
    home = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return Path(home) / "gatid" / (re.sub(r"[^A-Za-z0-9_.-]", "_", name).lstrip(".") or "app")


def runtime_directory() -> Path:
    """A short folder of this user alone: `$XDG_RUNTIME_DIR/gatid`, else one in `/tmp`."""
    given = os.environ.get("XDG_RUNTIME_DIR")
    path = Path(given) / "gatid" if given else Path(f"/tmp/gatid-{os.geteuid()}")  # noqa: S108
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
    except OSError as error:
        raise StateError(f"cannot use the folder `{path}`: {error.strerror}") from None
    # `/tmp` is everyone's: the folder may have been laid there by somebody else.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise StateError(f"the folder `{path}` is not this user's alone")
    return path


def control_socket(state: Path) -> Path:
    """Where the control socket goes: in the state directory, where that path is short enough."""
    path = state / "control.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET:
        return path
    return runtime_directory() / f"{_short(state)}.sock"


def register(state: Path) -> None:
    """Put a daemon on the list of those that run."""
    (runtime_directory() / f"{_short(state)}.state").write_text(str(state), encoding="utf-8")


def unregister(state: Path) -> None:
    """Take a daemon off the list."""
    (runtime_directory() / f"{_short(state)}.state").unlink(missing_ok=True)


def registered() -> tuple[Path, ...]:
    """The state directories of the daemons of this user that run; stale entries are removed."""
    found = []
    for entry in sorted(runtime_directory().glob("*.state")):
        state = Path(entry.read_text(encoding="utf-8"))
        if running(state) is None:
            entry.unlink(missing_ok=True)
        else:
            found.append(state)
    return tuple(found)


def _short(state: Path) -> str:
    return hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
