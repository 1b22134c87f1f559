"""The two encodings of tokens and keys, each read in one way only: base64url and JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson


def octets(text: str) -> bytes:
    """What unpadded base64url says (RFC 7515, appendix C); raises `ValueError` unless it is
    how these octets are written.
    """
    raw = text.encode("ascii")
    found = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    # The last character holds bits that nobody reads: only one text is right.
    if base64.urlsafe_b64encode(found).rstrip(b"=") != raw:
        raise ValueError("not the canonical base64url")
    return found


def json_object(raw: bytes) -> Mapping[str, Any]:
    """A JSON object, read-only at any depth; raises `ValueError` for anything else, for keys
    written twice, for NaN, and for text that is no Unicode.
    """
    try:
        orjson.loads(raw)
        found = json.loads(raw.decode("utf-8"), object_pairs_hook=_object)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(found, Mapping):
        raise ValueError("not an object")
    return found


def _object(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = {key: _value(value) for key, value in pairs}
    if len(found) != len(pairs):
        raise ValueError("a key is written twice")
    return MappingProxyType(found)


def _value(value: Any) -> Any:
    return tuple(_value(item) for item in value) if isinstance(value, list) else value
