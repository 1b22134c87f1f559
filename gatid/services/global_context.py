"""`gctx`: what handlers and hooks reach beyond their request. Frozen; made at link."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal

from typing_extensions import TypeVar

from gatid.observe.logs import Log
from gatid.observe.user_metrics import UserMetrics
from gatid.services.config import read_only
from gatid.services.modules.client import Clients
from gatid.services.secrets import Secrets
from gatid.services.topics import GivenTopics, Subscription, Topics
from gatid_compiler import plan

if TYPE_CHECKING:
    from gatid.services.host import Host
    from gatid.services.modules.pool import Lease


@dataclass(frozen=True, slots=True)
class TransformInfo:
    """What carries messages between a contract and its handler: requests `forward`, bodies and
    headers of the handler's `status` back.

    `source` is the Python that does it, `functions` are those of the project that it calls;
    what is `proved` is not validated again.
    """

    way: Literal["forward", "backward", "headers"]
    status: int | None
    source: str
    functions: tuple[str, ...]
    proved: bool


@dataclass(frozen=True, slots=True)
class ContractInfo:
    """A contract of a route; `since` and `until` are labels of releases, None at the ends."""

    id: str
    seq: int
    since: str | None
    until: str | None
    transforms: tuple[TransformInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class Timescape:
    """The releases, oldest first, and each route's contracts and their transforms, as data."""

    versions: tuple[plan.Release, ...]
    contracts: Mapping[str, tuple[ContractInfo, ...]]

    @property
    def head(self) -> plan.Release | None:
        """The newest release, None when none is declared."""
        return self.versions[-1] if self.versions else None


Modules = TypeVar("Modules", default=Clients)


@dataclass(frozen=True, slots=True)
class GlobalContext(Generic[Modules]):
    """The same object for all requests of a route. `Modules` is what `gatid gen python` writes."""

    modules: Modules
    secrets: Secrets
    config: Mapping[str, Any]
    metrics: UserMetrics
    log: Log
    timescape: Timescape
    _topics: Topics
    _given: GivenTopics

    @staticmethod
    def create(
        whole: plan.Plan, host: Host, lease: Lease, topics: Topics | None = None
    ) -> GlobalContext:
        """The context of a plan, which may read no secret; see `for_route`."""
        if topics is None:
            topics = Topics(whole, host.topics, host.log, host.meters, host.pool)
        return GlobalContext(
            lease.clients,
            host.secrets.of(whole.secrets).only((), "the app"),
            read_only(whole.app.config),
            host.metrics,
            host.log,
            _timescape(whole),
            topics,
            topics.given((), "a route", "emits"),
        )

    def for_route(self, route: plan.Route) -> GlobalContext[Modules]:
        """The context in which the handlers and hooks of a route run."""
        secrets = self.secrets.only(route.secrets, f"route `{route.name}`")
        given = self._topics.given(route.emits, f"route `{route.name}`", "emits")
        return dataclasses.replace(self, secrets=secrets, _given=given)

    async def publish(self, topic: str, value: Any) -> None:
        """Sends a value to every subscriber of a topic that the route `emits`, in every worker.

        Raises `TopicValueError` for what is not of the topic's type, `TopicFullError` where
        somebody is slow and the topic says `overflow refuse`, and `DeniedError`.
        """
        await self._given.publish(topic, value)

    def subscribe(self, topic: str, fn: Callable[[Any], Any]) -> Subscription:
        """Calls `fn(event)`, sync or async, with each event of a topic, until its `cancel()` or
        the end of the generation.
        """
        return self._topics.subscribe(topic, fn)


def _timescape(whole: plan.Plan) -> Timescape:
    labels = [release.label for release in whole.releases]

    def info(contract: plan.Contract) -> ContractInfo:
        since = labels[contract.since] if labels else None
        until = None if contract.until is None else labels[contract.until]
        transforms = tuple(_transforms(contract))
        return ContractInfo(contract.id, contract.seq, since, until, transforms)

    return Timescape(
        whole.releases,
        MappingProxyType(
            {route.name: tuple(info(each) for each in route.contracts) for route in whole.routes}
        ),
    )


def _transforms(contract: plan.Contract) -> Iterator[TransformInfo]:
    up = contract.up
    if up is not None:
        names = tuple(str(call.target) for call in up.calls)
        yield TransformInfo("forward", None, up.source, names, not up.checked)
    for down in contract.down:
        names = tuple(str(call.target) for call in down.calls)
        proved = not down.checked
        if down.source is not None:
            yield TransformInfo("backward", down.handler_status, down.source, names, proved)
        if down.headers is not None:
            yield TransformInfo("headers", down.handler_status, down.headers, names, proved)
