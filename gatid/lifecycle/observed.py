"""The local context of a request that somebody watches."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from gatid.lifecycle.controller import State
from gatid.lifecycle.events import Event, Kind
from gatid.lifecycle.hooks import BoundHook, settle
from gatid.lifecycle.local_context import ENDED_DATA
from gatid.lifecycle.request_life import RequestLife
from gatid.lifecycle.tasks import Outstanding, outstanding

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from gatid.lifecycle.ending import What
    from gatid.lifecycle.events import Teller
    from gatid.lifecycle.local_context import Asked, Surroundings
    from gatid.lifecycle.tasks import Made

_UNDOING: dict[What, tuple[Kind, Kind, Kind]] = {
    "compensation": (
        Kind.COMPENSATION_START,
        Kind.COMPENSATION_END,
        Kind.COMPENSATION_ERROR,
    ),
    "cleanup": (Kind.CLEANUP_START, Kind.CLEANUP_END, Kind.CLEANUP_ERROR),
}


class ObservedContext(RequestLife):
    """Tells events of everything that it sees.

    `contract` is the contract that was asked for, `state` where the request is, `position` the
    number of hooks and handlers that have begun, and `running` the names of those that have not
    ended, the innermost last.
    """

    __slots__ = (
        "_begun",
        "_events",
        "_known",
        "_since",
        "_task",
        "contract",
        "position",
        "running",
        "state",
    )

    def __init__(
        self,
        request: Asked,
        around: Surroundings,
        deadline: float | None,
        events: Teller,
        contract: str,
    ) -> None:
        super().__init__(request, around, deadline)
        self._events = events
        # As it was at first: what happens to a request is told under one name, whatever it does.
        self._known = (request.id, request.route, contract, request.version)
        self._begun = time.perf_counter()
        self._since = 0.0
        self._task = asyncio.current_task()
        self.contract = contract
        self.state = State.VALIDATED
        self.position = 0
        self.running: list[str] = []
        self._tell(Kind.STATE)

    def reached(
        self, state: State, status: int | None = None, error: BaseException | None = None
    ) -> None:
        """The request enters a state."""
        self.state = state
        took = time.perf_counter() - self._begun if state is State.ENDED else None
        self._tell(Kind.STATE, duration=took, status=status, error=error)

    @property
    def request(self) -> Asked:
        """The request as its handler sees it."""
        return self._request

    @property
    def data(self) -> Mapping[str, Any]:
        """The local data itself, to be read at once; none of a request that has ended."""
        data = self._data
        return {} if data is None or data is ENDED_DATA else data

    @property
    def working(self) -> tuple[Outstanding, ...]:
        """What the tasks wait for that the request made."""
        if not self._tasks:
            return ()
        return tuple(outstanding(task, made) for task, made in self.tasks.items())

    @property
    def outstanding(self) -> tuple[Outstanding, ...]:
        """What the request waits for: its own task first, then those that it made."""
        own = () if self._task is None else (outstanding(self._task, None),)
        return (*own, *self.working)

    def close(self) -> None:
        """The request has ended, and that is told."""
        super().close()
        if self.state is not State.ENDED:
            self.reached(State.ENDED)
            # The task holds its context, which holds us.
            self._task = None

    async def watch(
        self, kinds: tuple[Kind, Kind, Kind], name: str, level: str, call: Callable[[], Any]
    ) -> Any:
        """What `call` returns, awaited where that is to be; told before and after."""
        start, end, failed = kinds
        self.position += 1
        self.running.append(name)
        begun = time.perf_counter()
        self._tell(start, name, level)
        try:
            value = call()
            if value is not None and hasattr(value, "__await__"):
                value = await value
        except BaseException as error:
            self._ended(failed, name, level, begun, error)
            raise
        self._ended(end, name, level, begun, None)
        return value

    def _ended(
        self, kind: Kind, name: str, level: str, begun: float, error: BaseException | None
    ) -> None:
        self.running.remove(name)
        self._tell(kind, name, level, time.perf_counter() - begun, error)

    def began(self, what: What, name: str) -> None:
        """Tells of a compensation or a cleanup that begins."""
        self._since = time.perf_counter()
        self._tell(_UNDOING[what][0], name)

    def ran(self, what: What, name: str, error: BaseException | None) -> None:
        """Tells of its end, and then counted and logged as ever."""
        took = time.perf_counter() - self._since
        self._tell(_UNDOING[what][1 if error is None else 2], name, "", took, error)
        super().ran(what, name, error)

    def outlived(self, task: asyncio.Task[Any], made: Made) -> None:
        """Tells of a task that is cancelled, which is logged too."""
        self._tell(Kind.TASK_OUTLIVED, made.function)
        super().outlived(task, made)

    def _bound(self, hook: BoundHook) -> BoundHook:
        return watched_hook(hook, _LOCAL)

    def _tell(
        self,
        kind: Kind,
        name: str = "",
        level: str = "",
        duration: float | None = None,
        error: BaseException | None = None,
        status: int | None = None,
    ) -> None:
        event = Event(
            *self._known,
            self.state,
            kind,
            time.time(),
            name,
            level,
            duration,
            error,
            status,
        )
        self._events.tell(event, self)


_LOCAL = dict.fromkeys(State, "local")
_HOOK = (Kind.HOOK_START, Kind.HOOK_END, Kind.HOOK_ERROR)
_HANDLER = (Kind.HANDLER_START, Kind.HANDLER_END, Kind.HANDLER_END)


def watched_hook(hook: BoundHook, levels: Mapping[State, str]) -> BoundHook:
    """A hook that tells the context, its last argument, when it begins and ends. `levels` says
    who declared it, by the state in which it runs.
    """
    call = hook.call

    async def watched(*args: Any) -> None:
        lctx = args[-1]
        level = levels.get(lctx.state, "")
        await lctx.watch(_HOOK, hook.name, level, lambda: settle(call(*args)))

    return BoundHook(hook.name, watched, hook.id)


def watched_handler(name: str, handler: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    """A handler that does the same."""

    async def watched(req: Any, res: Any, gctx: Any, lctx: ObservedContext) -> Any:
        return await lctx.watch(_HANDLER, name, "", lambda: handler(req, res, gctx, lctx))

    return watched
