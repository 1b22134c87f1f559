"""A signed token: the compact form of RFC 7515, of which nothing is believed but the payload."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatid.policies.jwt.encoded import json_object, octets

if TYPE_CHECKING:
    from gatid.policies.jwt.keys import KeySet

_LONGEST = 16 << 10
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_NEVER = frozenset({"b64", "crit", "cty", "jku", "jwk", "x5c", "x5u", "zip"})
"""Header parameters that bring keys, or change how the rest is read."""
_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})


class RefusedTokenError(ValueError):
    """A token that is not taken; its text may be told to whom showed it."""


def payload(token: str, keys: KeySet) -> bytes:
    """The payload of a token that one of the keys has signed; raises `RefusedTokenError`."""
    if len(token) > _LONGEST:
        raise RefusedTokenError("the token is too long")
    if not _COMPACT.fullmatch(token):
        raise RefusedTokenError("the token is no signed JWT in compact form")
    signed, _, last = token.rpartition(".")
    first, _, middle = signed.partition(".")
    try:
        header = json_object(octets(first))
        body = octets(middle)
        signature = octets(last)
    except ValueError:
        raise RefusedTokenError("the token is malformed") from None
    if not _NEVER.isdisjoint(header):
        raise RefusedTokenError("the header of the token has a parameter that is not taken")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise RefusedTokenError("the token is of another type")
    kid = header.get("kid")
    if not isinstance(kid, str | None):
        raise RefusedTokenError("the token is malformed")
    key = keys.of(kid)
    if key is None:
        raise RefusedTokenError("the key of the token is not known")
    if header.get("alg") != key.algorithm:
        raise RefusedTokenError("the algorithm of the token is not the one of its key")
    if not key.verifies(signed.encode("ascii"), signature):
        raise RefusedTokenError("the signature is not valid")
    return body
