"""Where log lines go: a descriptor, written at once when that cannot block.

A pipe or socket whose reader sleeps would otherwise stop the event loop. Lines that would
block wait in a bounded queue, which a thread writes out; when it is full they are dropped,
and the next line that goes through says how many. Nothing else is ever buffered: a process
killed loses the waiting lines only.
"""

from __future__ import annotations

import os
import select
import stat
import threading
from collections import deque

_ATOMIC_PIPE = 4096
_ATOMIC_OTHER = 64 << 10


class Sink:
    """Lines on a file descriptor; safe for threads and after a fork.

    `limit` is the longest line, in bytes, that cannot mix with those of other processes
    (PIPE_BUF for pipes).
    """

    def __init__(self, fd: int, *, waiting: int = 10_000) -> None:
        self.fd = fd
        self.dropped = 0
        mode = os.fstat(fd).st_mode
        self.limit = _ATOMIC_PIPE if stat.S_ISFIFO(mode) else _ATOMIC_OTHER
        self._may_block = not stat.S_ISREG(mode)
        self._queue: deque[bytes] = deque()
        self._most = waiting
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._poll = _poll(fd)
        os.register_at_fork(after_in_child=self._after_fork)

    def write(self, line: bytes, lines: int = 1) -> None:
        """Writes a whole line, now or soon. Raises nothing; a closed reader loses it.

        Dropping it counts as dropping `lines`.
        """
        with self._changed:
            if not self._queue and self._ready():
                self._put(line)
                return
            if len(self._queue) >= self._most:
                self.dropped += lines
                return
            self._queue.append(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._drain, name="gatid-log", daemon=True)
                self._thread.start()

    def flush(self, timeout: float) -> bool:
        """Waits until no line is waiting; False when that took longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue, timeout)

    def take_dropped(self) -> int:
        """How many lines were dropped since the last call."""
        with self._changed:
            count, self.dropped = self.dropped, 0
            return count

    def _ready(self) -> bool:
        if not self._may_block:
            return True
        # O_NONBLOCK would belong to everyone who shares the descriptor; asking does not. A
        # pipe that polls writable takes PIPE_BUF bytes at once (pipe(7)).
        return bool(self._poll.poll(0))

    def _put(self, line: bytes) -> None:
        try:
            while line:
                line = line[os.write(self.fd, line) :]
        except OSError:
            self.dropped += 1

    def _drain(self) -> None:
        while True:
            with self._changed:
                if not self._queue:
                    self._thread = None
                    self._changed.notify_all()
                    return
                line = self._queue[0]
            self._put(line)
            with self._changed:
                self._queue.popleft()

    def _after_fork(self) -> None:
        # The parent's thread writes the parent's lines, and may have held the lock.
        self._queue.clear()
        self._changed = threading.Condition()
        self._thread = None
        self._poll = _poll(self.fd)


def _poll(fd: int) -> select.poll:
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return poll
