"""Plans made by hand, and generations of them: no compiler, no files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gatid.endpoint.link import link
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from tests.gatid.endpoint.wire import Ask, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatid.endpoint.generation import Generation
    from gatid.services.host import Host

APP = p.App("shop", "", (), None, 1, p.Limits(), {}, None)
EMPTY = p.Shape(None, None, None, None, None, body_bytes=False, answers=())
NO_CODE = p.Code({}, {})


class Functions:
    """Stands where loaded code stands: references resolve to functions of the test."""

    def __init__(self, functions: Mapping[str, object]) -> None:
        self._functions = functions

    def resolve(self, ref: p.PyRef) -> object:
        return self._functions[ref.name]


def obj(rest: m.GType | None = None, **fields: m.GType) -> m.Object:
    """An object; a name that ends in `_` is an optional field."""
    return m.Object(
        tuple(
            m.Field(name.rstrip("_"), type, required=not name.endswith("_"))
            for name, type in sorted(fields.items())
        ),
        rest,
    )


def shape(**parts: Any) -> p.Shape:
    return replace(EMPTY, **parts)


def contract(
    route: str,
    method: str,
    path: tuple[p.Segment, ...],
    shape: p.Shape,
    *,
    handler: p.Handler | None = None,
    handler_shape: p.Shape | None = None,
    seq: int = 1,
    since: int = 0,
    until: int | None = None,
    up: p.Upgrade | None = None,
    down: tuple[p.Downgrade, ...] = (),
    unix: int = 0,
) -> p.Contract:
    return p.Contract(
        f"tsv:{unix}-{route}-{seq}",
        seq,
        since,
        until,
        method,
        path,
        shape,
        p.PyHandler(p.PyRef("code", route)) if handler is None else handler,
        shape if handler_shape is None else handler_shape,
        up,
        down,
    )


def route(name: str, *contracts: p.Contract, **more: Any) -> p.Route:
    values: dict[str, Any] = {
        "doc": "",
        "auth": (),
        "roles": None,
        "rates": (),
        "timeout": 30_000,
        "max_body": 1 << 20,
        "before": (),
        "after": (),
        "catch": (),
        "secrets": (),
        **more,
    }
    return p.Route(name=name, contracts=contracts, **values)


def plan(*routes: p.Route, **more: Any) -> p.Plan:
    hooks = {
        name: p.Hook(name, p.PyRef("code", name), None, 0)
        for r in routes
        for name in (*r.before, *r.after, *r.catch)
    }
    values: dict[str, Any] = {
        "app": APP,
        "releases": (),
        "secrets": {},
        "modules": {},
        "hooks": hooks,
        "types": {},
        "code": NO_CODE,
        **more,
    }
    return p.Plan(routes=routes, **values)


def generation(
    host: Host, plan: p.Plan, functions: Mapping[str, Callable[..., Any]], **more: Any
) -> Generation:
    return link(plan, 1, host, Functions(functions), **more)  # type: ignore[arg-type]


async def ask(generation: Generation, ask: Ask, wire: Wire | None = None) -> Wire:
    """The answer to a request."""
    wire = Wire(ask.body or b"") if wire is None else wire
    await generation.dispatch(ask, wire)  # type: ignore[arg-type]
    return wire
