"""The modules of one worker: built once, shared by generations while they are unchanged.

A generation holds a lease on its modules. Starting it builds those whose fingerprint is new,
in the order of their dependencies; stopping it ends those that no other lease holds, in
reverse, each after its last call.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gatid.errors import ModuleError
from gatid.services.config import read_only
from gatid.services.isolation.process import IsolatedModule, require
from gatid.services.modules.client import Clients, ModuleClient
from gatid.services.modules.context import ModuleContext
from gatid.services.modules.fingerprint import fingerprints
from gatid.services.modules.in_process import InProcess, methods
from gatid.services.modules.instance import Checks, Instance, Pace
from gatid.services.modules.registration import allowed, registered
from gatid.services.modules.running import Asked
from gatid.services.topics.given import GivenTopics, Typed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gatid.observe.logs import Log
    from gatid.observe.user_metrics import UserMetrics
    from gatid.services.modules.running import Running
    from gatid.services.secrets import SecretStore
    from gatid.services.topics.fabric import Fabric
    from gatid_compiler.plan import Module, Plan, PyRef

KINDS: Mapping[str, Callable[[Asked], Running]] = {"none": InProcess, "process": IsolatedModule}
"""What runs a module, by its `isolate`."""


class ModulePool:
    """All module instances of a worker, by fingerprint. Lives on one event loop."""

    def __init__(
        self,
        base: Path,
        secrets: SecretStore,
        log: Log,
        metrics: UserMetrics,
        fabric: Fabric,
        pace: Pace | None = None,
        kinds: Mapping[str, Callable[[Asked], Running]] = KINDS,
    ) -> None:
        self._fabric = fabric
        self._base = base
        self._secrets = secrets
        self._log = log
        self._metrics = metrics
        self._pace = Pace() if pace is None else pace
        self._kinds = kinds
        self._instances: dict[str, Instance] = {}
        self._ending: set[Instance] = set()
        self._changing = asyncio.Lock()

    def lease(self, plan: Plan, resolve: Callable[[PyRef], object]) -> Lease:
        """What `plan` needs, not started; raises `ModuleError` for what can never start."""
        classes: dict[str, type | None] = {}
        for name, module in plan.modules.items():
            allowed(module)
            if module.isolation is not None:
                require(module)
                classes[name] = None
                continue
            found = resolve(module.target)
            if not isinstance(found, type):
                raise ModuleError(name, f"`{module.target}` is no class")
            registered(module, methods(found))
            if module.retries and not any(m.idempotent for m in methods(found).values()):
                self._log.warning(
                    "a module declares retries, but none of its methods is marked"
                    " `gatid.modules.idempotent`, so nothing is tried again",
                    module=name,
                )
            classes[name] = found
        return Lease(self, plan, classes, fingerprints(plan))

    async def acquire(
        self,
        mark: str,
        plan: Plan,
        module: Module,
        cls: type | None,
        clients: Mapping[str, ModuleClient],
    ) -> Instance:
        """The instance with this fingerprint, started if there is none."""
        async with self._changing:
            instance = self._instances.get(mark)
            if instance is None:
                context = self._context(plan, module, clients)
                kind = "none" if module.isolation is None else "process"
                asked = Asked(plan, module, cls, context, self._base)
                instance = Instance(
                    module.name,
                    lambda: self._kinds[kind](asked),
                    code=cls,
                    checks=_checks(module),
                    pace=self._pace,
                    log=self._log,
                    concurrency=module.concurrency,
                    agreed=lambda running: registered(module, running.methods),
                )
                await instance.start()
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
            self._ending.add(instance)
        try:
            await instance.end()
        finally:
            self._ending.discard(instance)

    def running(self) -> tuple[type, ...]:
        """The classes of the instances that run; their code must stay loaded."""
        held = (*self._instances.values(), *self._ending)
        return tuple(each.code for each in held if each.code is not None)

    def _context(
        self, plan: Plan, module: Module, clients: Mapping[str, ModuleClient]
    ) -> ModuleContext:
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
            GivenTopics(
                self._fabric,
                {topic: Typed(spec) for topic, spec in plan.topics.items()},
                module.topics,
                f"module `{name}`",
                "allow topic",
            ),
        )


class Lease:
    """The modules of one generation. `clients` are there once it is started."""

    def __init__(
        self,
        pool: ModulePool,
        plan: Plan,
        classes: Mapping[str, type | None],
        marks: Mapping[str, str],
    ) -> None:
        self._pool = pool
        self._plan = plan
        self._classes = classes
        self._marks = marks
        self._held: list[tuple[str, Instance]] = []
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

    async def restart(self, name: str) -> None:
        """Starts another instance of a module in its place; see `Instance.restart`."""
        for _, instance in self._held:
            if instance.name == name:
                await instance.restart()
                return
        raise ModuleError(name, f"it is not declared (declared: {_known(self._plan)})")

    def modules(self) -> dict[str, tuple[bool, int]]:
        """Of each module whether it runs, and how often it was started again."""
        return {each.name: (each.up, each.restarts) for _, each in self._held}

    async def health(self) -> dict[str, bool]:
        """Whether each module says that it is well; those that say nothing are."""
        return {instance.name: await instance.well() for _, instance in self._held}

    async def _add(self, module: Module, mark: str) -> None:
        instance = await self._pool.acquire(
            mark, self._plan, module, self._classes[module.name], self._clients
        )
        self._held.append((mark, instance))
        self._clients[module.name] = ModuleClient(instance, module)


def _checks(module: Module) -> Checks:
    said = module.checks
    return Checks(said.every / 1000, said.timeout / 1000, said.failures)


def _known(plan: Plan) -> str:
    return ", ".join(f"`{name}`" for name in plan.modules) or "none"


def _not_started(name: str) -> str:
    return f"module `{name}` cannot be called before the modules are started"


def _undeclared(plan: Plan) -> Callable[[str], str]:
    known = _known(plan)

    def missing(name: str) -> str:
        return (
            f"no module `{name}` is declared: write `module {name} = package.module:Class`"
            f" (declared: {known})"
        )

    return missing
