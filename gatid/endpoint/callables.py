"""Handlers and hooks as they were loaded: whether they can be called, and how."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from gatid.lifecycle import threads
from gatid.lifecycle.hooks import is_coroutine_function

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Executor

    from gatid_compiler.plan import PyRef

HANDLER = ("req", "res", "gctx", "lctx")
SUBSCRIBER = ("event", "gctx")
CATCH = ("error", *HANDLER)


class LinkError(Exception):
    """A plan that cannot serve; the message says why. `traceback` is of the user's own code."""

    def __init__(self, message: str, traceback_text: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback_text


def accepted(ref: PyRef, found: object, arguments: tuple[str, ...]) -> Callable[..., Any]:
    """`found`, if it can be called with so many arguments; `LinkError` with its place if not."""
    shown = f"({', '.join(arguments)})"
    if not callable(found):
        raise LinkError(f"`{ref}` is no function, it cannot be called as {shown}")
    if inspect.isgeneratorfunction(found) or inspect.isasyncgenfunction(found):
        raise LinkError(f"`{ref}`{_place(found)} is a generator; answer with `res.stream(…)`")
    try:
        signature = inspect.signature(found)
    except (ValueError, TypeError):
        # Some functions of C have no signature; the call will tell.
        return found
    try:
        signature.bind(*arguments)
    except TypeError as error:
        raise LinkError(f"`{ref}`{_place(found)} cannot be called as {shown}: {error}") from None
    return found


def awaited(handler: Callable[..., Any], pool: Executor) -> Callable[..., Awaitable[Any]]:
    """The handler to be awaited; a sync one runs in a thread of the pool.

    A thread cannot be stopped: past the deadline the request is answered for, and what the
    handler returns later is dropped.
    """
    if is_coroutine_function(handler):
        return handler

    async def in_thread(*args: Any) -> Any:
        return await threads.run(pool, handler, *args)

    return in_thread


def _place(found: Callable[..., Any]) -> str:
    function = inspect.unwrap(found)
    code = getattr(function, "__code__", None)
    return f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""
