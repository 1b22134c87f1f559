"""A generation: one plan, its handler code, and the requests that are in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid.endpoint.callables import LinkError
from gatid.errors import ModuleError
from gatid.services.key_rings import BAD_KEYS
from gatid.services.secrets import SecretUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gatid.endpoint.dispatch import Dispatch
    from gatid.endpoint.loading import LoadedCode
    from gatid.endpoint.source import Sources
    from gatid.endpoint.watching import Contracts
    from gatid.services.key_rings import Live
    from gatid.services.modules.pool import Lease
    from gatid.services.topics import Topics
    from gatid_compiler.plan import Plan


class Generation:
    """A linked plan. Its numbers are never used twice; it lives until its last request ends.

    `inflight` is counted by the gateway; `retired` is True once a newer generation serves.
    """

    __slots__ = (
        "__weakref__",
        "_contracts",
        "_keys",
        "_lease",
        "_sources",
        "_topics",
        "code",
        "concurrency",
        "dispatch",
        "inflight",
        "number",
        "plan",
        "plan_id",
        "retired",
    )

    def __init__(
        self,
        number: int,
        plan: Plan,
        plan_id: str,
        code: LoadedCode,
        dispatch: Dispatch,
        lease: Lease,
        keys: Iterable[Live[Any]],
        sources: Sources,
        contracts: Contracts,
        topics: Topics,
    ) -> None:
        self.number = number
        self.plan = plan
        self.plan_id = plan_id
        self.code = code
        self.dispatch = dispatch
        self.concurrency = plan.app.limits.concurrency
        self.inflight = 0
        self.retired = False
        self._lease = lease
        self._keys = tuple(keys)
        self._sources = sources
        self._contracts = contracts
        self._topics = topics

    async def start(self) -> None:
        """Starts the modules and reads the keys; raises `LinkError` if one will not do."""
        for keys in self._keys:
            try:
                await keys.load()
            except (*BAD_KEYS, SecretUnavailableError) as error:
                raise LinkError(f"secret `{keys.secret}`: {error}") from error
        try:
            await self._lease.start()
        except ModuleError as error:
            raise LinkError(str(error)) from error

    def modules(self) -> Mapping[str, tuple[bool, int]]:
        """Of each module whether it runs, and how often it was started again."""
        return self._lease.modules()

    async def restart(self, module: str) -> None:
        """Starts a module again; raises `ModuleError`, and what ran goes on then."""
        await self._lease.restart(module)

    def begin(self) -> None:
        """Serves from now on: its subscribers hear."""
        self._topics.begin()

    def retire(self) -> None:
        """Another one serves from now on, whose subscribers hear what is published then."""
        self._topics.retire()

    async def stop(self) -> None:
        """Stops subscribers, and the modules that no other generation uses. No request may be in
        flight.
        """
        await self._topics.stop()
        await self._lease.stop()
        self._sources.forget()
