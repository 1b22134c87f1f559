"""How modules are called: `await gctx.modules.store.insert(order)`.

Every public method is awaited, whether it is async or runs in a thread. The declaration's
`timeout` bounds each attempt; its `retries` are for methods marked `gatid.modules.idempotent`
alone.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, Never

from gatid.errors import DeniedError, ModuleError, ModuleTimeoutError, NotSupportedError
from gatid.lifecycle.attempts import attempts
from gatid.lifecycle.hooks import is_coroutine_function
from gatid.lifecycle.threads import result, submit
from gatid.modules import is_idempotent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from concurrent.futures import Executor

_LIFECYCLE = frozenset({"start", "stop", "health"})


class Calls:
    """Counts the calls of one instance that have not ended, and refuses them once stopped."""

    __slots__ = ("_count", "_idle", "module", "stopped")

    def __init__(self, module: str) -> None:
        self.module = module
        self.stopped = False
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def enter(self) -> None:
        """Begins a call; raises `ModuleError` after the module was stopped."""
        if self.stopped:
            raise ModuleError(self.module, "it was stopped with the last generation that used it")
        self._count += 1
        self._idle.clear()

    def leave(self) -> None:
        """Ends a call."""
        self._count -= 1
        if not self._count:
            self._idle.set()

    async def idle(self) -> None:
        """Returns when no call is running."""
        await self._idle.wait()


class ModuleClient:
    """One module as an object whose attributes are its public methods, all awaited."""

    def __init__(
        self,
        name: str,
        instance: object,
        calls: Calls,
        threads: Executor,
        timeout: float | None,
        retries: int,
    ) -> None:
        self._name = name
        for method in public_methods(type(instance)):
            bound = getattr(instance, method)
            self.__dict__[method] = _bind(bound, method, calls, threads, timeout, retries)

    def __getattr__(self, name: str) -> Never:
        known = ", ".join(f"`{method}`" for method in self._methods()) or "none"
        raise AttributeError(f"module `{self._name}` has no public method `{name}`; it has {known}")

    def __repr__(self) -> str:
        return f"<module {self._name}: {', '.join(self._methods())}>"

    def _methods(self) -> list[str]:
        return [name for name in self.__dict__ if not name.startswith("_")]


class Clients:
    """Modules by name. `missing` says what to write to someone who asks for another."""

    def __init__(self, clients: Mapping[str, ModuleClient], missing: Callable[[str], str]) -> None:
        self.__dict__.update(clients)
        self.__dict__["_missing"] = missing

    def __getattr__(self, name: str) -> Never:
        if name.startswith("__"):
            raise AttributeError(name)
        raise DeniedError(self.__dict__["_missing"](name))

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"modules are declared, not set: `{name}`")


def public_methods(cls: type) -> tuple[str, ...]:
    """The names of the methods that clients may call, sorted."""
    names = (name for name in dir(cls) if not name.startswith("_") and name not in _LIFECYCLE)
    return tuple(name for name in names if _is_method(inspect.getattr_static(cls, name)))


def _is_method(found: object) -> bool:
    if isinstance(found, staticmethod | classmethod):
        return True
    return callable(found) and not inspect.isclass(found)


def _bind(
    fn: Callable[..., Any],
    method: str,
    calls: Calls,
    threads: Executor,
    timeout: float | None,
    retries: int,
) -> Callable[..., Awaitable[Any]]:
    if inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
        return _refuse_generator(calls.module, method)
    once = _awaited(fn, calls) if is_coroutine_function(fn) else _threaded(fn, calls, threads)
    bounded = once if timeout is None else _bounded(once, method, calls.module, timeout)
    if not retries or not is_idempotent(fn):
        return bounded

    async def call(*args: Any, **kwargs: Any) -> Any:
        return await attempts(lambda: bounded(*args, **kwargs), retries)

    return call


def _awaited(fn: Callable[..., Any], calls: Calls) -> Callable[..., Awaitable[Any]]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        calls.enter()
        try:
            return await fn(*args, **kwargs)
        finally:
            calls.leave()

    return call


def _threaded(
    fn: Callable[..., Any], calls: Calls, threads: Executor
) -> Callable[..., Awaitable[Any]]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        calls.enter()
        try:
            running = submit(threads, fn, *args, **kwargs)
        except RuntimeError:
            calls.leave()
            raise
        loop = asyncio.get_running_loop()

        def ended(_: object) -> None:
            # The call ends with its thread, which may outlive whoever waits for it, and us.
            if not loop.is_closed():
                loop.call_soon_threadsafe(calls.leave)

        running.add_done_callback(ended)
        return await result(running)

    return call


def _bounded(
    once: Callable[..., Awaitable[Any]], method: str, module: str, timeout: float
) -> Callable[..., Awaitable[Any]]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        try:
            async with asyncio.timeout(timeout) as limit:
                return await once(*args, **kwargs)
        except TimeoutError as error:
            if limit.expired():
                raise ModuleTimeoutError(
                    module, f"`{method}` took longer than {timeout:g} s"
                ) from error
            raise

    return call


def _refuse_generator(module: str, method: str) -> Callable[..., Awaitable[Any]]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        del args, kwargs
        raise NotSupportedError(
            f"module `{module}`: `{method}` is a generator, which is not supported yet:"
            " return a list"
        )

    return call
