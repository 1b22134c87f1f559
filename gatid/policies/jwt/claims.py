"""What a token claims, held against what the project asks for (RFC 7519, section 4.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gatid.policies.jwt.encoded import json_object
from gatid.policies.jwt.signed import RefusedTokenError
from gatid.policies.principal import Principal

if TYPE_CHECKING:
    from gatid_compiler.plan import JwtAuth

_MISSING = object()


def caller(payload: bytes, auth: JwtAuth, now: float) -> tuple[Principal, float]:
    """Who a signed payload says it is, and the moment from which on it says nothing any more.

    Moments are Unix seconds. Raises `RefusedTokenError`.
    """
    try:
        claims = json_object(payload)
    except ValueError:
        raise RefusedTokenError("the claims of the token are malformed") from None
    leeway = auth.leeway / 1000
    until = _moment(claims, "exp")
    if until is None:
        raise RefusedTokenError("the token never expires")
    if now >= until + leeway:
        raise RefusedTokenError("the token has expired")
    for name in ("nbf", "iat"):
        since = _moment(claims, name)
        if since is not None and now < since - leeway:
            raise RefusedTokenError("the token is not valid yet")
    if claims.get("iss") != auth.issuer:
        raise RefusedTokenError("the token is of another issuer")
    if not _meant(claims.get("aud"), auth.audience):
        raise RefusedTokenError("the token is meant for another audience")
    for name in auth.require:
        if _at(claims, name) in (_MISSING, None):
            raise RefusedTokenError(f"the token has no claim {name}")
    subject = _at(claims, auth.subject)
    if not isinstance(subject, str) or not subject:
        raise RefusedTokenError(f"the token has no claim {auth.subject} that is a text")
    return Principal(subject, _roles(claims, auth.roles), claims), until + leeway


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate."""
    if name not in claims:
        return None
    said = claims[name]
    if type(said) not in (int, float) or not math.isfinite(said) or abs(said) > 1e15:
        raise RefusedTokenError(f"the claim {name} of the token is no moment")
    return float(said)


def _meant(said: object, audience: tuple[str, ...]) -> bool:
    if isinstance(said, str):
        return said in audience
    if not isinstance(said, tuple) or not all(isinstance(one, str) for one in said):
        return False
    return any(one in audience for one in said)


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of that name, else what the names between its dots lead to."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return _MISSING
        found = found[name]
    return found


def _roles(claims: Mapping[str, Any], path: str | None) -> frozenset[str]:
    """A list of names, or names with spaces between them as in `scope` (RFC 8693, 4.2)."""
    said = _MISSING if path is None else _at(claims, path)
    if said is _MISSING:
        return frozenset()
    if isinstance(said, str):
        return frozenset(said.split())
    if not isinstance(said, tuple) or not all(isinstance(one, str) for one in said):
        raise RefusedTokenError(f"the claim {path} of the token is no list of roles")
    return frozenset(said)
