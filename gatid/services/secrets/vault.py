"""A vault: values by name in one encrypted file, as text.

    gatid vault 1
    {"check":…,"key":"scrypt","length":…,"n":…,"nonce":…,"p":…,"r":…,"salt":…}
    the base64 of what is encrypted
    the SHA-256 of all lines before

What is encrypted is the JSON object of the values, padded so that its length says little, with
ChaCha20-Poly1305 (RFC 8439); the two lines before it are its associated data. The key is made
anew for each writing: HKDF-SHA256 (RFC 5869) of a salt and the key file's bytes, or of what
scrypt (RFC 7914) makes of a passphrase. Only the cipher tells a forgery; the digest is there to
tell a torn or edited file from a wrong key, which `check`, made from the same HKDF, tells.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from gatid.services.secrets.faults import VaultError, WrongKeyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TITLE = "gatid vault 1"

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What a value may be called: what a secret may."""

_COST = 1 << 15
_LARGEST_COST = 1 << 20
_PADDED = 512
_DIGEST = 64
_BYTES = 16


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """What opens a vault: the 32 bytes of a key file, or a passphrase in UTF-8."""

    kind: Literal["file", "scrypt"]
    data: bytes


@dataclass(frozen=True, slots=True)
class _Header:
    key: Literal["file", "scrypt"]
    salt: bytes
    nonce: bytes
    check: bytes
    length: int
    n: int
    r: int
    p: int


def seal(values: Mapping[str, str], key: Key) -> bytes:
    """The vault of these values as a file; no two of them are alike."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    plain = json.dumps(dict(sorted(values.items())), ensure_ascii=True).encode()
    plain += b" " * (-len(plain) % _PADDED)
    salt, nonce = os.urandom(_BYTES), os.urandom(12)
    length = -(-(len(plain) + 16) // 3) * 4
    cipher, check = _derived(key, salt, _COST, 8, 1)
    head = _head(_Header(key.kind, salt, nonce, check, length, _COST, 8, 1))
    body = base64.b64encode(ChaCha20Poly1305(cipher).encrypt(nonce, plain, head))
    whole = head + body + b"\n"
    return whole + hashlib.sha256(whole).hexdigest().encode() + b"\n"


def kind(data: bytes) -> Literal["file", "scrypt"]:
    """What kind of key a vault wants. Raises `VaultError` when it is none, or damaged."""
    return _read(data)[0].key


def unseal(data: bytes, keys: Sequence[Key]) -> tuple[Key, Mapping[str, str]]:
    """The values of a vault, and the first of the keys that opens it.

    Raises `VaultError` for a file that is no vault, torn, or changed by somebody, and
    `WrongKeyError` where none of the keys is its own.
    """
    header, head, body = _read(data)
    wrong = WrongKeyError(f"wants {_WANTS[header.key]}")
    for key in keys:
        if header.key != key.kind:
            wrong = WrongKeyError(f"is opened by {_WANTS[header.key]}, not by {_WANTS[key.kind]}")
            continue
        cipher, check = _derived(key, header.salt, header.n, header.r, header.p)
        if hmac.compare_digest(check, header.check):
            return key, _decrypted(cipher, header.nonce, head, body)
        wrong = WrongKeyError(f"was not written with this {_WORDS[header.key]}")
    raise wrong


def _decrypted(cipher: bytes, nonce: bytes, head: bytes, body: bytes) -> Mapping[str, str]:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    try:
        plain = ChaCha20Poly1305(cipher).decrypt(nonce, body, head)
    except InvalidTag:
        raise VaultError("was tampered with: it is not what was encrypted") from None
    values = json.loads(plain)
    if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
        raise VaultError("holds something else than texts by name")
    return values


_WANTS = {"file": "a key file", "scrypt": "a passphrase"}
_WORDS = {"file": "key", "scrypt": "passphrase"}


def _head(header: _Header) -> bytes:
    said: dict[str, Any] = {
        "key": header.key,
        "salt": header.salt.hex(),
        "nonce": header.nonce.hex(),
        "check": header.check.hex(),
        "length": header.length,
    }
    if header.key == "scrypt":
        said |= {"n": header.n, "r": header.r, "p": header.p}
    return f"{TITLE}\n{json.dumps(said, sort_keys=True, separators=(',', ':'))}\n".encode()


def _read(data: bytes) -> tuple[_Header, bytes, bytes]:
    """The parts of a file whose digest is right."""
    title = f"{TITLE}\n".encode()
    if not data.startswith(title):
        if title.startswith(data):
            raise VaultError("is truncated: its end is missing" if data else "is empty")
        raise VaultError(f"is no vault: its first line is not `{TITLE}`")
    end = data.find(b"\n", len(title))
    if end < 0:
        raise VaultError("is truncated: its end is missing")
    head = data[: end + 1]
    header = _header(data[len(title) : end])
    expected = len(head) + header.length + 1 + _DIGEST + 1
    if len(data) < expected:
        raise VaultError(
            f"is truncated: {expected - len(data)} of its {expected} bytes are missing"
        )
    whole, digest = data[: expected - _DIGEST - 1], data[expected - _DIGEST - 1 :]
    if digest != hashlib.sha256(whole).hexdigest().encode() + b"\n":
        raise VaultError("was tampered with: its bytes are not those that were written")
    try:
        body = base64.b64decode(whole[len(head) : -1], validate=True)
    except ValueError:
        raise VaultError("was tampered with: what is encrypted is no base64") from None
    return header, head, body


def _header(line: bytes) -> _Header:
    try:
        said = json.loads(line)
        if said["key"] not in _WANTS:
            raise ValueError
        scrypt = (said["n"], said["r"], said["p"]) if said["key"] == "scrypt" else (_COST, 8, 1)
        header = _Header(
            said["key"],
            bytes.fromhex(said["salt"]),
            bytes.fromhex(said["nonce"]),
            bytes.fromhex(said["check"]),
            said["length"],
            *scrypt,
        )
        n, r, p = scrypt
        # Whoever can write the file must not make its reader allocate what he likes.
        fits = 1 < n <= _LARGEST_COST and not n & (n - 1) and 0 < r <= 16 and 0 < p <= 4
        sizes = (len(header.salt), len(header.nonce), len(header.check))
        if not fits or sizes != (_BYTES, 12, _BYTES) or not 0 < header.length < 1 << 30:
            raise ValueError
    except (ValueError, LookupError, TypeError):
        raise VaultError("was tampered with: its second line is none that was written") from None
    return header


@lru_cache(maxsize=8)
def _stretched(passphrase: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    # A vault is read for each of its secrets, and again after each TTL: its key is kept.
    return hashlib.scrypt(passphrase, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


def _derived(key: Key, salt: bytes, n: int, r: int, p: int) -> tuple[bytes, bytes]:
    """The cipher's key, and what tells whether it is the right one."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    secret = _stretched(key.data, salt, n, r, p) if key.kind == "scrypt" else key.data
    made = HKDF(SHA256(), 32 + _BYTES, salt, TITLE.encode()).derive(secret)
    return made[:32], made[32:]
