"""Somebody who hears a topic: a function, called with one event after the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from gatid.lifecycle.hooks import is_coroutine_function
from gatid.lifecycle.tasks import detached
from gatid.lifecycle.threads import CountedThreads, result, submit
from gatid.observe import families
from gatid.observe.capture import trace
from gatid.services.modules.within import ExpiredError, within
from gatid.services.topics.waiting import Waiting
from gatid_compiler.gtypes.faults import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor, Future

    from gatid.observe.logs import Log
    from gatid.observe.meters import Meters
    from gatid.services.topics.fabric import Fabric
    from gatid_compiler.plan import Topic

TIMEOUT = 30.0
"""Seconds that a subscriber may take for one event, where it does not say another number."""

LEFT = 4
"""Threads that a subscriber may hold past its time: sync handlers need them too."""


class Subscription:
    """One function on one topic, until `cancel`. Events come in the order in which each worker
    published them, one at a time; what the function raises is logged, and the next one comes.
    """

    def __init__(
        self,
        topic: Topic,
        name: str,
        call: Callable[[Any], Any],
        read: Callable[[bytes], Any],
        fabric: Fabric,
        log: Log,
        meters: Meters,
        threads: Executor,
        timeout: float = TIMEOUT,
    ) -> None:
        lost = meters.cell(families.LOST_EVENTS, topic=topic.name)
        self.waiting = Waiting(topic, lost.add)
        self.name = name
        self._call = call
        self._read = read
        self._fabric = fabric
        self._log = log
        self._threads = threads
        self._timeout = timeout
        self._delivered = meters.cell(families.DELIVERED, topic=topic.name)
        self._failed = meters.cell(families.FAILED_EVENTS, topic=topic.name)
        self._task: asyncio.Task[None] | None = None
        self._busy = False
        self._left: list[Future[Any]] = []

    def start(self) -> None:
        """Hears events from now on. Must be called on the event loop."""
        if self._task is None and not self.waiting.closed:
            self._fabric.add(self)
            self._task = detached(self._live())

    def retire(self) -> None:
        """Hears no new events; those that wait are still to come."""
        self._fabric.remove(self)

    def cancel(self) -> None:
        """Ends it at once; events that wait are dropped, the one under way is cancelled.

        A sync handler may call it in its thread.
        """
        loop = None if self._task is None else self._task.get_loop()
        if loop is None or loop.is_closed() or loop is _running():
            self._end()
        else:
            loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._fabric.remove(self)
        self.waiting.close()
        if self._task is not None:
            self._task.cancel()

    async def done(self) -> None:
        """Returns when no event waits and none is under way."""
        while (len(self.waiting) or self._busy) and not self.waiting.closed:
            await self.waiting.changed()

    async def _live(self) -> None:
        while True:
            while not len(self.waiting) or self._hangs():
                await self.waiting.changed()
            self._busy = True
            event = self.waiting.take()
            try:
                await self._deliver(event)
            finally:
                self._busy = False
                self.waiting.told()

    async def _deliver(self, event: bytes) -> None:
        try:
            value = self._read(event)
        except Invalid:
            # Another generation, with another type of that topic, published it.
            self._fault("an event is not of the topic's type any more")
            return
        self._delivered.add()
        try:
            await within(self._timeout, self._run(value))
        except ExpiredError:
            self._fault(f"a subscriber took longer than {self._timeout:g} s")
        except Exception as error:  # noqa: BLE001 - the next event is delivered
            self._fault("a subscriber raised", traceback=trace(error))

    async def _run(self, value: Any) -> None:
        if is_coroutine_function(self._call):
            await self._call(value)
        else:
            future = submit(self._threads, self._call, value)
            try:
                await result(future)
            except asyncio.CancelledError:
                if future.running():
                    self._leave(future)
                raise

    def _leave(self, future: Future[Any]) -> None:
        """A thread cannot be stopped: it runs on, counted."""
        self._left.append(future)
        if isinstance(self._threads, CountedThreads):
            self._threads.left(future)
        loop = asyncio.get_running_loop()

        def ended(_: object) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self.waiting.told)

        future.add_done_callback(ended)

    def _hangs(self) -> bool:
        """Whether it holds so many threads that the next event waits for one of them to end."""
        self._left = [each for each in self._left if not each.done()]
        return len(self._left) >= LEFT

    def _fault(self, message: str, **fields: str) -> None:
        self._failed.add()
        topic = self.waiting.topic.name
        self._log.error(message, topic=topic, subscriber=self.name, **fields)


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
