"""A store of snapshots for tests, and generations that keep theirs in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gatid.snapshots import Store
from tests.gatid.endpoint.build import contract, generation, plan, route
from tests.gatid.endpoint.wire import Ask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gatid_compiler import plan as p
    from tests.gatid.lifecycle.told import Told


class Kept:
    """A store of snapshots, and generations that keep theirs in it."""

    def __init__(self, told: Told, state: Path) -> None:
        self.told = told
        meters = told.host.meters
        self.store = Store(state, told.host.log, meters.snapshots, meters.snapshots_dropped)

    def serve(
        self, handler: Callable[..., Any], settings: p.Snapshots, shape_: p.Shape, **more: Any
    ) -> Any:
        only = contract("one", "POST", (), shape_)
        functions = {"one": handler, **more.pop("functions", {})}
        made = plan(route("one", only, snapshots=settings, **more))
        return generation(
            self.told.host,
            made,
            functions,
            plan_id="ab" * 32,
            keeper=self.store,
            manifest=lambda route, contract: f"manifest of {contract.id}",
        )

    def taken(self) -> list[dict[str, Any]]:
        """What was kept since the last time."""
        self.store.flush()
        directory = self.store.directory
        entries = directory.entries()
        found = [directory.read(entry) for entry in entries]
        for entry in entries:
            assert entry.path.stat().st_mode & 0o777 == 0o600
            entry.path.unlink()
        return found


def post(body: Any, query: str = "", *fields: tuple[str, str]) -> Ask:
    json_ = ("content-type", "application/json")
    return Ask("POST", "/", query, (json_, *fields), json.dumps(body).encode())
