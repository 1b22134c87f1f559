"""The tasks that a request makes: each belongs to it, so that none outlives it unseen.

A context variable says whose code is running, and the loop's task factory asks it: a task made
by a handler, by a hook or by what they call is adopted by their request, also when a callback, a
thread or another of its tasks made it. A request that makes none pays for setting the variable.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from types import FrameType

_T = TypeVar("_T")

_ASYNCIO = str(Path(asyncio.__file__).parent)

NOBODY = Context()
"""A context in which no request runs: timers and callbacks of ours are scheduled in it."""


class Owner(Protocol):
    """What adopts tasks."""

    def adopt(self, task: asyncio.Task[Any], made: Made) -> None:
        """Is told of a task as soon as it is made."""


class Made:
    """A task as it is named in the log: its function, and the line that made it."""

    __slots__ = ("_code", "_frame_code", "_line", "function")

    def __init__(self, coro: Any, frame: FrameType | None) -> None:
        code = getattr(coro, "cr_code", None)
        self.function: str = getattr(coro, "__qualname__", type(coro).__qualname__)
        self._code = code
        self._frame_code = None if frame is None else frame.f_code
        self._line = 0 if frame is None else frame.f_lineno

    @property
    def place(self) -> str:
        """File and line."""
        if self._frame_code is not None:
            return f"{self._frame_code.co_filename}:{self._line}"
        if self._code is not None:
            return f"{self._code.co_filename}:{self._code.co_firstlineno}"
        return "unknown"


OWNER: ContextVar[Owner | None] = ContextVar("gatid_request", default=None)
"""Whose code is running. A request sets it to its local context; who works for all sets None."""


class ExitedError(RuntimeError):
    """A task raised `SystemExit` or `KeyboardInterrupt`, which would have ended the worker."""


def install(loop: asyncio.AbstractEventLoop) -> None:
    """Makes the loop's tasks known to their requests. A task factory that is there stays."""
    inner = loop.get_task_factory()
    if not isinstance(inner, _Factory):
        loop.set_task_factory(_Factory(inner))


def detached(work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
    """A task that belongs to no request, though one may be making it."""
    token = OWNER.set(None)
    try:
        return asyncio.get_running_loop().create_task(work)
    finally:
        OWNER.reset(token)


class _Factory:
    __slots__ = ("_inner",)

    def __init__(self, inner: Callable[..., Any] | None) -> None:
        self._inner = inner

    def __call__(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> Any:
        owner = OWNER.get()
        if owner is None or type(coro) is _CLOSING or not asyncio.iscoroutine(coro):
            if self._inner is None:
                return asyncio.Task(coro, loop=loop, **options)
            return self._inner(loop, coro, **options)
        contained = _Contained(coro)
        if self._inner is None:
            task = asyncio.Task(contained, loop=loop, **options)
        else:
            task = self._inner(loop, contained, **options)
        owner.adopt(task, Made(coro, _caller()))
        return task


class _Contained(Coroutine[Any, Any, Any]):
    """A coroutine whose `SystemExit` ends itself alone; a loop would end with it."""

    __slots__ = ("__name__", "__qualname__", "_coro")

    def __init__(self, coro: Coroutine[Any, Any, Any]) -> None:
        self._coro = coro
        self.__name__: str = getattr(coro, "__name__", type(coro).__name__)
        self.__qualname__: str = getattr(coro, "__qualname__", self.__name__)

    def send(self, value: Any, /) -> Any:
        try:
            return self._coro.send(value)
        except (SystemExit, KeyboardInterrupt) as error:
            raise exited(error) from error

    def throw(self, *error: Any) -> Any:
        try:
            return self._coro.throw(*error)
        except (SystemExit, KeyboardInterrupt) as exited_:
            raise exited(exited_) from exited_

    def close(self) -> None:
        self._coro.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coro.__await__()

    def __getattr__(self, name: str) -> Any:
        # `cr_await` and its like: what the task waits for.
        return getattr(self._coro, name)


def exited(error: BaseException) -> ExitedError:
    """What is raised in place of an exception that ends loops."""
    return ExitedError(f"{type(error).__name__} was raised in a task")


def _caller() -> FrameType | None:
    """The frame that asked for a task, behind asyncio's own."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(_ASYNCIO):
        frame = frame.f_back
    return frame


async def _generator() -> Any:
    yield


def _closing_type() -> type:
    closing = _generator().aclose()
    closing.close()
    return type(closing)


_CLOSING = _closing_type()
"""What closes a generator that nobody finished: its own cleanup, whenever it comes."""


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A task that is not done: its function, the line that made it, and where it waits, as
    `function (file:line)` from the outside in.
    """

    function: str
    name: str
    made: str
    waits: tuple[str, ...]
    cancelled: bool


def outstanding(task: asyncio.Task[Any], made: Made | None) -> Outstanding:
    """What a task does at the moment."""
    waits: list[str] = []
    coro: Any = task.get_coro()
    function = getattr(coro, "__qualname__", type(coro).__qualname__) if made is None else ""
    while coro is not None:
        frame = next(
            (
                f
                for f in (getattr(coro, n, None) for n in ("cr_frame", "ag_frame", "gi_frame"))
                if f
            ),
            None,
        )
        if frame is not None:
            place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
            waits.append(f"{getattr(coro, '__qualname__', '?')} ({place})")
        coro = next(
            (
                c
                for c in (getattr(coro, n, None) for n in ("cr_await", "ag_await", "gi_yieldfrom"))
                if c
            ),
            None,
        )
    return Outstanding(
        function if made is None else made.function,
        task.get_name(),
        "" if made is None else made.place,
        tuple(waits),
        cancelled=bool(task.cancelling()),
    )
