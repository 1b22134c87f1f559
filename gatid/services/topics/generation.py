"""The topics of one generation: who hears them, from the commit until it has drained."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from gatid.errors import DeniedError
from gatid.services.topics.given import GivenTopics, Typed
from gatid.services.topics.subscriber import TIMEOUT, Subscription

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from concurrent.futures import Executor

    from gatid.observe.logs import Log
    from gatid.observe.meters import Meters
    from gatid.services.topics.fabric import Fabric
    from gatid_compiler import plan as p

DRAIN = 10.0
"""Seconds for the events that still wait for subscribers of a replaced generation."""

MOST = 10_000
"""Subscriptions that handlers may have at once; each holds memory until it is cancelled."""


class Topics:
    """What a plan declares of topics, and the subscriptions that its code makes."""

    def __init__(
        self, plan: p.Plan, fabric: Fabric, log: Log, meters: Meters, threads: Executor
    ) -> None:
        self._fabric = fabric
        self._log = log
        self._meters = meters
        self._threads = threads
        self._typed = {name: Typed(topic).warm() for name, topic in plan.topics.items()}
        self._declared: list[Subscription] = []
        self._made: list[Subscription] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def given(self, allowed: Collection[str], where: str, line: str) -> GivenTopics:
        """What may be published in a place, which `line` would be written in."""
        return GivenTopics(self._fabric, self._typed, allowed, where, line)

    def declare(self, said: p.Subscription, call: Callable[[Any], Any]) -> None:
        """A declared subscriber; it hears nothing before `begin`."""
        timeout = TIMEOUT if said.timeout is None else said.timeout / 1000
        self._declared.append(
            self._subscription(said.topic, str(said.target), call, timeout=timeout)
        )

    def subscribe(self, topic: str, call: Callable[[Any], Any]) -> Subscription:
        """A subscription of a handler; it lasts until it is cancelled or the generation ends."""
        if topic not in self._typed:
            raise DeniedError(f"no topic `{topic}` is declared: write `topic {topic}: Type`")
        if not callable(call):
            raise TypeError("a subscriber is a function of an event")
        self._made = [each for each in self._made if not each.waiting.closed]
        if len(self._made) >= MOST:
            raise RuntimeError(f"there are {MOST} subscriptions already: cancel what ended")
        made = self._subscription(topic, getattr(call, "__qualname__", repr(call)), call)
        self._made.append(made)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            # A sync handler, in its thread.
            if self._loop is None:
                raise
            self._loop.call_soon_threadsafe(made.start)
        else:
            made.start()
        return made

    def begin(self) -> None:
        """Is what serves from now on: its declared subscribers hear. On the event loop."""
        self._loop = asyncio.get_running_loop()
        for each in self._declared:
            each.start()

    def retire(self) -> None:
        """Another generation serves: its subscribers hear what is published from now on."""
        for each in self._declared:
            each.retire()

    async def stop(self) -> None:
        """Ends all subscriptions, when what waits for the declared ones was delivered."""
        self.retire()
        try:
            async with asyncio.timeout(DRAIN):
                for each in self._declared:
                    await each.done()
        except TimeoutError:
            self._log.warning("events of a replaced plan are dropped: its subscribers are slow")
        for each in (*self._declared, *self._made):
            each.cancel()

    def _subscription(
        self, topic: str, name: str, call: Callable[[Any], Any], timeout: float = TIMEOUT
    ) -> Subscription:
        typed = self._typed[topic]
        return Subscription(
            typed.topic,
            name,
            call,
            typed.read,
            self._fabric,
            self._log,
            self._meters,
            self._threads,
            timeout,
        )
