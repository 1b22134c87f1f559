"""`mctx` in a process of its own: whatever is not here already is asked for over the socket.

It looks like the one of a module that runs in process. What it refuses is refused on the other
side; nothing here has to be believed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Never

from gatid.observe.logs import LEVELS, Log, Output
from gatid.observe.sink import Sink
from gatid.services.isolation.wire import Kind
from gatid.services.modules.client import Clients
from gatid.services.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Awaitable

_NO_LABELS: Mapping[str, object] = {}


class ToldOutput(Output):
    """Log events are told to the worker, which writes them with the others."""

    def __init__(self, tell: Callable[[Kind, Any], None]) -> None:
        super().__init__(Sink(2))
        self._tell = tell

    def wants(self, level: str) -> bool:
        """The worker knows; it is asked to keep what it does not want."""
        return level in LEVELS

    def write(self, level: str, message: str, fields: Mapping[str, object]) -> None:
        """Tells of one event, its fields as plain data."""
        plain = self._plain(fields, 9)
        self._tell(Kind.LOG, [level, self._plain(str(message), 0), plain])


class AskedSecrets:
    """`mctx.secrets`: each `get` asks the worker, which keeps values for their TTL."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        self._ask = ask

    async def get(self, name: str) -> Secret:
        """The value; raises `DeniedError` when it is not allowed."""
        return Secret(name, await self._ask("secret", name))


class ToldMetrics:
    """`mctx.metrics`, counted by the worker. Raises `ValueError` for a number that cannot be."""

    def __init__(self, tell: Callable[[Kind, Any], None]) -> None:
        self._tell = tell

    def counter(self, name: str, n: float = 1, labels: Mapping[str, object] = _NO_LABELS) -> None:
        """Adds `n`, which is finite and not negative."""
        if not (math.isfinite(n) and n >= 0):
            raise ValueError(f"counter `{name}` only grows, by a finite number, not by {n}")
        self._say("counter", name, n, labels)

    def gauge(self, name: str, value: float, labels: Mapping[str, object] = _NO_LABELS) -> None:
        """Sets it."""
        self._say("gauge", name, value, labels)

    def histogram(self, name: str, value: float, labels: Mapping[str, object] = _NO_LABELS) -> None:
        """Observes a finite `value`."""
        if not math.isfinite(value):
            raise ValueError(f"histogram `{name}` takes finite numbers, not {value}")
        self._say("histogram", name, value, labels)

    def _say(self, kind: str, name: str, number: float, labels: Mapping[str, object]) -> None:
        texts = {str(key): str(value) for key, value in labels.items()}
        self._tell(Kind.METRIC, [kind, name, float(number), texts])


class AskedModule:
    """Another module: its public methods, awaited."""

    def __init__(self, name: str, methods: list[str], ask: Callable[..., Any]) -> None:
        self._name = name
        for method in methods:
            self.__dict__[method] = _calling(name, method, ask)

    def __getattr__(self, name: str) -> Never:
        known = ", ".join(f"`{each}`" for each in vars(self) if each[0] != "_") or "none"
        raise AttributeError(f"module `{self._name}` has no public method `{name}`; it has {known}")


def _calling(module: str, method: str, ask: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        return await ask("call", module, method, list(args), kwargs)

    return call


@dataclass(frozen=True, slots=True)
class IsolatedContext:
    """Configuration (read-only), allowed secrets and modules, log and metrics."""

    name: str
    config: Mapping[str, Any]
    secrets: AskedSecrets
    modules: Clients
    log: Log
    metrics: ToldMetrics
    _ask: Callable[..., Any]

    def publish(self, topic: str, value: Any) -> Awaitable[Any]:
        """Publishes to a topic that the module is allowed."""
        published: Awaitable[Any] = self._ask("publish", topic, value)
        return published
