"""The manifest of one contract: what a route is in one stretch of the timeline, as data.

Types are named by their fingerprints and transforms by the hash of their source, so contracts
that are alike in two plans have manifests that are alike, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
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

    way: Literal["forward", "backward"]
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
        content = {
            "id": contract.id,
            "route": route.name,
            "path": "/"
            + "/".join(s if isinstance(s, str) else f"{{{s.name}}}" for s in contract.path),
            "methods": [contract.method],
            "statuses": [answer.status for answer in contract.shape.answers],
            "types": types,
            "handler": _handler(contract.handler),
            "hooks": {
                "before": list(route.before),
                "after": list(route.after),
                "catch": list(route.catch),
            },
            "security": {
                "auth": [_auth(auth) for auth in route.auth],
                "roles": route.roles
                and {"mode": route.roles.mode, "names": list(route.roles.names)},
                "rates": [[r.scope, r.count, r.period, r.per, r.burst] for r in route.rates],
                "secrets": list(route.secrets),
            },
            "timescape": {
                "since": releases[contract.since].date if releases else None,
                "until": None if until is None else releases[until].date,
                "carries": [[c.way, c.status, c.transform, c.proved] for c in carries],
            },
        }
        text = _canonical(content)
        return Manifest(_sha256(text), text, types, carries)

    def _carries(self, contract: p.Contract) -> Iterator[Carries]:
        if contract.up is not None:
            yield Carries("forward", 0, self._source(contract.up.source), not contract.up.checked)
        for down in contract.down:
            if down.source is not None:
                source = self._source(down.source)
                yield Carries("backward", down.handler_status, source, not down.checked)

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


def _typed(shape: p.Shape) -> Iterator[tuple[str, GType]]:
    for part in PARTS:
        type = getattr(shape, part)
        if type is not None:
            yield part, type
    for answer in shape.answers:
        if answer.type is not None:
            yield str(answer.status), answer.type


def _handler(handler: p.Handler) -> str:
    return str(handler.target) if isinstance(handler, p.PyHandler) else f"static {handler.status}"


def _auth(auth: p.Auth) -> list[str | None]:
    match auth:
        case p.NoAuth():
            return ["none"]
        case p.KeyAuth(header, param, keys):
            return ["key", header, param, keys]


def _canonical(data: Any) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
