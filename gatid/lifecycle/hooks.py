"""A hook as the controller calls it: bound once, with its timeout and retries inside."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatid.lifecycle.attempts import attempts
from gatid.lifecycle.threads import run

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from gatid_compiler.plan import Hook


class HookTimeoutError(TimeoutError):
    """A hook took longer than its declared `timeout`."""


@dataclass(frozen=True, slots=True)
class BoundHook:
    """`done = call(...)`, and `await settle(done)` unless that is None."""

    name: str
    call: Callable[..., Any]
    id: str | None = None


def bind(hook: Hook, fn: Callable[..., Any], pool: Executor | None = None) -> BoundHook:
    """Binds a declared hook to its function; the arguments stay the hook's own."""
    timeout = None if hook.timeout is None else hook.timeout / 1000
    return bind_function(hook.name, fn, timeout, hook.retries, pool)


def bind_function(
    name: str,
    fn: Callable[..., Any],
    timeout: float | None,
    retries: int,
    pool: Executor | None = None,
    id: str | None = None,
) -> BoundHook:
    """Binds a function; `timeout` in seconds is that of each attempt. Attempts end with the
    deadline of the request whose local context is the last argument.

    A plain sync function runs on the event loop, as it is written; one with a timeout runs in
    `pool` (the loop's default one for None), because nothing else can be answered meanwhile.
    It cannot be stopped there: past its time it is left behind.
    """
    if timeout is None and retries == 0:
        return BoundHook(name, fn, id)
    is_async = is_coroutine_function(fn)

    async def once(args: tuple[Any, ...]) -> None:
        if timeout is None:
            await settle(fn(*args))
            return
        work = fn(*args) if is_async else run(pool, fn, *args)
        try:
            # Most hooks end without having waited for anything, and need no timer.
            first = work.send(None)
        except StopIteration:
            return
        try:
            async with asyncio.timeout(timeout) as limit:
                await _Begun(work, first)
        except TimeoutError as error:
            if limit.expired():
                raise HookTimeoutError(f"hook `{name}` took longer than {timeout:g} s") from error
            raise

    async def call(*args: Any) -> None:
        if retries:
            deadline = getattr(args[-1], "deadline", None) if args else None
            await attempts(lambda: once(args), retries, deadline)
        else:
            await once(args)

    return BoundHook(name, call, id)


class _Begun:
    """The rest of a coroutine that was begun by hand, and waits for `first`."""

    __slots__ = ("_first", "_work")

    def __init__(self, work: Coroutine[Any, Any, Any], first: Any) -> None:
        self._work = work
        self._first = first

    def __await__(self) -> Generator[Any, Any, Any]:
        wanted = self._first
        while True:
            try:
                given = yield wanted
            except GeneratorExit:
                self._work.close()
                raise
            except BaseException as error:  # noqa: BLE001  # whatever it is, it is for the work
                step = functools.partial(self._work.throw, error)
            else:
                step = functools.partial(self._work.send, given)
            try:
                wanted = step()
            except StopIteration as end:
                return end.value


async def settle(result: Any) -> None:
    """Waits for what a sync function returned, if that is awaitable: it may be a decorated
    async one. Any other result of a hook is ignored.
    """
    if inspect.isawaitable(result):
        await result


def is_coroutine_function(fn: Callable[..., Any]) -> bool:
    """Whether calling `fn` gives a coroutine; callable objects and partials included."""
    if inspect.iscoroutinefunction(fn):
        return True
    if isinstance(fn, functools.partial):
        return is_coroutine_function(fn.func)
    return inspect.iscoroutinefunction(type(fn).__call__)
