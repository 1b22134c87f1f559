"""One thread that waits for descriptors, timers and signals, and calls what is due.

The supervisor runs on this rather than on asyncio because it forks: there is no loop to leave
behind in a child, no executor, and never a second thread.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class Timer:
    """A call that is due at a moment of the monotonic clock, unless cancelled."""

    due: float
    serial: int
    call: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        """Forget the call; harmless when it has been made."""
        self.call = None


class Reactor:
    """The supervisor's loop. Callbacks run one at a time and never block for long."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[Timer] = []
        self._serials = itertools.count()
        self._running = False
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._signals: dict[int, Callable[[], None]] = {}
        self._private: set[int] = set()
        self.watch(self._woken.fileno(), self._on_signal)

    def watch(self, fd: int, ready: Callable[[], None], *, write: bool = False) -> None:
        """Call `ready` whenever the descriptor can be read (or written)."""
        events = selectors.EVENT_WRITE if write else selectors.EVENT_READ
        if fd in self._selector.get_map():
            self._selector.modify(fd, events, ready)
        else:
            self._selector.register(fd, events, ready)

    def unwatch(self, fd: int) -> None:
        """Stop watching; harmless for a descriptor that is not watched."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(fd)

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call once, so many seconds from now."""
        timer = Timer(time.monotonic() + seconds, next(self._serials), call)
        heapq.heappush(self._timers, timer)
        return timer

    def on_signals(self, handlers: dict[int, Callable[[], None]]) -> None:
        """Call these when the process gets the signals, from the loop and not in between."""
        self._signals = handlers
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in handlers:
            signal.signal(number, lambda *_: None)

    def run(self) -> None:
        """Run until `stop`."""
        self._running = True
        while self._running:
            for key, _ in self._selector.select(self._pause()):
                # An earlier callback of this round may have unwatched it.
                if self._running and self._selector.get_map().get(key.fd) is key:
                    key.data()
            self._call_due()

    def stop(self) -> None:
        """Let `run` return after the present callback."""
        self._running = False

    def close(self) -> None:
        """Give up what the loop itself holds; what is watched is its owners'."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._wake.close()
        self._woken.close()

    def private(self, fd: int) -> None:
        """Let children close this descriptor too, though nothing is waited for on it."""
        self._private.add(fd)

    def public(self, fd: int) -> None:
        """Forget a private descriptor, because it is closed."""
        self._private.discard(fd)

    def leave(self) -> None:
        """In a forked child: give up everything watched or private, and the signals.

        The descriptors are closed and not unregistered, for the set that epoll watches is
        shared with the parent.
        """
        signal.set_wakeup_fd(-1)
        for number in self._signals:
            signal.signal(number, signal.SIG_DFL)
        closed = {key.fd for key in self._selector.get_map().values()} | self._private
        closed.add(self._wake.detach())
        self._woken.detach()
        for fd in closed:
            with contextlib.suppress(OSError):
                os.close(fd)
        self._selector.close()

    def _pause(self) -> float | None:
        while self._timers and self._timers[0].call is None:
            heapq.heappop(self._timers)
        if not self._timers:
            return None
        return max(0.0, self._timers[0].due - time.monotonic())

    def _call_due(self) -> None:
        now = time.monotonic()
        while self._running and self._timers and self._timers[0].due <= now:
            timer = heapq.heappop(self._timers)
            if timer.call is not None:
                call, timer.call = timer.call, None
                call()

    def _on_signal(self) -> None:
        try:
            numbers = self._woken.recv(4096)
        except BlockingIOError:
            return
        for number in numbers:
            handler = self._signals.get(number)
            if handler is not None:
                handler()
