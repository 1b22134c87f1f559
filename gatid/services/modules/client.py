"""How modules are called: `await gctx.modules.store.insert(order)`.

Every public method is awaited, whether it is async or runs in a thread. The declaration's
`timeout` bounds each attempt; its `retries` are for methods marked `gatid.modules.idempotent`
alone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Never

from gatid.errors import DeniedError, ModuleTimeoutError, NotSupportedError
from gatid.lifecycle.attempts import attempts
from gatid.services.modules.typed import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatid.services.modules.instance import Instance
    from gatid.services.modules.running import Call, Method
    from gatid_compiler.plan import Module


class ModuleClient:
    """One module as an object whose attributes are its public methods, all awaited."""

    def __init__(self, instance: Instance, module: Module) -> None:
        self._name = instance.name
        shown = module.manifest
        plain = {} if shown is None else {each.name: each for each in shown.methods}
        for name, method in instance.methods.items():
            call = _bind(instance, method, module)
            if shown is not None and name in plain:
                call = typed(module.name, plain[name], shown.types, call)
            self.__dict__[name] = call

    def __getattr__(self, name: str) -> Never:
        known = ", ".join(f"`{method}`" for method in self._methods()) or "none"
        raise AttributeError(f"module `{self._name}` has no public method `{name}`; it has {known}")

    def __repr__(self) -> str:
        return f"<module {self._name}: {', '.join(self._methods())}>"

    def _methods(self) -> list[str]:
        return [name for name in self.__dict__ if not name.startswith("_")]


class Clients:
    """Modules by name. `missing` says what to write to someone who asks for another."""

    def __init__(self, clients: Mapping[str, object], missing: Callable[[str], str]) -> None:
        self.__dict__.update(clients)
        self.__dict__["_missing"] = missing

    def __getattr__(self, name: str) -> Never:
        if name.startswith("__"):
            raise AttributeError(name)
        raise DeniedError(self.__dict__["_missing"](name))

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"modules are declared, not set: `{name}`")


def _bind(instance: Instance, method: Method, module: Module) -> Call:
    if method.kind == "generator":
        return _refuse_generator(instance.name, method.name)
    once = _current(instance.bound, method.name)
    if instance.slots is not None:
        once = _in_line(once, instance.slots)
    if module.timeout is not None:
        once = _bounded(once, method.name, instance.name, module.timeout / 1000)
    if not module.retries or not method.idempotent:
        return once

    async def call(*args: Any, **kwargs: Any) -> Any:
        return await attempts(lambda: once(*args, **kwargs), module.retries)

    return call


def _in_line(once: Call, slots: asyncio.Semaphore) -> Call:
    """The call when it is its turn; who waits has nothing but the time that the call has."""

    async def call(*args: Any, **kwargs: Any) -> Any:
        async with slots:
            return await once(*args, **kwargs)

    return call


def _current(bound: Mapping[str, Call], name: str) -> Call:
    """The method of whatever runs when the call begins."""

    async def call(*args: Any, **kwargs: Any) -> Any:
        return await bound[name](*args, **kwargs)

    return call


def _bounded(once: Call, method: str, module: str, timeout: float) -> Call:
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


def _refuse_generator(module: str, method: str) -> Call:
    async def call(*args: Any, **kwargs: Any) -> Any:
        del args, kwargs
        raise NotSupportedError(
            f"module `{module}`: `{method}` is a generator, which is not supported yet:"
            " return a list"
        )

    return call
