"""Keys as they are now: what is read from a secret follows its TTL."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from gatid.policies.api_key import BadKeysError, KeyRing
from gatid.policies.jwt import BadTokenKeysError, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.observe.logs import Log
    from gatid.services.secrets import Secret, Secrets
    from gatid_compiler.plan import JwtAuth

Keys = TypeVar("Keys")
BAD_KEYS = (BadKeysError, BadTokenKeysError)
"""What reading keys raises."""


class Live(Generic[Keys]):
    """The keys of one `auth`. On the request path: `live.fresh() or await live.load()`.

    A rotated secret that holds no keys does not lock everyone out: the keys before stay in
    use, and the fault is logged each time the secret is read.
    """

    __slots__ = ("_from", "_keys", "_log", "_parse", "_secrets", "secret")

    def __init__(
        self, secrets: Secrets, secret: str, log: Log, parse: Callable[[str], Keys]
    ) -> None:
        self.secret = secret
        self._secrets = secrets
        self._log = log
        self._parse = parse
        self._from: Secret | None = None
        self._keys: Keys | None = None

    def fresh(self) -> Keys | None:
        """The keys, when nothing has to be read."""
        secret = self._secrets.fresh(self.secret)
        return self._keys if secret is not None and secret is self._from else None

    async def load(self) -> Keys:
        """The keys, after reading the secret where its TTL has run out.

        Raises one of `BAD_KEYS` or `SecretUnavailableError` if there never were good ones.
        """
        secret = await self._secrets.get(self.secret)
        if self._keys is not None and secret is self._from:
            return self._keys
        try:
            keys = self._parse(secret.reveal())
        except BAD_KEYS as error:
            if self._keys is None:
                raise
            self._log.error("a key file is broken", secret=self.secret, reason=str(error))
            keys = self._keys
        self._from = secret
        self._keys = keys
        return keys


def key_ring(secrets: Secrets, secret: str, log: Log) -> Live[KeyRing]:
    """The API keys of a secret."""
    return Live(secrets, secret, log, KeyRing.parse)


def tokens(secrets: Secrets, auth: JwtAuth, log: Log, clock: Callable[[], float]) -> Live[Tokens]:
    """The tokens that the keys of a secret verify; `clock` gives Unix seconds."""
    return Live(secrets, auth.keys, log, partial(Tokens.parse, auth=auth, clock=clock))
