"""`mctx`: what a module is given. What it did not declare is refused by name.

In one process this prevents accidents, not attacks: Python code can reach anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Never

from gatid.errors import NotSupportedError
from gatid.observe.logs import Log
from gatid.observe.user_metrics import UserMetrics
from gatid.services.modules.client import Clients
from gatid.services.secrets import Secrets


@dataclass(frozen=True, slots=True)
class ModuleContext:
    """Configuration (read-only), allowed secrets and modules, log and metrics."""

    name: str
    config: Mapping[str, Any]
    secrets: Secrets
    modules: Clients
    log: Log
    metrics: UserMetrics

    def publish(self, topic: str, value: Any) -> Never:
        """Topics are not supported yet."""
        del value
        raise NotSupportedError(f"topics are not supported yet: `{topic}` cannot be published")
