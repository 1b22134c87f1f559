"""What modules are given to do has an end, also when they do not want to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

_T = TypeVar("_T")

_GRACE = 1.0
"""Seconds in which what was cancelled may still end well."""

_LEFT: set[asyncio.Future[Any]] = set()
"""What ignores its cancellation: nobody waits for it any more, and it is kept until it ends."""


class ExpiredError(Exception):
    """It took longer than it may."""


class EndedError(Exception):
    """What it raised is no `Exception`, as `SystemExit`, or it waited for what was cancelled."""


async def within(seconds: float, work: Coroutine[Any, Any, _T]) -> _T:
    """The result of `work`, or what it raises; `ExpiredError` when that takes longer.

    `SystemExit` and its like come out as `EndedError`. When whoever awaits this is cancelled,
    so is the work.
    """
    task = asyncio.ensure_future(_tamed(work))
    try:
        await asyncio.wait([task], timeout=seconds)
    except asyncio.CancelledError:
        await _cancel(task)
        raise
    if not task.done():
        await _cancel(task)
        raise ExpiredError
    if task.cancelled():
        raise EndedError("it was cancelled")
    return task.result()


async def _tamed(work: Coroutine[Any, Any, _T]) -> _T:
    try:
        return await work
    except (Exception, asyncio.CancelledError):
        raise
    except BaseException as error:
        # `SystemExit` would end the event loop, and all requests with it; any other passes by
        # those who look after the module, and nobody would any more.
        raise EndedError(f"it raised {error!r}") from error


async def _cancel(task: asyncio.Future[Any]) -> None:
    task.cancel()
    try:
        await asyncio.wait([task], timeout=_GRACE)
    finally:
        if task.done():
            _seen(task)
        else:
            _LEFT.add(task)
            task.add_done_callback(_LEFT.discard)
            task.add_done_callback(_seen)


def _seen(task: asyncio.Future[Any]) -> None:
    """What was given up may have failed; nobody is left to be told."""
    if not task.cancelled():
        task.exception()
