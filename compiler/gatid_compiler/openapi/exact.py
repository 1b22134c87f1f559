"""Plans of documents that are compared, with the types that no project can write."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.normal import substitute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.plan import Plan, Shape


def exact(plan: Plan, types: Mapping[str, GType]) -> Plan:
    """The plan with these types where it has their names; each may name those before it."""
    by: dict[str, GType] = {}
    for name, t in types.items():
        by[name] = substitute(t, by)
    if not by:
        return plan
    kept = {name: substitute(t, by) for name, t in plan.types.items() if name not in by}
    routes = tuple(
        replace(
            route, contracts=tuple(replace(c, shape=_shape(c.shape, by)) for c in route.contracts)
        )
        for route in plan.routes
    )
    return replace(plan, types=kept, routes=routes)


def _shape(shape: Shape, by: Mapping[str, GType]) -> Shape:
    def filled(t: GType | None) -> GType | None:
        return None if t is None else substitute(t, by)

    return replace(
        shape,
        body=filled(shape.body),
        answers=tuple(replace(a, type=filled(a.type)) for a in shape.answers),
    )
