"""The end of a request: its tasks are cancelled, compensation and cleanup run, in that order.

It may begin before the answer and go on after it. Every function is run, whatever the others
did; one that fails is logged and counted. When the grace is over, the one that runs and all
after it are given a last turn of the loop and cancelled.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, Literal, Protocol

from gatid.lifecycle.tasks import OWNER, Owner, detached, exited
from gatid.observe.capture import trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gatid.lifecycle.tasks import Made

GRACE = 5.0
"""Seconds that all cleanup and compensation of a request may take together."""

_LAST_TURN = 0.1
"""Seconds in which a cancelled function may end."""

_TASKS_TURN = 1.0
"""Seconds in which the cancelled tasks of a request may end."""

_NAMED = 10
"""Tasks of one request that are named in the log; the others are counted."""

What = Literal["compensation", "cleanup"]
Function = tuple["What", "Callable[[], Any]"]


class Ends(Owner, Protocol):
    """The request that ends, as its ending knows it."""

    @property
    def tasks(self) -> Mapping[asyncio.Task[Any], Made]:
        """The tasks that it made and that are not done."""

    def began(self, what: What, name: str) -> None:
        """A function is about to be called."""

    def ran(self, what: What, name: str, error: BaseException | None) -> None:
        """A function has ended; `error` is what it raised."""

    def outlived(self, task: asyncio.Task[Any], made: Made) -> None:
        """A task was cancelled, because it outlived its request."""

    def outlived_too(self, count: int) -> None:
        """So many more were cancelled for the same reason."""

    def stubborn(self, made: Made) -> None:
        """A task that was cancelled did not end, and was left behind."""


class Ending:
    """One request's end. `functions` are in the order in which they run."""

    __slots__ = ("_functions", "_leaving", "_request", "_task", "_until")

    def __init__(self, request: Ends, functions: Iterable[Function], grace: float) -> None:
        self._request = request
        self._functions = list(functions)[::-1]
        self._until = asyncio.get_running_loop().time() + grace
        self._task: asyncio.Task[None] | None = None
        self._leaving = self._cancel()

    def at_once(self) -> bool:
        """Runs what needs no waiting; whether that was all."""
        if self._task is not None:
            return self._task.done()
        if self._leaving:
            return False
        while self._functions:
            what, fn = self._functions.pop()
            waits = self._called(what, fn)
            if waits is not None:
                self._task = detached(self._rest((what, fn, waits)))
                return False
        self._leaving = self._cancel()
        return not self._leaving

    async def until_answer(self, seconds: float) -> None:
        """Waits for it, but not longer, and not for tasks alone: what is left goes on."""
        if self._task is None:
            if not self._functions:
                return
            self._task = detached(self._rest())
        await asyncio.wait({self._task}, timeout=seconds)

    async def whole(self) -> bool:
        """Waits until all has run; whether the caller was cancelled meanwhile."""
        if self._task is None:
            self._task = detached(self._rest())
        cancelled = False
        while not self._task.done():
            try:
                await asyncio.shield(self._task)
            except asyncio.CancelledError:
                if self._task.done():
                    break
                cancelled = True
        self._task.result()
        return cancelled

    async def _rest(self, running: tuple[What, Callable[[], Any], Any] | None = None) -> None:
        OWNER.set(self._request)
        await self._gone(self._leaving)
        if running is not None:
            await self._finished(*running)
        while self._functions:
            what, fn = self._functions.pop()
            waits = self._called(what, fn)
            if waits is not None:
                await self._finished(what, fn, waits)
        await self._gone(self._cancel())

    def _cancel(self) -> dict[asyncio.Task[Any], Made]:
        """Cancels what runs; those that nobody had cancelled yet are named."""
        # A task of ours does the rest of the end, and is no leftover.
        leaving = {t: made for t, made in self._request.tasks.items() if not t.done()}
        named = [task for task in leaving if not task.cancelling()]
        for task in named[:_NAMED]:
            self._request.outlived(task, leaving[task])
        if len(named) > _NAMED:
            self._request.outlived_too(len(named) - _NAMED)
        for task in leaving:
            task.cancel()
        return leaving

    async def _gone(self, leaving: Mapping[asyncio.Task[Any], Made]) -> None:
        if not leaving:
            return
        turn = min(_TASKS_TURN, max(_LAST_TURN, self._left()))
        _, stubborn = await asyncio.wait(leaving, timeout=turn)
        for task in leaving:
            if task in stubborn:
                self._request.stubborn(leaving[task])
            task.add_done_callback(_seen)

    def _called(self, what: What, fn: Callable[[], Any]) -> Any:
        """Calls a function; what it returned, if that is to be waited for."""
        name = function_name(fn)
        self._request.began(what, name)
        try:
            value = fn()
        except BaseException as error:  # noqa: BLE001  # nothing is awaited: it is the function's
            self._request.ran(what, name, error)
            return None
        if inspect.isawaitable(value):
            return value
        self._request.ran(what, name, None)
        return None

    async def _finished(self, what: What, fn: Callable[[], Any], waits: Any) -> None:
        failed: BaseException | None = None
        try:
            await self._settle(waits)
        except asyncio.CancelledError as error:
            running = asyncio.current_task()
            if running is not None and running.cancelling():
                raise
            # Its own doing: it waited for something that was cancelled.
            failed = error
        except Exception as error:  # noqa: BLE001  # the others still run
            failed = error
        self._request.ran(what, function_name(fn), failed)

    async def _settle(self, value: Any) -> None:
        """Waits for what a function returned as long as there is time, whatever it does."""
        task = detached(self._owned(value))
        await asyncio.wait({task}, timeout=self._left())
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=_LAST_TURN)
            if not task.done():
                task.add_done_callback(_seen)
                raise TimeoutError("it ignores its cancellation and was left behind")
            if task.cancelled():
                raise TimeoutError("it was cancelled")
        task.result()

    async def _owned(self, value: Any) -> None:
        OWNER.set(self._request)
        try:
            await value
        except (SystemExit, KeyboardInterrupt) as error:
            raise exited(error) from error

    def _left(self) -> float:
        return max(0.0, self._until - asyncio.get_running_loop().time())


def function_name(fn: Any) -> str:
    """How a function is called in logs and events."""
    name = getattr(fn, "__qualname__", None)
    return name if isinstance(name, str) else type(fn).__qualname__


def failure(what: What, name: str, error: BaseException) -> tuple[str, dict[str, object]]:
    """A function's fault as a line of the log."""
    reason = "took too long" if isinstance(error, TimeoutError) else "failed"
    return f"{what} {reason}", {"function": name, "traceback": trace(error)}


def _seen(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()
