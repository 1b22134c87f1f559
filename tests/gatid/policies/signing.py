"""Tokens signed with `cryptography` alone, right ones and others: none of the code under test."""

from __future__ import annotations

import base64
import hmac
import json
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES = {"256": ec.SECP256R1(), "384": ec.SECP384R1(), "512": ec.SECP521R1()}
SIZES = {"256": 32, "384": 48, "512": 66}
ALGORITHMS = (
    *("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, size: int | None = None) -> str:
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8))


@cache
def private(kind: str, which: int = 0) -> Any:
    """A private key for the algorithms of a kind (the first letters, for EC with the size)."""
    match kind[:2]:
        case "HS":
            return bytes([which]) * 64
        case "RS" | "PS":
            return rsa_key(which)
        case "ES":
            return ec.generate_private_key(CURVES[kind[2:]])
        case _:
            return ed25519.Ed25519PrivateKey.generate()


@cache
def rsa_key(which: int, bits: int = 2048) -> Any:
    return rsa.generate_private_key(65537, bits)


def jwk(algorithm: str, which: int = 0, **more: Any) -> dict[str, Any]:
    """The public part."""
    key = private(algorithm, which)
    match algorithm[:2]:
        case "HS":
            said = {"kty": "oct", "k": b64(key)}
        case "RS" | "PS":
            said = rsa_jwk(key)
        case "ES":
            point, size = key.public_key().public_numbers(), SIZES[algorithm[2:]]
            curve = {"256": "P-256", "384": "P-384", "512": "P-521"}[algorithm[2:]]
            said = {"kty": "EC", "crv": curve} | {
                "x": number(point.x, size), "y": number(point.y, size)
            }  # fmt: skip
        case _:
            raw = key.public_key().public_bytes_raw()
            said = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
    return said | {"alg": algorithm} | more


def rsa_jwk(key: Any) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}


def public_pem(algorithm: str) -> bytes:
    pem = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return private(algorithm).public_key().public_bytes(*pem)  # type: ignore[no-any-return]


def signature(algorithm: str, key: Any, signed: bytes) -> bytes:
    size = algorithm[2:]
    match algorithm[:2]:
        case "HS":
            return hmac.digest(key, signed, f"sha{size}")
        case "RS":
            return key.sign(signed, padding.PKCS1v15(), HASHES[size])  # type: ignore[no-any-return]
        case "PS":
            return key.sign(signed, _pss(size), HASHES[size])  # type: ignore[no-any-return]
        case "ES":
            r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(HASHES[size])))
            return r.to_bytes(SIZES[size]) + s.to_bytes(SIZES[size])
        case _:
            return key.sign(signed)  # type: ignore[no-any-return]


def is_signed(algorithm: str, which: int, signed: bytes, shown: bytes) -> bool:
    """The oracle: whether these octets are a signature of those, asked of `cryptography`."""
    key, size = private(algorithm, which), algorithm[2:]
    try:
        match algorithm[:2]:
            case "HS":
                return hmac.digest(key, signed, f"sha{size}") == shown
            case "RS":
                key.public_key().verify(shown, signed, padding.PKCS1v15(), HASHES[size])
            case "PS":
                key.public_key().verify(shown, signed, _pss(size), HASHES[size])
            case "ES":
                half = SIZES[size]
                if len(shown) != 2 * half:
                    return False
                r, s = int.from_bytes(shown[:half]), int.from_bytes(shown[half:])
                der = encode_dss_signature(r, s)
                key.public_key().verify(der, signed, ec.ECDSA(HASHES[size]))
            case _:
                key.public_key().verify(shown, signed)
    except InvalidSignature:
        return False
    return True


def _pss(size: str) -> padding.PSS:
    return padding.PSS(padding.MGF1(HASHES[size]), HASHES[size].digest_size)


def token(
    claims: Any, algorithm: str = "HS256", which: int = 0, key: Any = None, **header: Any
) -> str:
    """A signed token; `header` adds to its header, None takes away."""
    said = {"alg": algorithm, "typ": "JWT"} | header
    said = {name: value for name, value in said.items() if value is not None}
    return raw_token(json.dumps(said), json.dumps(claims), algorithm, which, key)


def raw_token(
    header: str, payload: str, algorithm: str = "HS256", which: int = 0, key: Any = None
) -> str:
    signed = f"{b64(header.encode())}.{b64(payload.encode())}"
    made = private(algorithm, which) if key is None else key
    return f"{signed}.{b64(signature(algorithm, made, signed.encode()))}"
