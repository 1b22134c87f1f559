"""`lctx`: what one request knows, registers and undoes. Made for each request, and cheap.

Nothing is allocated until it is used, and `pending` says whether anything was registered
that `finish` must run, so that a handler that uses none of it pays for the object alone.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Never, Protocol, TypeVar

from gatid.errors import RequestEndedError
from gatid.lifecycle.hooks import BoundHook, bind_function
from gatid.observe.capture import trace

if TYPE_CHECKING:
    from gatid.observe.logs import Log
    from gatid.observe.meters import Cell

_Fn = TypeVar("_Fn", bound="Callable[..., Any]")

GRACE = 5.0
"""Seconds that all cleanup and compensation of a request may take together."""

_LAST_TURN = 0.1
"""Seconds in which a cancelled function may end."""


class Asked(Protocol):
    """What a local context reads of its request."""

    @property
    def id(self) -> str:
        """The request's id."""

    @property
    def path(self) -> str:
        """The path asked for."""

    @property
    def route(self) -> Any:
        """The name of the route."""

    @property
    def version(self) -> Any:
        """The version resolved to."""

    @property
    def flags(self) -> Any:
        """The flags of a trusted caller."""

    @property
    def trace(self) -> Any:
        """The trace context."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What a request is, for logs and hooks."""

    request_id: str
    path: str
    route: Any
    version: Any
    flags: Any
    trace: Any


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The local data of a request at one moment, apart from what happens to it later."""

    data: Mapping[str, Any]


class _Ended(dict[str, Any]):
    """Stands in for the data of a request that has ended: every way in refuses."""

    def _refuse(self, *_: object) -> Never:
        raise RequestEndedError("the request has ended, and its local context with it")

    get = pop = clear = copy = _refuse
    __setitem__ = _refuse


_ENDED = _Ended()

_Functions = tuple[Callable[[], Any], ...]
_CLOSED: _Functions = ()


class LocalContext:
    """One request's own data, hooks, events, cleanup and compensation.

    `deadline` is the event loop's time at which the handler must have answered, None without
    a timeout. `faults` counts cleanup and compensation that failed.
    """

    __slots__ = (
        "_compensations",
        "_data",
        "_faults",
        "_listeners",
        "_log",
        "_request",
        "_undo",
        "after_hooks",
        "before_hooks",
        "before_open",
        "catch_hooks",
        "deadline",
        "pending",
    )

    def __init__(
        self,
        request: Asked,
        log: Log,
        deadline: float | None = None,
        faults: Cell | None = None,
    ) -> None:
        self._request = request
        self._log = log
        self._faults = faults
        self.deadline = deadline
        self._data: dict[str, Any] | None = None
        self._listeners: dict[str, list[Callable[[Any], Any]]] | None = None
        self._undo: _Functions | None = None
        self._compensations: _Functions | None = None
        self.before_hooks: list[BoundHook] | None = None
        self.after_hooks: list[BoundHook] | None = None
        self.catch_hooks: list[BoundHook] | None = None
        self.before_open = False
        self.pending = False

    def get(self, key: str, default: Any = None) -> Any:
        """The object that was set, not a copy, or `default`."""
        data = self._data
        return default if data is None else data.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Keeps an object for the rest of the request."""
        if self._data is None:
            self._data = {}
        self._data[key] = value

    def delete(self, key: str) -> None:
        """Forgets a key; one that was not set is no fault."""
        if self._data is not None:
            self._data.pop(key, None)

    def clean(self) -> None:
        """Forgets all data. Hooks, cleanup and compensation stay."""
        if self._data is not None:
            self._data.clear()

    def snapshot(self) -> Snapshot:
        """A deep copy of the data; raises `TypeError` naming a key that cannot be copied."""
        copied: dict[str, Any] = {}
        memo: dict[int, Any] = {}
        for key, value in ({} if self._data is None else self._data.copy()).items():
            try:
                copied[key] = copy.deepcopy(value, memo)
            except (TypeError, copy.Error) as error:
                raise TypeError(f"`{key}` cannot be part of a snapshot: {error}") from error
        return Snapshot(copied)

    def restore(self, snapshot: Snapshot) -> None:
        """Makes the data what it was at the snapshot, which can be restored again."""
        data = copy.deepcopy(dict(snapshot.data))
        if self._data is None:
            self._data = data
        else:
            self._data.clear()
            self._data.update(data)

    @property
    def meta(self) -> Meta:
        """Request id, path, route, version, flags and trace."""
        asked = self._request
        return Meta(asked.id, asked.path, asked.route, asked.version, asked.flags, asked.trace)

    @property
    def log(self) -> Log:
        """A log whose events name the request."""
        asked = self._request
        return self._log.bind(request_id=asked.id, route=asked.route, version=_word(asked.version))

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline, at least 0, None without one."""
        if self.deadline is None:
            return None
        return max(0.0, self.deadline - asyncio.get_running_loop().time())

    def before(self, fn: _Fn, *, timeout: float | None = None, retries: int = 0) -> _Fn:
        """Runs `fn(req, res, gctx, lctx)` after the declared before hooks.

        Only a before hook can register one; in a handler it would never run, so that is a
        `RuntimeError`. `timeout` is in seconds. Returns `fn`, to be used as a decorator.
        """
        self._check_open()
        if not self.before_open:
            raise RuntimeError(
                "a before hook registered now would never run: register it in a before hook,"
                " or call the function"
            )
        self.before_hooks = _with(self.before_hooks, fn, timeout, retries)
        return fn

    def after(self, fn: _Fn, *, timeout: float | None = None, retries: int = 0) -> _Fn:
        """Runs `fn(req, res, gctx, lctx)` before the declared after hooks, last one first."""
        self._check_open()
        self.after_hooks = _with(self.after_hooks, fn, timeout, retries)
        return fn

    def catch(self, fn: _Fn, *, timeout: float | None = None, retries: int = 0) -> _Fn:
        """Runs `fn(error, req, res, gctx, lctx)` before the declared catch hooks, last first."""
        self._check_open()
        self.catch_hooks = _with(self.catch_hooks, fn, timeout, retries)
        return fn

    def on_cleanup(self, fn: _Fn) -> _Fn:
        """Runs `fn()` when the request ends, however it ends; last registered, first run."""
        self._undo = self._registered(self._undo, fn)
        return fn

    def compensate(self, fn: _Fn) -> _Fn:
        """Runs `fn()` if the request fails; last registered, first run."""
        self._compensations = self._registered(self._compensations, fn)
        return fn

    def subscribe(self, topic: str, fn: Callable[[Any], Any]) -> None:
        """Calls `fn(value)`, sync or async, when this request publishes on `topic`."""
        self._check_open()
        self._listeners = {} if self._listeners is None else self._listeners
        self._listeners.setdefault(topic, []).append(fn)

    async def publish(self, topic: str, value: Any) -> int:
        """Calls the listeners of this request in the order they came; returns how many.

        All are called, also when one raises; then what was raised is raised here, as an
        `ExceptionGroup` when it is more than one.
        """
        self._check_open()
        listeners = () if self._listeners is None else tuple(self._listeners.get(topic, ()))
        errors: list[Exception] = []
        for listener in listeners:
            try:
                await _result(listener(value))
            except Exception as error:  # noqa: BLE001  # raised below, when all have been called
                errors.append(error)
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise ExceptionGroup(f"listeners of `{topic}` failed", errors)
        return len(listeners)

    async def finish(self, failed: bool, grace: float = GRACE) -> None:
        """Ends the request: compensation in reverse if it failed, then cleanup in reverse.

        Every function is run; one that raises is logged and counted and stops no other. When
        `grace` seconds are over, the one that runs and all after it are given a last turn of
        the loop and cancelled. If the caller is cancelled, what is left still runs first.
        """
        compensations = (self._compensations or ()) if failed else ()
        undo = self._undo or ()
        self._undo = self._compensations = _CLOSED
        self.pending = False
        task = asyncio.ensure_future(self._run(compensations[::-1], undo[::-1], grace))
        cancelled = False
        while not task.done():
            try:
                await asyncio.shield(task)
            except asyncio.CancelledError:
                if task.done():
                    break
                cancelled = True
        self._data = _ENDED
        self._listeners = None
        if cancelled:
            raise asyncio.CancelledError
        task.result()

    async def _run(self, compensations: _Functions, undo: _Functions, grace: float) -> None:
        until = asyncio.get_running_loop().time() + grace
        for what, functions in (("compensation", compensations), ("cleanup", undo)):
            for fn in functions:
                try:
                    await _settle(fn(), until)
                except asyncio.CancelledError as error:
                    running = asyncio.current_task()
                    if running is not None and running.cancelling():
                        raise
                    # Its own doing: it waited for something that was cancelled.
                    self._failed(what, fn, error)
                except (Exception, SystemExit) as error:  # noqa: BLE001  # the rest must still run
                    self._failed(what, fn, error)

    def _failed(self, what: str, fn: Callable[[], Any], error: BaseException) -> None:
        if self._faults is not None:
            self._faults.add()
        name = getattr(fn, "__qualname__", type(fn).__qualname__)
        reason = "took too long" if isinstance(error, TimeoutError) else "failed"
        self.log.error(f"{what} {reason}", function=name, traceback=trace(error))

    def _registered(self, known: _Functions | None, fn: Callable[[], Any]) -> _Functions:
        if known is _CLOSED:
            raise RequestEndedError("the request is ending: what is registered now would not run")
        self.pending = True
        return (fn,) if known is None else (*known, fn)

    def _check_open(self) -> None:
        if self._data is _ENDED:
            raise RequestEndedError("the request has ended, and its local context with it")


def _with(
    hooks: list[BoundHook] | None, fn: Callable[..., Any], timeout: float | None, retries: int
) -> list[BoundHook]:
    name = getattr(fn, "__qualname__", type(fn).__qualname__)
    bound = bind_function(name, fn, timeout, retries)
    return [bound] if hooks is None else [*hooks, bound]


async def _result(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


async def _settle(value: Any, until: float) -> None:
    """Waits for what a function returned, not longer than `until`, whatever it does."""
    if not inspect.isawaitable(value):
        return
    task = asyncio.ensure_future(value)
    await asyncio.wait({task}, timeout=max(0.0, until - asyncio.get_running_loop().time()))
    if not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_LAST_TURN)
        if not task.done():
            task.add_done_callback(_seen)
            raise TimeoutError("it ignores its cancellation and was left behind")
        if task.cancelled():
            raise TimeoutError("it was cancelled")
    task.result()


def _seen(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()


def _word(version: Any) -> Any:
    return getattr(version, "label", version)
