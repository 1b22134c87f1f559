"""Whether a caller holds the roles that a route asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatid.policies.principal import Principal
    from gatid_compiler.plan import Roles


def missing(roles: Roles, principal: Principal) -> tuple[str, ...]:
    """The roles that would let the caller in and are not held, in the order written.

    Empty means that the caller may pass. For `any(…)` one is enough, so all are named or none.
    """
    held = principal.roles
    if roles.mode == "any":
        return () if any(name in held for name in roles.names) else roles.names
    return tuple(name for name in roles.names if name not in held)
