"""`mctx`: what a module is given. What it did not declare is refused by name.

In one process this prevents accidents, not attacks: Python code can reach anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatid.observe.logs import Log
from gatid.observe.user_metrics import UserMetrics
from gatid.services.modules.client import Clients
from gatid.services.secrets import Secrets
from gatid.services.topics.given import GivenTopics


@dataclass(frozen=True, slots=True)
class ModuleContext:
    """Configuration (read-only), allowed secrets and modules, log and metrics."""

    name: str
    config: Mapping[str, Any]
    secrets: Secrets
    modules: Clients
    log: Log
    metrics: UserMetrics
    _topics: GivenTopics

    async def publish(self, topic: str, value: Any) -> None:
        """Sends a value to every subscriber of a topic that the module has an `allow` for.

        Raises `TopicValueError` and `TopicFullError`, as `gctx.publish` does.
        """
        await self._topics.publish(topic, value)
