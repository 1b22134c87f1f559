"""What all snapshots of one contract have in common: who it is, and what of it is not shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gatid_compiler import plan as p
from gatid_compiler.gtypes.model import GType


@dataclass(frozen=True, slots=True)
class Facts:
    """Of the requests of a contract. `manifest` is the fingerprint of its manifest; `headers_seen`,
    `cookies_seen` and `body_read` say what of a request the handler is given.
    """

    app: str
    plan: str
    generation: int
    route: str
    contract: p.Contract
    manifest: str
    settings: p.Snapshots
    types: Mapping[str, GType]
    headers_seen: bool
    cookies_seen: bool
    body_read: bool
    key_headers: frozenset[str]
    key_params: frozenset[str]

    @staticmethod
    def of(
        plan: p.Plan,
        plan_id: str,
        generation: int,
        route: p.Route,
        contract: p.Contract,
        manifest: str,
    ) -> Facts | None:
        """None of a route that keeps no snapshots."""
        settings = route.snapshots
        if settings is None or not (settings.sample or settings.errors):
            return None
        keys = [auth for auth in route.auth if isinstance(auth, p.KeyAuth)]
        carried = () if contract.up is None else contract.up.parts
        shape, handled = contract.shape, contract.handler_shape
        return Facts(
            plan.app.name,
            plan_id,
            generation,
            route.name,
            contract,
            manifest,
            settings,
            plan.types,
            handled.headers is not None or "headers" in carried,
            handled.cookies is not None or "cookies" in carried,
            shape.body is not None or shape.body_bytes,
            frozenset(auth.header.lower() for auth in keys if auth.header is not None),
            frozenset(auth.param for auth in keys if auth.param is not None),
        )
