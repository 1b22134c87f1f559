"""Work that is done in a child of its own, because it may hang, exit or never be undone.

A job hands back what it found as JSON lines on a pipe. Whatever it prints, or writes to
descriptors that are not its own, is caught apart or ignored, and can neither spoil the result
nor reach the daemon's own output. A job does not outlive the daemon.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatid.daemon.process import Child, Exit, fork

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.daemon.reactor import Reactor, Timer

_OUTPUT = 64 << 10
_MOST_OUTPUT = 16 << 20
"""Bytes after which printing fails, so that what prints without end does not fill the memory."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: the values it told, what it printed, how it ended."""

    told: tuple[Any, ...]
    printed: str
    exit: Exit
    timed_out: bool


class Job:
    """One piece of work under way in a process group of its own."""

    def __init__(
        self,
        reactor: Reactor,
        body: Callable[[Callable[[Any], None]], int],
        timeout: float,
        done: Callable[[Outcome], None],
    ) -> None:
        self._reactor = reactor
        self._done = done
        self._timed_out = False
        self._buffer = bytearray()
        self._output = _bounded_file()
        self._read, write = os.pipe()
        leash, self._leash = os.pipe()
        # What is ours is told by a word that nobody can write by accident.
        self._word = secrets.token_hex(16).encode()
        os.set_blocking(self._read, False)
        read, output, word = self._read, self._output, self._word
        reactor.private(self._leash)

        def live() -> int:
            os.close(read)
            _end_with(leash)
            os.dup2(output, 1)
            os.dup2(output, 2)
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            # Unbuffered, so that what a module prints before it ends the process is seen.
            sys.stdout = os.fdopen(1, "w", buffering=1, errors="replace", closefd=False)
            sys.stderr = os.fdopen(2, "w", buffering=1, errors="replace", closefd=False)

            def tell(value: Any) -> None:
                data = word + json.dumps(value).encode() + b"\n"
                while data:
                    data = data[os.write(write, data) :]

            return body(tell)

        self._child: Child = fork(reactor, live, self._ended, group=True)
        os.close(write)
        os.close(leash)
        reactor.private(self._output)
        reactor.watch(self._read, self._on_data)
        self._timer: Timer = reactor.later(timeout, self._on_timeout)

    def cancel(self) -> None:
        """Kill it; nobody is told."""
        self._done = _nobody
        self._child.kill()

    def _on_timeout(self) -> None:
        self._timed_out = True
        self._child.kill()

    def _on_data(self) -> None:
        try:
            data = os.read(self._read, 1 << 20)
        except BlockingIOError:
            return
        if data:
            self._buffer += data
        else:
            self._reactor.unwatch(self._read)

    def _ended(self, exit_: Exit) -> None:
        self._timer.cancel()
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._read, 1 << 20):
                self._buffer += data
        self._reactor.unwatch(self._read)
        os.close(self._read)
        # Both processes share one place in the file: where the job stopped writing.
        size = os.lseek(self._output, 0, os.SEEK_CUR)
        start = max(0, size - _OUTPUT)
        printed = os.pread(self._output, size - start, start).decode(errors="replace")
        for fd in (self._output, self._leash):
            os.close(fd)
            self._reactor.public(fd)
        lines = bytes(self._buffer).split(b"\n")[:-1]
        told = tuple(json.loads(value) for line in lines if (value := self._ours(line)))
        self._done(Outcome(told, printed, exit_, self._timed_out))

    def _ours(self, line: bytes) -> bytes:
        """What was told in a line; nothing where a stranger wrote it."""
        return line.rpartition(self._word)[2] if self._word in line else b""


def _bounded_file() -> int:
    """A file in memory that cannot grow beyond what a job may print."""
    fd = os.memfd_create("gatid-job", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, _MOST_OUTPUT)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
    return fd


def _end_with(leash: int) -> None:
    """Let the kernel kill this process when nobody holds the other end of a pipe any more."""
    fcntl.fcntl(leash, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(leash, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(leash, fcntl.F_SETFL, fcntl.fcntl(leash, fcntl.F_GETFL) | os.O_ASYNC)


def _nobody(outcome: Outcome) -> None:
    pass
