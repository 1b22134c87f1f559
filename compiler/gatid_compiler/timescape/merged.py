"""Objects that `&` merges of named types: definitions like others, which change with their parts.

Where one is written in place, it gets a definition of its own, which only history knows: types
that leave the timescape have it spelt out again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import GType, Intersection, Object, Ref
from gatid_compiler.gtypes.text import show
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.reshape import rebuilt, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.gtypes.model import Definitions


class Merged:
    """What is merged, and of what. All of `defs` is looked over, and told apart there."""

    def __init__(self, defs: dict[str, GType]) -> None:
        self._defs = defs
        self._parts: dict[str, tuple[GType, ...]] = {}
        for name, t in list(defs.items()):
            if isinstance(t, Object) and t.parts:
                self._parts[keys.plain(name)] = t.parts
            defs[name] = rebuilt(t, self.placed)

    def placed(self, t: GType) -> GType:
        """The type, with definitions for what is merged in it."""
        inside = rebuilt(t, self.placed)
        if not isinstance(t, Object) or not any(isinstance(part, Ref) for part in t.parts):
            return inside
        name = keys.in_place(show(Intersection(t.parts)))
        if name not in self._defs:
            self._defs[name] = inside
            self._parts[name] = t.parts
        return Ref(name)

    def named(self, key: str) -> Iterator[str]:
        """The named types that a definition is merged of, and those that they are merged of."""
        for part in self._parts.get(keys.plain(key), ()):
            name = part
            while isinstance(name, Ref):
                yield name.name
                yield from self.named(name.name)
                name = self._defs[name.name]

    def instance(self, key: str, declared: str) -> str | None:
        """The declared type, with its arguments, of which a definition is merged."""
        return next((name for name in self.named(key) if keys.origin(name) == declared), None)

    def others(self, key: str, declared: str, defs: Definitions) -> Iterator[tuple[str, GType]]:
        """The fields that a definition has of its parts, but for those with the declared type in
        them: the name of each, and whose it is.
        """
        for part in self._parts.get(keys.plain(key), ()):
            if isinstance(part, Ref) and declared in self._origins(part):
                continue
            outer = resolved(part, defs)
            if isinstance(outer, Object):
                yield from ((field.name, part) for field in outer.fields)

    def _origins(self, part: Ref) -> set[str]:
        found: set[str] = set()
        t: GType = part
        while isinstance(t, Ref):
            found |= {keys.origin(t.name), *map(keys.origin, self.named(t.name))}
            t = self._defs[t.name]
        return found
