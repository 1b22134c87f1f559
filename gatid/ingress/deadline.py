"""Deadlines: one timer for all requests of a loop, which cancels the tasks that are late.

A request that is in time costs an entry in a set; no task and no timer is made for it. Those
that run for a while are also told when their client has gone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, cast

from gatid.lifecycle.tasks import NOBODY, install

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.ingress.rsgi import HTTPProtocol

_LISTEN_AFTER = 0.25
_AGAIN = 1.0
_NEVER = float("inf")

Reason = Literal["", "deadline", "gone"]


class Watch:
    """A task that has a deadline. `fired` says why it was cancelled, if we did it."""

    # What few requests need is kept by the class, and costs nothing to make.
    fired: Reason = ""
    proto: HTTPProtocol | None = None
    request_id: str = ""
    answered: bool = False
    """Whether the client was answered while the task still runs."""
    spared: bool = False
    """Whether a cancellation that was not ours waits for the answer."""
    listener: asyncio.Future[None] | None = None

    def __init__(self, task: asyncio.Task[object], since: float, due: float) -> None:
        self.task = task
        self.since = since
        self.due = due

    def cancel(self, reason: Reason) -> None:
        """Cancels the task, once more each time it is called."""
        self.fired = reason
        self.task.cancel()

    def left(self, leaving: asyncio.Future[None]) -> None:
        """The client has closed its connection, or is not listened to any more."""
        if not leaving.cancelled() and leaving.exception() is None and not self.fired:
            self.cancel("gone")

    def cancel_again(self) -> None:
        """Gives back a cancellation that was not ours, and that the answer came before."""
        self.task.cancel()

    def settle(self) -> None:
        """Takes back what our cancelling left behind, so that the task may await again."""
        while self.task.cancelling():
            self.task.uncancel()


class Deadlines:
    """The watched tasks of one event loop, the one that `enter` is first called on.

    `stuck` is called once, a second after a task should have ended and did not, to answer its
    client.
    """

    __slots__ = ("_live", "_loop", "_stuck", "_timer", "_wakes")

    def __init__(self, stuck: Callable[[Watch], None]) -> None:
        self._stuck = stuck
        self._live: set[Watch] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._wakes = 0.0

    def enter(self, seconds: float) -> Watch:
        """Watches the running task: cancelled when `seconds` have passed."""
        loop = self._loop
        if loop is None or not self._live:
            loop = self._bind()
        now = loop.time()
        task = asyncio.current_task(loop)
        if task is None:  # pragma: no cover - granian runs every request in a task
            raise RuntimeError("deadlines are for tasks")
        watch = Watch(task, now, now + seconds)
        self._live.add(watch)
        if self._timer is None or watch.due < self._wakes:
            self._arm(loop, watch.due)
        return watch

    def move(self, watch: Watch, due: float) -> None:
        """Sets another deadline, in the loop's time."""
        watch.due = due
        if due < self._wakes and self._loop is not None:
            self._arm(self._loop, due)

    def extend(self, watch: Watch, seconds: float) -> None:
        """Sets another deadline, from now."""
        if self._loop is not None:
            self.move(watch, self._loop.time() + seconds)

    def handle(self, watch: Watch, seconds: float, proto: HTTPProtocol, request_id: str) -> float:
        """The body has been read: a deadline for the rest, and the client is listened to.

        Returns the deadline in the loop's time.
        """
        loop = self._loop
        if loop is None:
            raise RuntimeError("the task is not watched")
        now = loop.time()
        watch.since = now
        watch.due = due = now + seconds
        watch.proto = proto
        watch.request_id = request_id
        first = now + _LISTEN_AFTER
        if first > due:
            first = due
        if first < self._wakes:
            self._arm(loop, first)
        return due

    def unbounded(self, watch: Watch) -> None:
        """No deadline any more, but the client is listened to from now on: a stream begins."""
        watch.due = _NEVER
        if self._loop is not None and watch.proto is not None and watch.listener is None:
            _listen(self._loop, watch, watch.proto)

    def leave(self, watch: Watch) -> None:
        """Ends watching."""
        self._live.discard(watch)
        if watch.listener is not None:
            watch.listener.cancel()

    def _bind(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop = loop
            self._timer = None
            install(loop)
        return loop

    def _arm(self, loop: asyncio.AbstractEventLoop, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes = when
        # The timer is everyone's, and no request's: nor is what it starts.
        self._timer = loop.call_at(when, self._sweep, loop, context=NOBODY)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        wakes = _NEVER
        for watch in self._live:
            if watch.due <= now:
                # A task that swallows its cancellation is cancelled again, and its client is
                # not kept waiting for it.
                watch.due = now + _AGAIN
                if watch.fired and watch.proto is not None and not watch.answered:
                    watch.answered = True
                    self._stuck(watch)
                watch.cancel("deadline")
            wakes = min(wakes, watch.due)
            if watch.proto is not None and watch.listener is None:
                listen = watch.since + _LISTEN_AFTER
                if listen <= now:
                    _listen(loop, watch, watch.proto)
                else:
                    wakes = min(wakes, listen)
        if wakes < _NEVER:
            self._arm(loop, wakes)


def _listen(loop: asyncio.AbstractEventLoop, watch: Watch, proto: HTTPProtocol) -> None:
    """Cancels the task when the client closes its connection."""
    leaving = proto.client_disconnect()
    if asyncio.iscoroutine(leaving):
        leaving = loop.create_task(leaving)
    # granian's own is a future: a task that waits for it would cost a kilobyte a request.
    watch.listener = cast("asyncio.Future[None]", leaving)
    watch.listener.add_done_callback(watch.left)
