"""Tokens of one `auth jwt`: verified once, and known until they expire or the keys change."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gatid.policies.jwt.claims import caller
from gatid.policies.jwt.keys import KeySet
from gatid.policies.jwt.signed import RefusedTokenError, payload

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.policies.principal import Principal
    from gatid_compiler.plan import JwtAuth

MOST = 4096
"""How many verified tokens are kept; the oldest goes first."""


class Tokens:
    """Who shows a token. The keys never change: others make another one of these, which knows
    no token yet. `clock` gives Unix seconds.
    """

    __slots__ = ("_auth", "_clock", "_keys", "_known")

    def __init__(self, keys: KeySet, auth: JwtAuth, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._auth = auth
        self._clock = clock
        # By digest: whole tokens would be worth stealing, and may be long.
        self._known: dict[bytes, tuple[Principal, float]] = {}

    @staticmethod
    def parse(text: str, auth: JwtAuth, clock: Callable[[], float]) -> Tokens:
        """From the text of the secret; raises `BadTokenKeysError`."""
        return Tokens(KeySet.parse(text, auth.algorithms), auth, clock)

    def find(self, token: str) -> tuple[Principal | None, str]:
        """Whose token it is, else None and why it is nobody's."""
        now = self._clock()
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._known.get(digest)
        if known is not None:
            if now < known[1]:
                return known[0], ""
            del self._known[digest]
        try:
            principal, until = caller(payload(token, self._keys), self._auth, now)
        except RefusedTokenError as error:
            return None, str(error)
        if len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[digest] = principal, until
        return principal, ""

    def __len__(self) -> int:
        return len(self._known)
