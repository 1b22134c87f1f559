"""The levels of every route: the app, its groups from the outside in, and its own block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.passes.layers import HookUse, Layer, LayerReader
from gatid_compiler.passes.places import APP, GROUP, ROUTE
from gatid_dsl import syntax

if TYPE_CHECKING:
    from gatid_compiler import plan
    from gatid_compiler.passes.declare import Names, RoutePlace
    from gatid_compiler.passes.report import Report


@dataclass(frozen=True, slots=True)
class Layers:
    """What each block says of policies; groups by identity, because two may have one path."""

    app: Layer
    groups: Mapping[int, Layer]
    routes: Mapping[str, Layer]
    hook_uses: Sequence[HookUse]

    def levels(self, place: RoutePlace) -> Sequence[Layer]:
        """The levels of one route, from the outside in."""
        groups = (self.groups[id(group)] for group in place.groups)
        return (self.app, *groups, self.routes[place.node.name.text])


def layers(
    names: Names, hooks: dict[str, plan.Hook], used_secrets: set[str], report: Report
) -> Layers:
    """Read every block once. Hooks named directly are added to `hooks`, secrets to the used."""
    reader = LayerReader(names, hooks, report)
    reader.read_policies()
    app = reader.layer("app", names.app.body if names.app else (), APP)
    groups: dict[int, Layer] = {}
    seen: dict[str, int] = {}
    for group in names.groups:
        by = f"group {group.path.span.text}"
        seen[by] = seen.get(by, 0) + 1
        # Rate limits are told apart by who declares them, so two groups of a path are two.
        by = by if seen[by] == 1 else f"{by} ({seen[by]})"
        statements = [s for s in group.body if not isinstance(s, syntax.Group | syntax.Route)]
        groups[id(group)] = reader.layer(by, statements, GROUP)
    routes = {
        name: reader.layer(f"route {name}", place.node.body, ROUTE)
        for name, place in names.all_routes.items()
    }
    used_secrets |= reader.used_secrets
    return Layers(app, groups, routes, tuple(reader.hook_uses))
