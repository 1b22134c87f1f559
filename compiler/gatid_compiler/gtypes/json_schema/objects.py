"""The objects that a schema allows: `properties`, `required` and what stands beside them."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import rust
from gatid_compiler.gtypes.emptiness import inhabited
from gatid_compiler.gtypes.json_schema import ecma, words
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported
from gatid_compiler.gtypes.model import Any, Field, GType, Keys, Never, Object, Schema, String
from gatid_compiler.gtypes.normal import object_, union

if TYPE_CHECKING:
    from gatid_compiler.gtypes.json_schema.document import Place
    from gatid_compiler.gtypes.json_schema.read import Reader
    from gatid_compiler.gtypes.json_schema.words import Node

_FINITE = re.compile(r"\(\?:([A-Za-z0-9_|\-]*)\)|([A-Za-z0-9_|\-]*)")
_PATTERNS = 6
"""So many patterns of keys may overlap."""

_CHOICES = 200
"""So many ways to leave fields out are written as branches."""


def objects(schema: Node, place: Place, reader: Reader) -> GType:
    """The type of the objects that the schema's own keywords allow."""
    keys = _Keys(schema, place, reader)
    required = dict.fromkeys(words.names(schema, "required", place))
    for name in required:
        keys.named.setdefault(name, None)
    below = place / "properties"
    fields = [
        reader.field(name, keys.type_of(name), name in required, keys.schema_of(name), below / name)
        for name in keys.named
    ]
    if any(f.required and isinstance(f.type, Never) for f in fields):
        return Never()
    counted = _counted(object_(fields, keys.rest(), keys.kinds()), schema, place, reader)
    if "propertyNames" not in schema:
        return counted
    names = reader.read(schema["propertyNames"], place / "propertyNames")
    return reader.system.all_of((counted, object_((), None, (Keys(names, Any()),))))


class _Keys:
    """Which subschemas speak of which key."""

    def __init__(self, schema: Node, place: Place, reader: Reader) -> None:
        self._reader = reader
        self._place = place
        self._properties = words.table(schema, "properties", place)
        self._additional = reader.below(schema, "additionalProperties", place, Any())
        self._all: list[GType] = []
        self._patterns: list[tuple[str, GType]] = []
        self.named: dict[str, None] = dict.fromkeys(self._properties)
        for pattern in sorted(words.table(schema, "patternProperties", place)):
            self._pattern(schema, pattern)

    def type_of(self, name: str) -> GType:
        """The type of one key's value."""
        parts = list(self._all)
        if name in self._properties:
            below = self._place / "properties" / name
            parts.append(self._reader.read(self._properties[name], below))
        parts += [t for pattern, t in self._patterns if rust.matcher(pattern)(name)]
        if not parts:
            return self._additional
        return self._reader.system.all_of(parts)

    def schema_of(self, name: str) -> object:
        """The subschema that describes the key."""
        return self._properties.get(name)

    def rest(self) -> GType | None:
        """The type of every other key's value; None if there is none."""
        rest = self._reader.system.all_of(self._all) if self._all else self._additional
        return None if isinstance(rest, Never) else rest

    def _pattern(self, schema: Node, pattern: str) -> None:
        place = self._place / "patternProperties" / pattern
        held = self._reader.read(schema["patternProperties"][pattern], place)
        try:
            whole = ecma.whole(pattern)
        except ecma.Untranslatable as error:
            self._reader.refuse(Unsupported("patternProperties", place.pointer, str(error)))
            return
        if whole is None:
            self._all.append(held)
            return
        finite = _FINITE.fullmatch(whole)
        if finite is not None:
            for name in (finite[1] or finite[2] or "").split("|"):
                self.named.setdefault(name)
        self._patterns.append((whole, held))

    def kinds(self) -> list[Keys]:
        """What keys of patterns are: of all patterns that one matches, the types of all."""
        told = [(p, t) for p, t in self._patterns if not _FINITE.fullmatch(p)]
        if len(told) > _PATTERNS:
            self._reader.refuse(
                Unsupported(
                    "patternProperties",
                    (self._place / "patternProperties").pointer,
                    f"of more than {_PATTERNS} patterns a key may match too many at once",
                )
            )
            self._additional = Any()
            return []
        found: list[Keys] = []
        for size in range(len(told), 0, -1):
            for together in combinations(told, size):
                names = String(patterns=tuple(sorted({p for p, _ in together})))
                if size == 1 or inhabited(Schema(names, {})):
                    held = self._reader.system.all_of([*self._all, *(t for _, t in together)])
                    found.append(Keys(names, held))
        return found


def _counted(t: Object, schema: Node, place: Place, reader: Reader) -> GType:
    """The object with as many keys as `minProperties` and `maxProperties` allow."""
    low = words.count(schema, "minProperties", place) or 0
    high = words.count(schema, "maxProperties", place)
    required = [f for f in t.fields if f.required]
    optional = [f for f in t.fields if not f.required]
    if high is not None and len(required) > high:
        return Never()
    if t.rest is None and not t.keys:
        if low > len(t.fields):
            return Never()
        high = None if high is not None and high >= len(t.fields) else high
        if low <= len(required) and high is None:
            return t
        return _chosen(required, optional, low, high, reader, place)
    if high is not None and high == len(required):
        return _counted(object_(required), {"minProperties": low}, place, reader)
    return object_(t.fields, t.rest, t.keys, low, high)


def _chosen(
    required: list[Field],
    optional: list[Field],
    low: int,
    high: int | None,
    reader: Reader,
    place: Place,
) -> GType:
    """Closed objects with enough keys, and not too many: a branch for each choice of fields."""
    most = len(optional) if high is None else high - len(required)
    least = max(0, low - len(required))
    # With at least `least` of them present, the others may be there too.
    sizes = [least] if high is None else range(least, most + 1)
    branches: list[GType] = []
    for size in sizes:
        for present in combinations(optional, size):
            names = {f.name for f in present}
            fields = [*required, *(Field(f.name, f.type, doc=f.doc) for f in present)]
            if high is None:
                fields += [f for f in optional if f.name not in names]
            branches.append(object_(fields))
            if len(branches) > _CHOICES:
                reader.refuse(
                    Unsupported(
                        "minProperties" if high is None else "maxProperties",
                        place.pointer,
                        f"it would take more than {_CHOICES} branches",
                    )
                )
                return object_([*required, *optional])
    return union(*branches)
