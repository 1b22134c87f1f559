"""Events that wait for somebody: so many and no more, and what happens to one more is declared."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid_compiler.plan import Topic


class Waiting:
    """The events of one topic that wait for one subscriber, or for another worker.

    `dropped` is told of each event that is lost. Lives on one event loop.
    """

    __slots__ = ("_changed", "_dropped", "_events", "closed", "topic")

    def __init__(self, topic: Topic, dropped: Callable[[], None]) -> None:
        self.topic = topic
        self.closed = False
        self._events: deque[bytes] = deque()
        self._dropped = dropped
        self._changed: list[asyncio.Future[None]] = []

    def __len__(self) -> int:
        return len(self._events)

    @property
    def full(self) -> bool:
        """Whether one more is too much."""
        return len(self._events) >= self.topic.capacity and not self.closed

    @property
    def must_wait(self) -> bool:
        """Whether whoever has one more may neither put it here nor drop it."""
        return self.full and self.topic.overflow in ("wait", "refuse")

    def put(self, event: bytes) -> None:
        """Adds an event; where there is no room, one is dropped."""
        if self.closed:
            return
        if self.full:
            self._dropped()
            if self.topic.overflow != "drop_oldest":
                return
            self._events.popleft()
        self._events.append(event)
        self.told()

    def peek(self) -> bytes:
        """The first event; there must be one."""
        return self._events[0]

    def take(self) -> bytes:
        """The first event, which does not wait any more; there must be one."""
        event = self._events.popleft()
        self.told()
        return event

    def close(self) -> None:
        """Nobody waits for it any more; what is in it is dropped."""
        self.closed = True
        while self._events:
            self._events.popleft()
            self._dropped()
        self.told()

    async def changed(self) -> None:
        """Returns when an event was put or taken."""
        told = asyncio.get_running_loop().create_future()
        self._changed.append(told)
        try:
            await told
        finally:
            if told in self._changed:
                self._changed.remove(told)

    async def room(self) -> None:
        """Returns when there is room, or nobody to make it for."""
        while self.full:
            await self.changed()

    def told(self) -> None:
        """Whoever waits for a change looks again."""
        told, self._changed = self._changed, []
        for each in told:
            if not each.done():
                each.set_result(None)
