"""Objects by the literals that their fields require: which of many a tagged one may meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Literal, Object

if TYPE_CHECKING:
    from collections.abc import Sequence


class Tags:
    """An index of the objects by each required field that is one literal."""

    def __init__(self, objects: Sequence[Object]) -> None:
        self._objects = objects
        self._tagged: dict[str, dict[int, Literal]] = {}
        for place, each in enumerate(objects):
            for name, literal in _tags(each):
                self._tagged.setdefault(name, {})[place] = literal
        self._places: dict[tuple[str, Literal], list[int]] = {}
        for name, literals in self._tagged.items():
            for place, literal in literals.items():
                self._places.setdefault((name, literal), []).append(place)

    def near(self, t: Object) -> list[Object]:
        """Those that share a value with the object, as far as its most telling tag says."""
        found: list[int] | None = None
        for name, literal in _tags(t):
            tagged = self._tagged.get(name)
            if tagged is None:
                continue
            same = self._places.get((name, literal), [])
            others = range(len(self._objects)) if len(tagged) < len(self._objects) else ()
            places = sorted({*same, *(n for n in others if n not in tagged)})
            if found is None or len(places) < len(found):
                found = places
        return list(self._objects) if found is None else [self._objects[n] for n in found]


def _tags(t: Object) -> list[tuple[str, Literal]]:
    return [(f.name, f.type) for f in t.fields if f.required and isinstance(f.type, Literal)]
