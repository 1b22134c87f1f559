"""The modules of one worker: built once, shared by generations while they are unchanged.

A generation holds a lease on its modules. Starting it builds those whose fingerprint is new,
in the order of their dependencies; stopping it ends those that no other lease holds, in
reverse, each after its last call.
"""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from gatid.errors import ModuleError
from gatid.lifecycle.threads import run
from gatid.modules import is_idempotent
from gatid.observe.capture import trace
from gatid.services.config import read_only
from gatid.services.fingerprint import fingerprints
from gatid.services.module_client import Calls, Clients, ModuleClient, public_methods
from gatid.services.module_context import ModuleContext

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from gatid.observe.logs import Log
    from gatid.observe.user_metrics import UserMetrics
    from gatid.services.secrets import SecretStore
    from gatid_compiler.plan import Module, Plan, PyRef

START = 30.0
"""Seconds in which a module must have been built and started."""

STOP = 10.0
"""Seconds for a module's last calls to end, and again for its `stop`."""


class _Instance:
    """A module that runs, and how many leases hold it."""

    __slots__ = ("calls", "held", "name", "object")

    def __init__(self, name: str, instance: Any) -> None:
        self.name = name
        self.object = instance
        self.calls = Calls(name)
        self.held = 0


class ModulePool:
    """All module instances of a worker, by fingerprint. Lives on one event loop."""

    def __init__(
        self, secrets: SecretStore, log: Log, metrics: UserMetrics, threads: int = 32
    ) -> None:
        self._secrets = secrets
        self._log = log
        self._metrics = metrics
        self._instances: dict[str, _Instance] = {}
        self._changing = asyncio.Lock()
        # Not the pool of sync handlers: a module that hangs must not take their threads.
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="gatid-module")

    def lease(self, plan: Plan, resolve: Callable[[PyRef], object]) -> Lease:
        """What `plan` needs, not started; raises `ModuleError` for what can never start."""
        classes: dict[str, type] = {}
        for name, module in plan.modules.items():
            found = resolve(module.target)
            if not isinstance(found, type):
                raise ModuleError(name, f"`{module.target}` is no class")
            if module.retries and not _any_idempotent(found):
                self._log.warning(
                    "a module declares retries, but none of its methods is marked"
                    " `gatid.modules.idempotent`, so nothing is tried again",
                    module=name,
                )
            classes[name] = found
        return Lease(self, plan, classes, fingerprints(plan))

    async def acquire(
        self, name: str, mark: str, build: Callable[[], ModuleContext], cls: type
    ) -> _Instance:
        """The instance with this fingerprint, started if there is none."""
        async with self._changing:
            instance = self._instances.get(mark)
            if instance is None:
                instance = _Instance(name, await self._started(name, cls, build()))
                self._instances[mark] = instance
            instance.held += 1
            return instance

    async def release(self, mark: str) -> None:
        """Gives an instance back; the last one to do so stops it."""
        async with self._changing:
            instance = self._instances[mark]
            instance.held -= 1
            if instance.held:
                return
            del self._instances[mark]
        await self._stopped(instance)

    def context(self, plan: Plan, module: Module, clients: Mapping[str, ModuleClient]) -> Any:
        """The `mctx` of a module, with what it declares and nothing else."""
        name = module.name
        return ModuleContext(
            name,
            read_only(module.config),
            self._secrets.of(plan.secrets).only(module.secrets, f"module `{name}`"),
            Clients(
                {other: clients[other] for other in module.modules},
                lambda other: (
                    f"module `{name}` may not call module `{other}`:"
                    f" write `allow module {other}` in module `{name}`"
                ),
            ),
            self._log.bind(module=name),
            self._metrics,
        )

    def running(self) -> tuple[type, ...]:
        """The classes of the instances that run; their code must stay loaded."""
        return tuple(type(instance.object) for instance in self._instances.values())

    def close(self) -> None:
        """Lets go of the threads; instances are stopped by their leases."""
        self.threads.shutdown(wait=False, cancel_futures=True)

    async def _started(self, name: str, cls: type, context: ModuleContext) -> Any:
        try:
            async with asyncio.timeout(START) as limit:
                # Building may block: it opens files and databases.
                instance = await run(self.threads, cls, context)
                start = getattr(instance, "start", None)
                if start is not None:
                    await _awaitable(start(), "start")
        except TimeoutError as error:
            if limit.expired():
                raise ModuleError(name, f"it did not start within {START:g} s") from error
            raise ModuleError(name, f"it did not start: {_said(error)}") from error
        except BaseException as error:
            if _cancelled(error):
                raise
            raise ModuleError(name, f"it did not start: {_said(error)}") from error
        return instance

    async def _stopped(self, instance: _Instance) -> None:
        try:
            async with asyncio.timeout(STOP):
                await instance.calls.idle()
        except TimeoutError:
            self._log.warning("a module is stopped while calls run", module=instance.name)
        instance.calls.stopped = True
        stop = getattr(instance.object, "stop", None)
        if stop is None:
            return
        try:
            async with asyncio.timeout(STOP):
                await _awaitable(stop(), "stop")
        except BaseException as error:
            if _cancelled(error):
                raise
            # Its owner is gone, and the others are yet to be stopped; whoever reads logs is told.
            self._log.error(
                "a module did not stop well", module=instance.name, traceback=trace(error)
            )


class Lease:
    """The modules of one generation. `clients` are there once it is started."""

    def __init__(
        self,
        pool: ModulePool,
        plan: Plan,
        classes: Mapping[str, type],
        marks: Mapping[str, str],
    ) -> None:
        self._pool = pool
        self._plan = plan
        self._classes = classes
        self._marks = marks
        self._held: list[tuple[str, _Instance]] = []
        self._clients: dict[str, ModuleClient] = {}
        self.clients = Clients({}, _not_started)

    async def start(self) -> None:
        """Starts what is new; raises `ModuleError`, after giving back what it had started."""
        try:
            for name, mark in self._marks.items():
                await self._add(self._plan.modules[name], mark)
        except BaseException:
            await self.stop()
            raise
        self.clients.__dict__.update(self._clients)
        self.clients.__dict__["_missing"] = _undeclared(self._plan)

    async def stop(self) -> None:
        """Gives all modules back, the last one started first. Calling it again does nothing."""
        while self._held:
            mark, _ = self._held.pop()
            await self._pool.release(mark)

    async def health(self) -> dict[str, bool]:
        """Whether each module says that it is well; those that say nothing are."""
        return {instance.name: await _well(instance) for _, instance in self._held}

    async def _add(self, module: Module, mark: str) -> None:
        name = module.name
        instance = await self._pool.acquire(
            name,
            mark,
            lambda: self._pool.context(self._plan, module, self._clients),
            self._classes[name],
        )
        self._held.append((mark, instance))
        self._clients[name] = ModuleClient(
            name,
            instance.object,
            instance.calls,
            self._pool.threads,
            None if module.timeout is None else module.timeout / 1000,
            module.retries,
        )


async def _well(instance: _Instance) -> bool:
    health = getattr(instance.object, "health", None)
    if health is None:
        return True
    try:
        async with asyncio.timeout(STOP):
            return await health() is not False
    except Exception:  # noqa: BLE001  # however it fails, it is not well
        return False


def _cancelled(error: BaseException) -> bool:
    """Whether we are cancelled, and the module did not only wait for something that was."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and bool(task and task.cancelling())


def _awaitable(result: Any, method: str) -> Awaitable[Any]:
    if not inspect.isawaitable(result):
        raise TypeError(f"`{method}` returned nothing to await: write `async def {method}`")
    return result


def _any_idempotent(cls: type) -> bool:
    return any(is_idempotent(getattr(cls, name)) for name in public_methods(cls))


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _not_started(name: str) -> str:
    return f"module `{name}` cannot be called before the modules are started"


def _undeclared(plan: Plan) -> Callable[[str], str]:
    known = ", ".join(f"`{name}`" for name in plan.modules) or "none"

    def missing(name: str) -> str:
        return (
            f"no module `{name}` is declared: write `module {name} = package.module:Class`"
            f" (declared: {known})"
        )

    return missing
