"""Who makes a request, once a policy has found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_NO_CLAIMS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: `name` is unique within its way of authenticating, "" when nobody knows."""

    name: str
    roles: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=lambda: _NO_CLAIMS, hash=False)

    @property
    def anonymous(self) -> bool:
        """True when nobody was authenticated."""
        return not self.name


ANONYMOUS = Principal("")
