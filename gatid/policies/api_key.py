"""API keys: a ring of SHA-256 digests, one line a key, looked up in constant time.

A line is `NAME sha256:HEX ROLE ROLE …`, `#` begins a comment. Keys themselves are never
stored, and neither keys nor digests appear in errors.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from gatid.policies.principal import Principal

_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@/-]*")
_DIGEST = re.compile(r"sha256:([0-9A-Fa-f]{64})")
_NO_DIGEST = bytes(32)


class BadKeysError(ValueError):
    """A key file that cannot be read; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(f"line {line}: {message}")


@dataclass(frozen=True, slots=True)
class _Key:
    digest: bytes
    principal: Principal


class KeyRing:
    """The keys of one secret. Immutable; a rotated secret makes a new ring."""

    __slots__ = ("_keys", "_pepper")

    def __init__(self, keys: tuple[_Key, ...]) -> None:
        # Digests are filed under a tag that a caller cannot compute, so that the time a
        # look-up takes says nothing about which digests exist.
        self._pepper = secrets.token_bytes(32)
        self._keys = {self._tag(key.digest): key for key in keys}

    @staticmethod
    def parse(text: str) -> KeyRing:
        """Reads a key file; raises `BadKeysError` naming the first line that is wrong."""
        keys: dict[bytes, _Key] = {}
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split("#", 1)[0].split()
            if words:
                key = _read(number, words)
                if key.digest in keys:
                    raise BadKeysError(number, "this key is already in the ring")
                keys[key.digest] = key
        return KeyRing(tuple(keys.values()))

    def find(self, presented: str) -> Principal | None:
        """Whose key `presented` is, None when it is nobody's."""
        digest = hashlib.sha256(presented.encode("utf-8", "surrogatepass")).digest()
        key = self._keys.get(self._tag(digest))
        known = hmac.compare_digest(digest, _NO_DIGEST if key is None else key.digest)
        return key.principal if known and key is not None else None

    def __len__(self) -> int:
        return len(self._keys)

    def _tag(self, digest: bytes) -> bytes:
        return hashlib.blake2b(digest, digest_size=16, key=self._pepper).digest()


def _read(number: int, words: list[str]) -> _Key:
    name, *rest = words
    if not _WORD.fullmatch(name):
        raise BadKeysError(number, "the first word must be the name of the key")
    if not rest:
        raise BadKeysError(number, f"`{name}` has no key: write `{name} sha256:HEX ROLE …`")
    digest = _DIGEST.fullmatch(rest[0])
    if digest is None:
        raise BadKeysError(
            number, f"the key of `{name}` must be `sha256:` and 64 hexadecimal digits"
        )
    for role in rest[1:]:
        if not _WORD.fullmatch(role):
            raise BadKeysError(number, f"a role of `{name}` is no role name")
    return _Key(bytes.fromhex(digest[1]), Principal(name, frozenset(rest[1:])))
