"""Work that is done in a child of its own, because it may hang, exit or never be undone.

A job hands back what it found as JSON lines on a pipe. Whatever it prints is caught apart and
can neither spoil the result nor reach the daemon's own output.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatid.daemon.process import Child, Exit, fork

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.daemon.reactor import Reactor, Timer

_OUTPUT = 64 << 10


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
        self._output = os.memfd_create("gatid-job")
        self._read, write = os.pipe()
        os.set_blocking(self._read, False)
        read, output = self._read, self._output

        def live() -> int:
            os.close(read)
            os.dup2(output, 1)
            os.dup2(output, 2)
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            # Unbuffered, so that what a module prints before it ends the process is seen.
            sys.stdout = os.fdopen(1, "w", buffering=1, errors="replace", closefd=False)
            sys.stderr = os.fdopen(2, "w", buffering=1, errors="replace", closefd=False)

            def tell(value: Any) -> None:
                data = json.dumps(value).encode() + b"\n"
                while data:
                    data = data[os.write(write, data) :]

            return body(tell)

        self._child: Child = fork(reactor, live, self._ended, group=True)
        os.close(write)
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
        printed = os.pread(self._output, _OUTPUT, 0).decode(errors="replace")
        os.close(self._output)
        self._reactor.public(self._output)
        lines = bytes(self._buffer).split(b"\n")[:-1]
        told = tuple(json.loads(line) for line in lines)
        self._done(Outcome(told, printed, exit_, self._timed_out))


def _nobody(outcome: Outcome) -> None:
    pass
