"""Sync functions of strangers, run off the event loop."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor, Future


class CountedThreads(ThreadPoolExecutor):
    """Threads that tell `left` of functions that cannot be stopped and run on."""

    def __init__(self, most: int, name: str, left: Callable[[float], None]) -> None:
        super().__init__(most, thread_name_prefix=name)
        self._left = left

    def left(self, future: Future[Any]) -> None:
        """Counts one that was left behind, until it ends. Called on the event loop."""
        loop = asyncio.get_running_loop()
        count = self._left

        def ended(_: object) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(count, -1.0)

        count(1.0)
        future.add_done_callback(ended)


def submit(pool: Executor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
    """Starts `fn` in a thread with the caller's context variables."""
    return pool.submit(_bound(fn, args, kwargs))


async def run(pool: Executor | None, fn: Callable[..., Any], /, *args: Any) -> Any:
    """The result of `fn`, called in a thread; an awaitable result is awaited here.

    A thread cannot be stopped: when the caller is cancelled, one that has begun is left
    behind, and one that waits in line never begins. `pool` None is the loop's own.
    """
    if pool is None:
        loop = asyncio.get_running_loop()
        return await _awaited(await loop.run_in_executor(None, _bound(fn, args, {})))
    future = pool.submit(_bound(fn, args, {}))
    try:
        value = await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        if future.running() and isinstance(pool, CountedThreads):
            pool.left(future)
        raise
    return await _awaited(value)


async def result(future: Future[Any]) -> Any:
    """The result of what `submit` started, the same way."""
    return await _awaited(await asyncio.wrap_future(future))


async def _awaited(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


def _bound(
    fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Callable[[], Any]:
    return functools.partial(contextvars.copy_context().run, _call, fn, args, kwargs)


def _call(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        return fn(*args, **kwargs)
    except StopIteration as error:
        # A future cannot hold one: whoever waits for it would wait for ever.
        raise RuntimeError("StopIteration was raised") from error
