"""Configuration as handlers and modules see it: read-only at any depth."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatid_compiler.plan import Json


def read_only(value: Json) -> Any:
    """A copy in which objects are mapping proxies and arrays tuples."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: read_only(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(read_only(item) for item in value)
    return value
