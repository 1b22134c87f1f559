"""Types that can be worked out only when every definition has been read.

A schema may intersect, exclude or tell apart what it only refers to. Reading leaves a reference
to a `Lazy` in its place; `solve` works it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Any, GType, Never, Ref

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class AllOf:
    """Values of every part."""

    parts: tuple[GType, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """Values of exactly one branch."""

    branches: tuple[GType, ...]
    pointer: str


@dataclass(frozen=True, slots=True)
class Not:
    """Every value but those of the type."""

    type: GType
    keyword: str
    pointer: str


Lazy = AllOf | OneOf | Not

_MARK = "\x00"


class System:
    """The definitions of a document by name, and what is still to be worked out."""

    def __init__(self) -> None:
        self.defs: dict[str, GType] = {}
        self._lazies: dict[str, Lazy] = {}
        self._names: dict[Lazy | frozenset[GType], str] = {}

    def all_of(self, types: Iterable[GType]) -> GType:
        """Values of all the types."""
        parts: dict[GType, None] = {}
        for t in types:
            lazy = self.lazy(t)
            for part in lazy.parts if isinstance(lazy, AllOf) else (t,):
                parts.setdefault(part)
        parts.pop(Any(), None)
        if Never() in parts:
            return Never()
        if len(parts) < 2:
            return next(iter(parts), Any())
        return self._named(frozenset(parts), AllOf(tuple(parts)))

    def one_of(self, branches: tuple[GType, ...], pointer: str) -> GType:
        """Values of exactly one of the branches."""
        held = tuple(b for b in branches if not isinstance(b, Never))
        if len(held) < 2:
            return held[0] if held else Never()
        lazy = OneOf(held, pointer)
        return self._named(lazy, lazy)

    def none_of(self, t: GType, keyword: str, pointer: str) -> GType:
        """Every value that is not of the type."""
        if isinstance(t, Any):
            return Never()
        if isinstance(t, Never):
            return Any()
        inner = self.lazy(t)
        if isinstance(inner, Not):
            return inner.type
        lazy = Not(t, keyword, pointer)
        return self._named(lazy, lazy)

    def lazy(self, t: GType) -> Lazy | None:
        """What is still to be worked out where `t` stands; None if it is a type."""
        return self._lazies.get(t.name) if isinstance(t, Ref) else None

    def _named(self, key: Lazy | frozenset[GType], lazy: Lazy) -> GType:
        name = self._names.setdefault(key, f"{_MARK}{len(self._names)}")
        self._lazies[name] = lazy
        return Ref(name)
