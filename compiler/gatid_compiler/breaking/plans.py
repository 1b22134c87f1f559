"""Two plans compared: which routes belong together, and what changed in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.breaking.application import allowances, application
from gatid_compiler.breaking.change import Change, Verdict, sentence
from gatid_compiler.breaking.grouped import grouped
from gatid_compiler.breaking.messages import Messages
from gatid_compiler.breaking.security import security
from gatid_compiler.breaking.sides import Sides
from gatid_compiler.plan import Contract, Param, Plan, Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatid_compiler.plan import Segment


class UnknownVersionError(Exception):
    """A plan has no release of the name that was asked for."""


def changes(old: Plan, new: Plan, version: str | None = None) -> tuple[Change, ...]:
    """Every change from the old plan to the new one, of the application first.

    Contracts are those of head, or of the release named by its tag or date. Routes belong
    together by name, else by method and path. A difference of a type that several routes reach
    is one change.

    Raises:
        UnknownVersionError: a plan has no such release.
    """
    before, after = _contracts(old, version), _contracts(new, version)
    messages = Messages(Sides(old.types, new.types))
    found = list(application(old, new)) if version is None else []
    pairs = _pairs(before, after)
    for was, is_ in pairs:
        found += _route(messages, was, is_)
    paired = {id(route) for was, is_ in pairs for route, _ in (was, is_)}
    for route, contract in before.values():
        if id(route) not in paired:
            found.append(_one("route-removed", "breaking", route.name, contract))
    for route, contract in after.values():
        if id(route) not in paired:
            found.append(_one("route-added", "compatible", route.name, contract))
    return grouped(found)


_Served = tuple[Route, Contract]


def _contracts(plan: Plan, version: str | None) -> dict[str, _Served]:
    """The contract of each route that answers at a release, by the route's name."""
    if version is None:
        return {r.name: (r, c) for r in plan.routes for c in r.contracts if c.until is None}
    at = next(
        (i for i, r in enumerate(plan.releases) if version in (*r.tags, r.date, r.label)), None
    )
    if at is None:
        known = ", ".join(release.label for release in plan.releases) or "none"
        raise UnknownVersionError(f"no version is called `{version}`; there are: {known}")
    return {
        route.name: (route, contract)
        for route in plan.routes
        for contract in route.contracts
        if contract.since <= at and (contract.until is None or at < contract.until)
    }


def _pairs(before: dict[str, _Served], after: dict[str, _Served]) -> list[tuple[_Served, _Served]]:
    """Routes of one name, then of one method and path where the names are alone."""
    pairs = [(before[name], after[name]) for name in before if name in after]
    places = {_place(s): s for name, s in after.items() if name not in before}
    for name, served in before.items():
        if name not in after and (other := places.pop(_place(served), None)):
            pairs.append((served, other))
    return pairs


def _place(served: _Served) -> tuple[str, tuple[str | None, ...]]:
    """Method and path, whatever the parameters are called."""
    contract = served[1]
    return contract.method, _form(contract.path)


def _form(path: Sequence[Segment]) -> tuple[str | None, ...]:
    return tuple(None if isinstance(part, Param) else part for part in path)


def _route(messages: Messages, was: _Served, is_: _Served) -> Iterator[Change]:
    (old_route, old), (new_route, new) = was, is_
    name = new_route.name
    if old_route.name != name:
        yield _named("route-renamed", "compatible", name, old_route.name, name)
    if old.method != new.method:
        verdict: Verdict = "breaking"
        if (old.method, new.method) == ("HEAD", "GET"):
            verdict = "compatible"  # GET implies HEAD
        yield _named("route-method-changed", verdict, name, old.method, new.method)
    if _form(old.path) != _form(new.path):
        texts = _path(old.path), _path(new.path)
        yield _named("route-path-changed", "breaking", name, *texts)
    else:
        for one, other in zip(old.path, new.path, strict=True):
            if isinstance(one, Param) and isinstance(other, Param) and one != other:
                yield _named("path-parameter-renamed", "compatible", name, one.name, other.name)
    yield from security(old_route, new_route)
    yield from allowances(old_route, new_route)
    yield from messages.changes(name, old, new)


def _named(rule: str, verdict: Verdict, route: str, old: str, new: str) -> Change:
    return Change(rule, verdict, sentence(rule, "", old, new), route)


def _one(rule: str, verdict: Verdict, route: str, contract: Contract) -> Change:
    text = f"{sentence(rule)}: {contract.method} {_path(contract.path)}"
    return Change(rule, verdict, text, route)


def _path(path: Sequence[Segment]) -> str:
    return "/" + "/".join(f"{{{p.name}}}" if isinstance(p, Param) else p for p in path)
