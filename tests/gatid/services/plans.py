"""Small plans for tests of what plans configure."""

from __future__ import annotations

from typing import Any

from gatid_compiler import plan as p


def module(name: str, **options: Any) -> p.Module:
    settings: dict[str, Any] = {
        "target": p.PyRef(f"{name}_code", "Module"),
        "config": {},
        "secrets": (),
        "modules": (),
        "network": (),
        "timeout": None,
        "retries": 0,
    }
    return p.Module(name, **{**settings, **options})


def route(name: str, **options: Any) -> p.Route:
    settings: dict[str, Any] = {
        "doc": "",
        "auth": (p.NoAuth(),),
        "roles": None,
        "rates": (),
        "timeout": 30_000,
        "max_body": 1 << 20,
        "before": (),
        "after": (),
        "catch": (),
        "secrets": (),
        "contracts": (),
    }
    return p.Route(name, **{**settings, **options})


def contract(ident: str, seq: int, since: int, until: int | None) -> p.Contract:
    shape = p.Shape(None, None, None, None, None, False, (p.Answer(204, None),))
    static = p.StaticHandler(204)
    return p.Contract(ident, seq, since, until, "GET", (), shape, static, shape, None, ())


def plan(
    *modules: p.Module,
    files: dict[str, str] | None = None,
    secrets: tuple[p.Secret, ...] = (),
    config: dict[str, Any] | None = None,
    routes: tuple[p.Route, ...] = (),
    releases: tuple[p.Release, ...] = (),
) -> p.Plan:
    sources = {f"{each.target.module}.py": f"# {each.name}\n" for each in modules}
    return p.Plan(
        p.App("test", "", (), None, 1, p.Limits(), config or {}, None),
        releases,
        {each.name: each for each in secrets},
        {each.name: each for each in modules},
        {},
        {},
        routes,
        p.Code(sources if files is None else files, {}),
    )
