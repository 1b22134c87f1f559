"""The keys that tokens are signed with: a JWK or a JWKS (RFC 7517), read strictly.

Each key is for one algorithm, which no token can choose (RFC 8725, 3.1). What a set says that
could be understood in two ways is refused whole. No errors show what a key holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import import_key
from joserfc.jws import JWSRegistry

from gatid.policies.jwt.encoded import json_object, octets

Verifies = Callable[[bytes, bytes], bool]

_ALGORITHMS: dict[tuple[object, object], tuple[str, ...]] = {
    ("oct", None): ("HS256", "HS384", "HS512"),
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA", "Ed25519"),
}
"""By kind and curve; the first is meant where neither the key nor the project says."""

_PUBLIC = {"oct": ("k",), "RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",)}


class BadTokenKeysError(ValueError):
    """A secret that does not hold keys which may verify tokens."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """`verifies(signed, signature)` tells whether the signature is this key's; it never raises
    for what a token may hold.
    """

    algorithm: str
    verifies: Verifies


class KeySet:
    """The keys of one secret, by `kid`."""

    __slots__ = ("_lone", "_named")

    def __init__(self, keys: tuple[tuple[str | None, Key], ...]) -> None:
        named = {kid: key for kid, key in keys if kid is not None}
        if len(keys) > 1:
            if len(named) + sum(kid is None for kid, _ in keys) < len(keys):
                raise BadTokenKeysError("two keys have the same `kid`")
            if len(named) < len(keys):
                raise BadTokenKeysError("there are several keys, and not each has a `kid`")
        if len({key.algorithm.startswith("HS") for _, key in keys}) > 1:
            raise BadTokenKeysError("shared (`oct`) keys stand beside public keys")
        self._named = named
        self._lone = keys[0] if len(keys) == 1 else None

    @staticmethod
    def parse(text: str, allowed: tuple[str, ...]) -> KeySet:
        """Reads a JWK or JWKS; raises `BadTokenKeysError`. Keys for encryption, and those of
        algorithms that are not `allowed` (empty: any), are left out.
        """
        try:
            said = json_object(text.encode())
        except ValueError as error:
            raise BadTokenKeysError(f"it is no JWK or JWKS in JSON: {error}") from None
        listed = said.get("keys", (said,))
        if not isinstance(listed, tuple) or not all(isinstance(jwk, Mapping) for jwk in listed):
            raise BadTokenKeysError("`keys` is not a list of keys")
        found = []
        for at, jwk in enumerate(listed):
            kid = jwk.get("kid")
            name = f"key {at + 1}" if kid is None else f"key `{kid}`"
            if kid is not None and (not isinstance(kid, str) or not kid):
                raise BadTokenKeysError(f"the `kid` of key {at + 1} is no text")
            algorithm = _pinned(jwk, allowed, name)
            if algorithm is not None:
                found.append((kid, Key(algorithm, _verifier(jwk, algorithm, name))))
        if not found:
            raise BadTokenKeysError("there is no key that may verify a token")
        return KeySet(tuple(found))

    def of(self, kid: str | None) -> Key | None:
        """The key of a token that says this `kid`, or none. Without one on either side the only
        key is meant; there is no trying of several.
        """
        if self._lone is not None:
            mine, key = self._lone
            return key if kid is None or mine is None or kid == mine else None
        return None if kid is None else self._named.get(kid)


def _pinned(jwk: Mapping[str, Any], allowed: tuple[str, ...], name: str) -> str | None:
    """The one algorithm of a key; None for a key that is not meant for tokens here."""
    operations = jwk.get("key_ops")
    if operations is not None and not isinstance(operations, tuple):
        raise BadTokenKeysError(f"`key_ops` of {name} is no list")
    if jwk.get("use", "sig") != "sig":
        return None
    if operations is not None and "verify" not in operations:
        return None
    kind = jwk.get("kty"), jwk.get("crv")
    fitting = next((names for taken, names in _ALGORITHMS.items() if taken == kind), None)
    if fitting is None:
        raise BadTokenKeysError(f"{name} is of a kind or curve that is not taken")
    said = jwk.get("alg")
    if said is not None:
        if said not in fitting:
            raise BadTokenKeysError(f"the `alg` of {name} is not one of its kind")
        return said if not allowed or said in allowed else None
    choices = [one for one in fitting if one in allowed] if allowed else fitting[:1]
    if len(choices) > 1:
        raise BadTokenKeysError(f"{name} says no `alg`, and more than one of `algorithms` fits it")
    return choices[0] if choices else None


def _verifier(jwk: Mapping[str, Any], algorithm: str, name: str) -> Verifies:
    kind = jwk["kty"]
    # Only what is public: a private part would be of no use here.
    parts = {part: jwk.get(part) for part in _PUBLIC[kind]}
    try:
        values = {part: octets(str(value)) for part, value in parts.items()}
    except ValueError:
        raise BadTokenKeysError(f"{name} cannot be read") from None
    if kind == "oct" and len(values["k"]) * 8 < int(algorithm[2:]):
        least = int(algorithm[2:]) // 8
        raise BadTokenKeysError(f"{name} is too short: {algorithm} needs at least {least} octets")
    if kind == "RSA":
        modulus = int.from_bytes(values["n"])
        if modulus.bit_length() < 2048:
            raise BadTokenKeysError(f"{name} is too short: RSA needs at least 2048 bits")
        if _is_roca(modulus):
            raise BadTokenKeysError(f"{name} is weak: it was made by hardware with the ROCA fault")
    named = {member: str(jwk[member]) for member in ("kty", "crv", *parts) if member in jwk}
    try:
        key = import_key(dict(named))
    except (JoseError, ValueError):
        raise BadTokenKeysError(f"{name} cannot be read") from None
    return partial(_verifies, JWSRegistry.algorithms[algorithm].verify, key)


def _is_roca(modulus: int) -> bool:
    """Whether the primes are of the form that CVE-2017-15361 makes: modulo each small prime such
    a modulus is a power of 65537 (Nemec et al., "The Return of Coppersmith's Attack", 2017).
    """
    return all(modulus % prime in powers for prime, powers in _POWERS.items())


_POWERS = {
    prime: frozenset(pow(65537, exponent, prime) for exponent in range(prime))
    for prime in range(3, 168, 2)
    if all(prime % divisor for divisor in range(3, prime, 2))
}


def _verifies(
    verify: Callable[[bytes, bytes, Any], bool], key: Any, signed: bytes, signature: bytes
) -> bool:
    return verify(signed, signature, key)
