"""Children of the supervisor: forked from its one thread, watched by a pidfd."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.daemon.reactor import Reactor

BROKEN = 70
"""Exit status of a child of ours that failed by a fault of ours (`EX_SOFTWARE`)."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended: by a status, or by a signal."""

    status: int
    signal: int

    def __str__(self) -> str:
        if self.signal:
            return f"killed by {signal.Signals(self.signal).name}"
        return f"exit status {self.status}"


@dataclass(slots=True)
class Child:
    """A forked process. `pidfd` names it safely even after it has died."""

    pid: int
    pidfd: int

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal; harmless when the process has gone."""
        with contextlib.suppress(ProcessLookupError, OSError):
            signal.pidfd_send_signal(self.pidfd, number)

    def reap(self) -> Exit:
        """Collect a process that has ended."""
        _, status = os.waitpid(self.pid, 0)
        os.close(self.pidfd)
        if os.WIFSIGNALED(status):
            return Exit(0, os.WTERMSIG(status))
        return Exit(os.WEXITSTATUS(status), 0)


def fork(reactor: Reactor, body: Callable[[], int], ended: Callable[[Exit], None]) -> Child:
    """Run `body` in a child, which exits with what it returns; tell `ended` how it ended.

    The child has none of the descriptors that the reactor watches.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _live(reactor, body)
    child = Child(pid, os.pidfd_open(pid))

    def gone() -> None:
        reactor.unwatch(child.pidfd)
        ended(child.reap())

    reactor.watch(child.pidfd, gone)
    return child


def _live(reactor: Reactor, body: Callable[[], int]) -> None:
    status = BROKEN
    try:
        reactor.leave()
        status = body()
    except BaseException:  # noqa: BLE001 - a forked child may never return into its parent's code
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(status)
