"""The module as its process runs it: built, started, and called by what comes over the socket.

Every call that comes is answered once, with its result, with what it raised, or as cancelled.
What is async runs on the event loop, what is sync in a thread, as in the worker's own process.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatid.endpoint.loading import LoadError, load
from gatid.isolated.context import (
    AskedModule,
    AskedSecrets,
    IsolatedContext,
    ToldMetrics,
    ToldOutput,
)
from gatid.lifecycle.threads import result, run, submit
from gatid.observe import capture
from gatid.observe.logs import Log
from gatid.services.config import read_only
from gatid.services.isolation.faults import raised, told
from gatid.services.isolation.wire import AT_ONCE, Kind, TooLargeError, Wire
from gatid.services.modules.client import Clients
from gatid.services.modules.in_process import methods
from gatid_compiler.plan import Code, PyRef

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from gatid.services.isolation.offer import Offer

_THREADS = 32
_STACK = 1 << 20
"""Bytes of a thread's stack: what it could take at most counts as memory of the module."""


class Serving:
    """One module, from its loading on. Made when the process is confined."""

    def __init__(self, offer: Offer) -> None:
        threading.stack_size(_STACK)
        self._offer = offer
        self._thread = threading.get_ident()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="gatid-module")
        self._wire = Wire(self._on_frame, self._on_lost)
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._questions: dict[int, asyncio.Future[Any]] = {}
        self._asking = asyncio.Semaphore(AT_ONCE)
        self._number = 0
        self._methods: dict[str, Callable[..., Any]] = {}
        self._object: Any = None

    async def live(self, sock: socket.socket) -> None:
        """Loads and starts the module, says so, and serves until the process ends."""
        self._loop = asyncio.get_running_loop()
        await self._loop.create_unix_connection(lambda: self._wire, sock=sock)
        try:
            await self._start()
        except BaseException as error:  # noqa: BLE001 - SystemExit, too, is a start that failed
            self._wire.send(Kind.ERROR, 0, told(error, traced=True))
        await self._loop.create_future()

    async def _start(self) -> None:
        offer = self._offer
        log = Log(ToldOutput(self._tell), {})
        capture.install(log)
        context = IsolatedContext(
            offer.name,
            read_only(offer.config),
            AskedSecrets(self._ask),
            Clients(
                {name: AskedModule(name, has, self._ask) for name, has in offer.modules.items()},
                self._not_allowed,
            ),
            log,
            ToldMetrics(self._tell),
            self._ask,
        )
        cls = self._class()
        made = await run(self._threads, cls, context)
        if hasattr(made, "start"):
            await _awaitable(made.start(), "start")
        found = methods(cls)
        self._object = made
        for name, method in found.items():
            self._methods[name] = _bound(getattr(made, name), method.kind, self._threads)
        listed = [[name, method.kind, method.idempotent] for name, method in found.items()]
        self._wire.send(Kind.READY, 0, {"methods": listed, "health": hasattr(made, "health")})

    def _class(self) -> type:
        """The module's class, from the plan's sources; its code runs here for the first time."""
        offer = self._offer
        ref = PyRef(*offer.target)
        code = load(Code(offer.files, {}), 0, "isolated", Path(offer.base))
        try:
            found = code.resolve(ref)
        except LoadError as error:
            if error.traceback:
                error.add_note(error.traceback)
            raise
        if not isinstance(found, type):
            raise TypeError(f"`{ref}` is no class")
        return found

    def _on_frame(self, kind: Kind, number: int, value: Any) -> None:
        match kind:
            case Kind.CALL:
                name, args, kwargs = value
                self._begin(number, lambda: self._methods[name](*args, **kwargs))
            case Kind.HEALTH:
                self._begin(number, lambda: _awaitable(self._object.health(), "health"))
            case Kind.STOP:
                self._begin(number, self._stop)
            case Kind.CANCEL:
                if number in self._calls:
                    self._calls[number].cancel()
            case Kind.PING:
                self._wire.send(Kind.PONG, 0, None)
            case Kind.ANSWER | Kind.REFUSAL if number in self._questions:
                reply = self._questions.pop(number)
                if not reply.done():
                    reply.set_result((kind, value))
            case _:
                pass  # the answer to a question that was given up

    def _on_lost(self, wrong: str | None) -> None:
        """The worker has gone, or wants no more; what is under way has nobody to hear of it."""
        del wrong
        os._exit(0)

    def _begin(self, number: int, work: Callable[[], Awaitable[Any]]) -> None:
        task = self._calls[number] = self._loop.create_task(self._answered(number, work))
        task.add_done_callback(lambda _: self._ended(number))

    def _ended(self, number: int) -> None:
        """A call that was cancelled before it began has not been answered."""
        if self._calls.pop(number, None) is not None:
            self._wire.send(Kind.ERROR, number, told(asyncio.CancelledError(), traced=False))

    async def _answered(self, number: int, work: Callable[[], Awaitable[Any]]) -> None:
        """One reply, whatever happens; `SystemExit` ends a call here, and not the process."""
        try:
            value = await work()
            if self._wire.full:
                await self._wire.room()
            self._wire.send(Kind.RESULT, number, value)
        except BaseException as error:  # noqa: BLE001 - it is told to whoever called
            self._wire.send(Kind.ERROR, number, told(error, traced=True))
        finally:
            del self._calls[number]  # so that `_ended` knows

    async def _stop(self) -> None:
        if hasattr(self._object, "stop"):
            await _awaitable(self._object.stop(), "stop")

    async def _ask(self, *what: Any) -> Any:
        """What the worker answers to a question, or what it raised."""
        async with self._asking:
            self._number = number = self._number % 0xFFFFFFFF + 1
            reply = self._questions[number] = self._loop.create_future()
            try:
                self._wire.send(Kind.ASK, number, list(what))
                kind, value = await reply
            except asyncio.CancelledError:
                self._wire.send(Kind.GIVE_UP, number, None)
                raise
            finally:
                self._questions.pop(number, None)
        if kind is Kind.ANSWER:
            return value
        raise raised(self._offer.name, f"`{what[0]}`", value)

    def _tell(self, kind: Kind, value: Any) -> None:
        """Tells without waiting, from any thread; what cannot be sent, or read, is left out."""
        if threading.get_ident() == self._thread:
            self._tell_here(kind, value)
        else:
            self._loop.call_soon_threadsafe(self._tell_here, kind, value)

    def _tell_here(self, kind: Kind, value: Any) -> None:
        if not self._wire.full:
            with contextlib.suppress(TooLargeError):
                self._wire.send(kind, 0, value)

    def _not_allowed(self, other: str) -> str:
        name = self._offer.name
        return (
            f"module `{name}` may not call module `{other}`:"
            f" write `allow module {other}` in module `{name}`"
        )


def _bound(fn: Callable[..., Any], kind: str, threads: ThreadPoolExecutor) -> Callable[..., Any]:
    """A method whose call is awaited; a sync one runs in a thread, which ends when it ends."""
    if kind == "async":
        return fn

    async def call(*args: Any, **kwargs: Any) -> Any:
        running = submit(threads, fn, *args, **kwargs)
        try:
            return await result(running)
        except asyncio.CancelledError:
            # Whoever called has gone; the call is under way until the thread is done with it.
            if not running.cancelled():
                await asyncio.wait([asyncio.wrap_future(running)])
            raise

    return call


async def _awaitable(result: Any, method: str) -> Any:
    if not inspect.isawaitable(result):
        raise TypeError(f"`{method}` returned nothing to await: write `async def {method}`")
    return await result
