"""Real processes for tests of what processes share."""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FAULT = 70


def fork(body: Callable[[], object]) -> int:
    """Runs `body` in a child and returns its process id."""
    with warnings.catch_warnings():
        # Newer Pythons warn about forks of processes with threads; these children start none.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        return pid
    status = 0
    try:
        body()
    except BaseException:  # noqa: BLE001  # the child must never return into pytest
        traceback.print_exc()
        sys.stderr.flush()
        status = FAULT
    os._exit(status)


def wait(*pids: int) -> None:
    """Waits for children that must have ended well."""
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * len(pids)


def wait_killed(pid: int) -> None:
    """Waits for a child that must have been killed."""
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def die() -> None:
    """Ends this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)
