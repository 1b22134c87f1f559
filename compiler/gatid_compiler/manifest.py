"""Manifests: what a route is in one stretch of the timeline, and what a module is, as data.

Types are named by their fingerprints and transforms by the hash of their source, so contracts
that are alike in two plans have manifests that are alike, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gatid_compiler import plan as p
from gatid_compiler.gtypes import serial
from gatid_compiler.gtypes.fingerprint import Fingerprints
from gatid_compiler.passes.type_checks import references

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import GType

PARTS: tuple[p.RequestPart, ...] = ("path", "query", "headers", "cookies", "body")


@dataclass(frozen=True, slots=True)
class Carries:
    """One transform of a contract. `status` is the handler's, 0 for requests. What is proved
    is not validated again.
    """

    way: Literal["forward", "backward", "headers"]
    status: int
    transform: str
    proved: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """A contract. `types` has the fingerprint of each part by its name: `body`, `200` …

    `id` is the SHA-256 of `content`, which is canonical JSON and holds all of this.
    """

    id: str
    content: str
    types: Mapping[str, str]
    carries: tuple[Carries, ...]


class Manifests:
    """The manifests of a plan; `gtypes` and `transforms` fill with what they name."""

    def __init__(self, plan: p.Plan) -> None:
        self._plan = plan
        self._prints = Fingerprints(plan.types)
        self._known: dict[GType, str] = {}
        self.gtypes: dict[str, str] = {}
        self.transforms: dict[str, str] = {}

    def of(self, route: p.Route, contract: p.Contract) -> Manifest:
        """The manifest of a contract."""
        types = {name: self._print(type) for name, type in _typed(contract.shape)}
        carries = tuple(self._carries(contract))
        releases = self._plan.releases
        until = contract.until
        names = tuple(_functions(self._plan, route, contract))
        content = {
            "id": contract.id,
            "route": route.name,
            "path": "/"
            + "/".join(s if isinstance(s, str) else f"{{{s.name}}}" for s in contract.path),
            "methods": [contract.method, *(["HEAD"] if contract.method == "GET" else [])],
            "statuses": [answer.status for answer in contract.shape.answers],
            "types": types,
            "handler": _handler(contract.handler),
            "hooks": self._hooks(route, names),
            "asks": self._asks(names),
            "limits": {"timeout": route.timeout, "max_body": route.max_body},
            "security": {
                "auth": [_auth(auth) for auth in route.auth],
                "roles": route.roles
                and {"mode": route.roles.mode, "names": list(route.roles.names)},
                "rates": [[r.scope, r.count, r.period, r.per, r.burst] for r in route.rates],
                "secrets": list(route.secrets),
                "emits": list(route.emits),
            },
            "timescape": {
                "since": releases[contract.since].date if releases else None,
                "until": None if until is None else releases[until].date,
                "carries": [[c.way, c.status, c.transform, c.proved] for c in carries],
            },
        }
        text = _canonical(content)
        return Manifest(_sha256(text), text, types, carries)

    def module(self, module: p.Module) -> Manifest:
        """The manifest of a module; without one of its own only running it tells what it has."""
        found = module.manifest
        prints = Fingerprints({} if found is None else found.types)

        def type_(t: GType | None) -> str | None:
            return None if t is None else prints.of(t)

        methods = () if found is None else found.methods
        content = {
            "module": module.name,
            "class": str(module.target),
            "methods": {
                method.name: {
                    "kind": method.kind,
                    "idempotent": method.idempotent,
                    "parameters": [
                        [each.name, each.kind, each.required, type_(each.type)]
                        for each in method.parameters
                    ],
                    "result": type_(method.result),
                }
                for method in methods
            },
            "lifecycle": None if found is None else list(found.lifecycle),
            "config": module.config,
            "allow": {
                "secrets": list(module.secrets),
                "modules": list(module.modules),
                "network": list(module.network),
                "topics": list(module.topics),
            },
            "asks": None
            if found is None
            else {
                "modules": list(found.modules),
                "secrets": list(found.secrets),
                "topics": list(found.topics),
                "unknown": list(found.unknown),
            },
            "calls": {
                "timeout": module.timeout,
                "retries": module.retries,
                "concurrency": module.concurrency,
            },
        }
        text = _canonical(content)
        return Manifest(_sha256(text), text, {}, ())

    def _hooks(self, route: p.Route, names: Sequence[str]) -> list[dict[str, Any]]:
        """Declared ones in the order in which they run, then those that functions register."""
        found: list[dict[str, Any]] = []
        for kind in ("before", "after", "catch"):
            levels = route.levels.get(kind, ())
            for place, name in enumerate(getattr(route, kind)):
                hook = self._plan.hooks[name]
                known = self._plan.functions.get(str(hook.target))
                found.append(
                    {
                        "kind": kind,
                        "name": name,
                        "function": str(hook.target),
                        "level": levels[place] if place < len(levels) else None,
                        "mode": "unknown" if known is None else known.mode,
                        "timeout": hook.timeout,
                        "retries": hook.retries,
                    }
                )
        for name in names:
            found += (
                {
                    "kind": hook.kind,
                    "name": hook.id,
                    "function": hook.function,
                    "level": "local",
                    "by": name,
                    "mode": hook.mode,
                    "timeout": hook.timeout,
                    "retries": hook.retries,
                }
                for hook in self._plan.functions[name].hooks
            )
        return found

    def _asks(self, names: Sequence[str]) -> dict[str, list[str]]:
        """What the handler and the hooks ask their contexts for, as far as the source tells."""
        found = [self._plan.functions[name] for name in names]
        return {
            what: sorted({name for each in found for name in getattr(each, what)})
            for what in ("modules", "secrets", "topics", "unknown")
        }

    def _carries(self, contract: p.Contract) -> Iterator[Carries]:
        if contract.up is not None:
            yield Carries("forward", 0, self._source(contract.up.source), not contract.up.checked)
        for down in contract.down:
            if down.source is not None:
                source = self._source(down.source)
                yield Carries("backward", down.handler_status, source, not down.checked)
            if down.headers is not None:
                source = self._source(down.headers)
                yield Carries("headers", down.handler_status, source, not down.checked)

    def _source(self, source: str) -> str:
        found = _sha256(source)
        self.transforms[found] = source
        return found

    def _print(self, type: GType) -> str:
        found = self._known.get(type)
        if found is None:
            found = self._known[type] = self._prints.of(type)
            if found not in self.gtypes:
                names = {n: serial.to_json(self._plan.types[n]) for n in self._reached(type)}
                self.gtypes[found] = _canonical({"type": serial.to_json(type), "names": names})
        return found

    def _reached(self, type: GType) -> set[str]:
        """The names that a type refers to, and what those refer to."""
        reached: set[str] = set()
        waiting = list(references(type))
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += references(self._plan.types[name])
        return reached


def _functions(plan: p.Plan, route: p.Route, contract: p.Contract) -> Iterator[str]:
    """The references of a contract's handler and of its hooks, in the order in which they run."""
    before, rest = (
        [str(plan.hooks[name].target) for name in names]
        for names in (route.before, (*route.after, *route.catch))
    )
    handler = contract.handler
    own = [str(handler.target)] if isinstance(handler, p.PyHandler) else []
    seen = dict.fromkeys((*before, *own, *rest))
    yield from (name for name in seen if name in plan.functions)


def _typed(shape: p.Shape) -> Iterator[tuple[str, GType]]:
    for part in PARTS:
        type = getattr(shape, part)
        if type is not None:
            yield part, type
    for answer in shape.answers:
        if answer.type is not None:
            yield str(answer.status), answer.type
        if answer.headers is not None:
            yield f"{answer.status}-headers", answer.headers


def _handler(handler: p.Handler) -> str:
    return str(handler.target) if isinstance(handler, p.PyHandler) else f"static {handler.status}"


def _auth(auth: p.Auth) -> list[Any]:
    match auth:
        case p.NoAuth():
            return ["none"]
        case p.KeyAuth(header, param, keys):
            return ["key", header, param, keys]
        case p.JwtAuth(issuer, audience, keys):
            asked = [auth.leeway, auth.subject, auth.roles, list(auth.require)]
            return ["jwt", issuer, list(audience), keys, list(auth.algorithms), *asked]


def _canonical(data: Any) -> str:
    return json.dumps(
        data, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_mapping
    )


def _mapping(value: Any) -> dict[str, Any]:
    """Settings are read-only mappings, which JSON does not know."""
    return dict(value)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
