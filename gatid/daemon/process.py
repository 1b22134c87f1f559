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
    """A forked process; with `group`, the leader of a process group of its own."""

    pid: int
    pidfd: int
    group: bool

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal, to the whole group if it leads one; harmless when it has gone."""
        # Once it is reaped both its numbers may be somebody else's.
        if self.pidfd < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)
        if self.group:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def reap(self) -> Exit:
        """Collect a process that has ended; nothing of its group outlives it."""
        if self.group:
            self.kill()
        _, status = os.waitpid(self.pid, 0)
        os.close(self.pidfd)
        self.pidfd = -1
        if os.WIFSIGNALED(status):
            return Exit(0, os.WTERMSIG(status))
        return Exit(os.WEXITSTATUS(status), 0)


def fork(
    reactor: Reactor,
    body: Callable[[], int],
    ended: Callable[[Exit], None],
    *,
    group: bool = False,
) -> Child:
    """Run `body` in a child, which exits with what it returns; tell `ended` how it ended.

    The child has none of the descriptors that the reactor watches.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        if group:
            os.setpgid(0, 0)
        _live(reactor, body)
    if group:
        # In both, so that it holds whichever comes first.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpgid(pid, pid)
    child = Child(pid, os.pidfd_open(pid), group)

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
