"""Speaking to a daemon that runs: find it, and ask it over its control socket.

A request is one line of JSON, the answer another; the daemon closes the connection after it.
Only the daemon's own user and root are heard.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatid.daemon import places
from gatid.daemon.store import StateError, running


class NoDaemonError(Exception):
    """No daemon can be spoken to; the message says where was looked."""


class ManyDaemonsError(Exception):
    """Several run and none was named; the message lists them."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What came of a reload; `answer` is the whole verdict, empty when nobody waited."""

    ok: bool
    message: str
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Daemon:
    """A running daemon."""

    state: Path
    control: Path

    def status(self) -> dict[str, Any]:
        """What it serves and how its workers are."""
        return self._ask({"command": "status"})

    def reload(self, wait: bool = True) -> Reloaded:
        """Let it compile its configuration anew and swap to it; `wait` for the verdict."""
        answer = self._ask({"command": "reload", "wait": wait})
        return Reloaded(bool(answer["ok"]), str(answer["message"]), answer.get("verdict", {}))

    def restart(self, module: str, wait: bool = True) -> Reloaded:
        """Let every worker start a module again, with the code that serves."""
        answer = self._ask({"command": "reload", "module": module, "wait": wait})
        return Reloaded(bool(answer["ok"]), str(answer["message"]), {})

    def stop(self, wait: bool = True) -> None:
        """Let it stop gracefully; `wait` until it has ended."""
        with self._connect({"command": "stop"}) as sock, contextlib.suppress(ConnectionError):
            data = sock.recv(4096)
            while wait and data:
                data = sock.recv(4096)

    def _connect(self, request: dict[str, Any]) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(os.fsencode(self.control))
            sock.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            sock.close()
            raise NoDaemonError(f"cannot reach the daemon at `{self.control}`: {error}") from None
        return sock

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        line = b""
        with (
            self._connect(request) as sock,
            sock.makefile("rb") as lines,
            contextlib.suppress(ConnectionError),
        ):
            line = lines.readline()
        if not line.endswith(b"\n"):
            raise NoDaemonError("the daemon ended before it answered")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise NoDaemonError(answer["error"])
        return answer


def find(state: Path | None) -> Daemon:
    """The daemon of a state directory, of `$STATE_DIRECTORY`, or the only one that runs.

    Raises `NoDaemonError` and `ManyDaemonsError`.
    """
    if state is None and os.environ.get("STATE_DIRECTORY"):
        state = places.state_directory(None, "")
    if state is not None:
        return _of(state.absolute())
    try:
        found = places.registered()
    except StateError as error:
        raise NoDaemonError(str(error)) from None
    if not found:
        raise NoDaemonError("no daemon of this user runs (name its state directory with --state)")
    if len(found) > 1:
        listed = "\n".join(f"  --state {path}" for path in found)
        raise ManyDaemonsError(f"several daemons run, choose one:\n{listed}")
    return _of(found[0])


def _of(state: Path) -> Daemon:
    daemon = running(state)
    if daemon is None:
        raise NoDaemonError(f"no daemon holds the state directory `{state}`")
    return Daemon(state, Path(daemon.control))
