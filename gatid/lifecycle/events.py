"""What happens to a request, told as it happens to whoever subscribed.

Every transition of the controller's table is one event, and so are the begin and the end of each
hook, handler, compensation and cleanup, in the order in which they happen, each once. Contracts
of routes that nobody subscribed to are linked without a statement for it: they cost nothing.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Container
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from gatid.lifecycle.controller import State
from gatid.observe.capture import trace

if TYPE_CHECKING:
    from gatid.lifecycle.observed import ObservedContext
    from gatid.observe.logs import Log


class Kind(Enum):
    """What an event tells."""

    STATE = "state"
    HOOK_START = "hook start"
    HOOK_END = "hook end"
    HOOK_ERROR = "hook error"
    HANDLER_START = "handler start"
    HANDLER_END = "handler end"
    COMPENSATION_START = "compensation start"
    COMPENSATION_END = "compensation end"
    COMPENSATION_ERROR = "compensation error"
    CLEANUP_START = "cleanup start"
    CLEANUP_END = "cleanup end"
    CLEANUP_ERROR = "cleanup error"
    TASK_OUTLIVED = "task outlived"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one request.

    `state` is the state of the request, which it has just entered where `kind` is `STATE`.
    `name` is that of the hook or function, `level` who declared a hook: `app`, `policy staff`,
    `group /orders`, `route create_order` or, for one that the request registered, `local`.
    `at` is in seconds since the epoch, `duration` in seconds: of a function when it has ended, of
    the whole request when that has. `error` is what was raised; a handler that raised has a
    `HANDLER_END` with it. `status` is known from `SEND` on.
    """

    request_id: str
    route: str
    contract: str
    version: str | None
    state: State
    kind: Kind
    at: float
    name: str = ""
    level: str = ""
    duration: float | None = None
    error: BaseException | None = None
    status: int | None = None


Subscriber = Callable[[Event, "ObservedContext"], None]
"""Called on the event loop, in the order of the events, and not for long. The context is that of
the request: its data, its tasks and what they wait for.
"""


class Observable(Protocol):
    """Contracts that can be linked with events and without."""

    def observe(self, wanted: Callable[[str], bool]) -> None:
        """Links those with events whose route is wanted, and the others without."""


class Teller(Protocol):
    """Tells events on."""

    def tell(self, event: Event, context: ObservedContext) -> None:
        """Tells all who want to know."""


@dataclass(frozen=True, slots=True)
class _Subscription:
    tell: Subscriber
    routes: Container[str] | None


class Events:
    """Who wants to know, in one worker."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._subscriptions: tuple[_Subscription, ...] = ()
        self._observed: weakref.WeakSet[Observable] = weakref.WeakSet()
        # Generations are linked in a thread of their own.
        self._lock = threading.Lock()

    def subscribe(
        self, subscriber: Subscriber, routes: Container[str] | None = None
    ) -> Callable[[], None]:
        """Tells `subscriber` of all requests that begin from now on, or of those to `routes`.

        Returns the function that ends it. One that raises is logged, and told of the next event.
        """
        subscription = _Subscription(subscriber, routes)
        with self._lock:
            self._subscriptions = (*self._subscriptions, subscription)
            self._link()

        def end() -> None:
            with self._lock:
                self._subscriptions = tuple(
                    other for other in self._subscriptions if other is not subscription
                )
                self._link()

        return end

    def follow(self, contracts: Observable) -> None:
        """Keeps contracts linked as the subscriptions want, as long as something else holds
        them.
        """
        with self._lock:
            self._observed.add(contracts)
            if self._subscriptions:
                contracts.observe(self.wanted)

    def wanted(self, route: str) -> bool:
        """Whether somebody subscribed to the requests of a route."""
        return any(each.routes is None or route in each.routes for each in self._subscriptions)

    def tell(self, event: Event, context: ObservedContext) -> None:
        """Tells all who want to know."""
        for each in self._subscriptions:
            if each.routes is None or event.route in each.routes:
                try:
                    each.tell(event, context)
                except Exception as error:  # noqa: BLE001  # no request is to notice who listens
                    self._log.error("a subscriber of events failed", traceback=trace(error))

    def _link(self) -> None:
        for contracts in self._observed:
            contracts.observe(self.wanted)
