"""`isolate none`: the module is an object of this process, and nothing keeps it apart.

What is async runs on the event loop, what is sync in a thread of the instance's own: a module
that hangs takes no threads from handlers or from other modules. A thread cannot be stopped: a
call that is given up goes on in it, and the instance is not stopped before that has ended.
"""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from gatid.lifecycle.hooks import is_coroutine_function
from gatid.lifecycle.tasks import OWNER
from gatid.lifecycle.threads import result, run, submit
from gatid.modules import is_idempotent
from gatid.services.modules.running import Calls, Method
from gatid_compiler.plan import LIFECYCLE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from concurrent.futures import Executor

    from gatid.services.modules.running import Asked, Call

THREADS = 32
"""How many sync methods of an instance run at once, where its `concurrency` does not say."""


class InProcess:
    """A module in this process."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._object: Any = None
        name = asked.module.name
        count = asked.module.concurrency or THREADS
        self._threads = ThreadPoolExecutor(count, thread_name_prefix=f"gatid-module-{name}")
        self.calls = Calls(name)
        self.died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.methods: Mapping[str, Method] = {}
        self.has_health = False

    async def start(self) -> None:
        """Builds the object in a thread, because it may open files and databases."""
        cls = self._asked.cls
        if cls is None:
            raise TypeError("a module that runs in process has its class there")
        try:
            made = await run(self._threads, cls, self._asked.context)
            start = getattr(made, "start", None)
            if start is not None:
                await _awaitable(start(), "start")
        except BaseException:
            self._let_go()
            raise
        self._object = made
        self.methods = methods(type(made))
        self.has_health = hasattr(made, "health")

    def method(self, name: str) -> Call:
        """A bound method of the object; a sync one runs in a thread."""
        fn = getattr(self._object, name)
        if self.methods[name].kind == "async":
            return _awaited(fn, self.calls)
        return _threaded(fn, self.calls, self._threads)

    async def health(self) -> bool:
        """What the object says of itself; only `False` means that it is not well."""
        return await _awaitable(self._object.health(), "health") is not False

    async def stop(self) -> None:
        """Awaits the object's own `stop`, if it has one."""
        stop = getattr(self._object, "stop", None)
        try:
            if stop is not None:
                await _awaitable(stop(), "stop")
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """Threads that hang are left to end when they can."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def methods(cls: type) -> Mapping[str, Method]:
    """The methods of a class that clients may call, by name, sorted."""
    names = (name for name in dir(cls) if not name.startswith("_") and name not in LIFECYCLE)
    return {n: _method(cls, n) for n in names if _is_method(inspect.getattr_static(cls, n))}


def _method(cls: type, name: str) -> Method:
    fn = getattr(cls, name)
    if inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
        return Method(name, "generator", is_idempotent(fn))
    return Method(name, "async" if is_coroutine_function(fn) else "sync", is_idempotent(fn))


def _is_method(found: object) -> bool:
    if isinstance(found, staticmethod | classmethod):
        return True
    return callable(found) and not inspect.isclass(found)


def _awaitable(result: Any, method: str) -> Awaitable[Any]:
    if not inspect.isawaitable(result):
        raise TypeError(f"`{method}` returned nothing to await: write `async def {method}`")
    return result


def _awaited(fn: Callable[..., Any], calls: Calls) -> Call:
    async def call(*args: Any, **kwargs: Any) -> Any:
        calls.enter()
        # What a module begins is the module's, and does not end with the request that calls.
        token = OWNER.set(None)
        try:
            return await fn(*args, **kwargs)
        finally:
            OWNER.reset(token)
            calls.leave()

    return call


def _threaded(fn: Callable[..., Any], calls: Calls, threads: Executor) -> Call:
    async def call(*args: Any, **kwargs: Any) -> Any:
        calls.enter()
        token = OWNER.set(None)
        try:
            running = submit(threads, fn, *args, **kwargs)
        except RuntimeError:
            calls.leave()
            raise
        finally:
            OWNER.reset(token)
        loop = asyncio.get_running_loop()

        def ended(_: object) -> None:
            # The call ends with its thread, which may outlive whoever waits for it, and us.
            if not loop.is_closed():
                loop.call_soon_threadsafe(calls.leave)

        running.add_done_callback(ended)
        return await result(running)

    return call
