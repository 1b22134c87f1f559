"""API keys as they are now: a key ring that follows the TTL of its secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid.policies.api_key import BadKeysError, KeyRing

if TYPE_CHECKING:
    from gatid.observe.logs import Log
    from gatid.services.secrets import Secret, Secrets


class LiveRing:
    """The ring of one `auth key`. On the request path: `ring.fresh() or await ring.load()`.

    A rotated secret that is no key file does not lock everyone out: the ring before stays in
    use, and the line at fault is logged each time the secret is read.
    """

    __slots__ = ("_from", "_log", "_name", "_ring", "_secrets")

    def __init__(self, secrets: Secrets, name: str, log: Log) -> None:
        self._secrets = secrets
        self._name = name
        self._log = log
        self._from: Secret | None = None
        self._ring: KeyRing | None = None

    def fresh(self) -> KeyRing | None:
        """The ring, when nothing has to be read."""
        secret = self._secrets.fresh(self._name)
        return self._ring if secret is not None and secret is self._from else None

    async def load(self) -> KeyRing:
        """The ring, after reading the secret where its TTL has run out.

        Raises `BadKeysError` or `SecretUnavailableError` if there never was a good one.
        """
        secret = await self._secrets.get(self._name)
        if self._ring is not None and secret is self._from:
            return self._ring
        try:
            ring = KeyRing.parse(secret.reveal())
        except BadKeysError as error:
            if self._ring is None:
                raise
            self._log.error("a key file is broken", secret=self._name, reason=str(error))
            ring = self._ring
        self._from = secret
        self._ring = ring
        return ring
