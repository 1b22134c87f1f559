"""`lctx` as handlers and hooks see it: what one request knows, registers and undoes.

Nothing is allocated until it is used, and `pending` says whether anything was registered that
must run at the end, so that a handler that uses none of it pays for the object alone.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
import math
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Never, Protocol, TypeVar

from gatid.errors import RequestEndedError
from gatid.lifecycle.ending import function_name
from gatid.lifecycle.hooks import BoundHook, bind_function
from gatid.observe.logs import Log

if TYPE_CHECKING:
    from gatid.lifecycle.tasks import Made

_Fn = TypeVar("_Fn", bound="Callable[..., Any]")


class Cell(Protocol):
    """A number that counts."""

    def add(self, amount: float = 1.0) -> None:
        """Adds to it."""


class Counts(Protocol):
    """What is counted of requests that did not end well."""

    @property
    def local_faults(self) -> Cell:
        """Cleanup and compensation that failed."""

    @property
    def compensation_faults(self) -> Cell:
        """Compensation alone."""

    @property
    def outlived_tasks(self) -> Cell:
        """Tasks that outlived their request."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What local contexts share: `pool` runs sync functions that have a timeout."""

    log: Log
    counts: Counts
    pool: Executor | None = None


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


ENDED_DATA = _Ended()

_Functions = tuple[Callable[[], Any], ...]
CLOSED: _Functions = ()
"""What is registered of a request that ends, or has ended: nothing more can be."""


class LocalContext:
    """One request's own data, hooks, events, cleanup and compensation.

    `deadline` is the event loop's time at which the handler must have answered, None without
    a timeout.
    """

    __slots__ = (
        "_around",
        "_compensations",
        "_data",
        "_listeners",
        "_request",
        "_tasks",
        "_undo",
        "after_hooks",
        "before_hooks",
        "before_open",
        "catch_hooks",
        "deadline",
        "pending",
    )

    def __init__(self, request: Asked, around: Surroundings, deadline: float | None = None) -> None:
        self._request = request
        self._around = around
        self.deadline = deadline
        self._data: dict[str, Any] | None = None
        self._listeners: dict[str, list[Callable[[Any], Any]]] | None = None
        self._undo: _Functions | None = None
        self._compensations: _Functions | None = None
        self._tasks: dict[asyncio.Task[Any], Made] | None = None
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
        version = _word(asked.version)
        return self._around.log.bind(request_id=asked.id, route=asked.route, version=version)

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline, at least 0, None without one."""
        if self.deadline is None:
            return None
        return max(0.0, self.deadline - asyncio.get_running_loop().time())

    def before(
        self, fn: _Fn, *, id: str | None = None, timeout: float | None = None, retries: int = 0
    ) -> _Fn:
        """Runs `fn(req, res, gctx, lctx)` after the declared before hooks.

        Only a before hook can register one; in a handler it would never run, so that is a
        `RuntimeError`. `timeout` is in seconds and of each attempt. A second one with the same
        `id` takes the place of the first. Returns `fn`, to be used as a decorator.
        """
        self._check_open()
        if not self.before_open:
            raise RuntimeError(
                "a before hook registered now would never run: register it in a before hook,"
                " or call the function"
            )
        self.before_hooks = self._with(self.before_hooks, fn, id, timeout, retries)
        return fn

    def after(
        self, fn: _Fn, *, id: str | None = None, timeout: float | None = None, retries: int = 0
    ) -> _Fn:
        """Runs `fn(req, res, gctx, lctx)` before the declared after hooks, last one first."""
        self._check_open()
        self.after_hooks = self._with(self.after_hooks, fn, id, timeout, retries)
        return fn

    def catch(
        self, fn: _Fn, *, id: str | None = None, timeout: float | None = None, retries: int = 0
    ) -> _Fn:
        """Runs `fn(error, req, res, gctx, lctx)` before the declared catch hooks, last first."""
        self._check_open()
        self.catch_hooks = self._with(self.catch_hooks, fn, id, timeout, retries)
        return fn

    def remove(self, id: str) -> bool:
        """Takes back the hooks of this request that were registered with `id` and have not run;
        whether there were any.
        """
        self._check_open()
        found = False
        for kind in ("before_hooks", "after_hooks", "catch_hooks"):
            hooks = getattr(self, kind)
            if hooks is not None and any(hook.id == id for hook in hooks):
                found = True
                setattr(self, kind, [hook for hook in hooks if hook.id != id])
        return found

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
        _callable(fn)
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

    @property
    def tasks(self) -> Mapping[asyncio.Task[Any], Made]:
        """The tasks that this request made and that are not done, with where they were made."""
        return MappingProxyType({} if self._tasks is None else self._tasks)

    def _with(
        self,
        hooks: list[BoundHook] | None,
        fn: Callable[..., Any],
        id: str | None,
        timeout: float | None,
        retries: int,
    ) -> list[BoundHook]:
        name = _callable(fn)
        if timeout is not None and not 0 < timeout < math.inf:
            raise ValueError(f"the timeout of `{name}` is a number of seconds above 0")
        if retries < 0:
            raise ValueError(f"the retries of `{name}` are a number from 0")
        bound = self._bound(bind_function(name, fn, timeout, retries, self._around.pool, id))
        if hooks is None:
            return [bound]
        if id is not None and any(hook.id == id for hook in hooks):
            return [bound if hook.id == id else hook for hook in hooks]
        return [*hooks, bound]

    def _bound(self, hook: BoundHook) -> BoundHook:
        return hook

    def _registered(self, known: _Functions | None, fn: Callable[[], Any]) -> _Functions:
        if known is CLOSED:
            raise RequestEndedError("the request is ending: what is registered now would not run")
        _callable(fn)
        self.pending = True
        return (fn,) if known is None else (*known, fn)

    def _check_open(self) -> None:
        if self._data is ENDED_DATA:
            raise RequestEndedError("the request has ended, and its local context with it")


async def _result(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


def _callable(fn: object) -> str:
    """The name of what is registered; it would fail only later, where nobody sees why."""
    if callable(fn):
        return function_name(fn)
    found = type(fn).__name__
    if inspect.iscoroutine(fn):
        fn.close()
        found += ": leave the `()` out, or write `lambda: …`"
    raise TypeError(f"what is registered is a function, not a {found}")


def _word(version: Any) -> Any:
    return getattr(version, "label", version)
