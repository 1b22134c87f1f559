"""An OpenAPI document as plain data, from JSON or YAML."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Node = dict[str, Any]

_MOST = 5_000_000
"""A document of aliases of aliases can be of any size; of so many values it is none any more."""


class BadDocumentError(ValueError):
    """The file holds no OpenAPI document that can be read; the message says why."""


def load(path: Path) -> Node:
    """The document, keys as strings. Raises `BadDocumentError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadDocumentError(f"cannot be read: {error}") from error
    data = _json(text) if text.lstrip()[:1] in ("{", "[") else _yaml(text)
    if not isinstance(data, dict) or not isinstance(data.get("openapi"), str):
        if isinstance(data, dict) and "swagger" in data:
            raise BadDocumentError(
                "Swagger 2.0 is not supported yet; convert it to OpenAPI 3.0 first, as Swagger "
                "Editor and swagger2openapi do"
            )
        raise BadDocumentError("an OpenAPI document with `openapi: 3.x` is wanted, found none")
    if not re.match(r"3\.[01](\.|$)", data["openapi"]):
        raise BadDocumentError(f"OpenAPI 3.0 and 3.1 are read, this is {data['openapi']}")
    return data


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadDocumentError(f"no JSON: {error}") from error


def _yaml(text: str) -> Any:
    """YAML by its JSON schema (YAML 1.2, section 10.2): `no` and `2026-03-01` are strings."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - replaces the class's own

    for tag, form, first in (
        ("bool", "true|false|True|False|TRUE|FALSE", "tfTF"),
        ("int", "[-+]?[0-9]+", "-+0123456789"),
        ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+0123456789."),
        ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("merge", "<<", "<"),
    ):
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{form})$"),
                                     list(first))  # fmt: skip
    try:
        return _plain(yaml.load(text, Loader), count())  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError) as error:
        raise BadDocumentError(f"no YAML: {error}") from error
    except RecursionError:
        what = "an alias leads to itself, or it is nested too deeply"
        raise BadDocumentError(f"this YAML cannot be a document: {what}") from None


def _plain(value: Any, seen: count[int]) -> Any:
    """The value as JSON has it, what aliases stand for written out."""
    if next(seen) > _MOST:
        raise BadDocumentError(f"with its aliases written out it has more than {_MOST:,} values")
    if isinstance(value, dict):
        return {_key(key): _plain(held, seen) for key, held in value.items()}
    if isinstance(value, list):
        return [_plain(held, seen) for held in value]
    return value


def _key(key: Any) -> str:
    if isinstance(key, bool) or key is None:
        return json.dumps(key)
    return str(key)
