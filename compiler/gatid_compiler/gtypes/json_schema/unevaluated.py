"""`unevaluatedProperties` and `unevaluatedItems` (JSON Schema core, section 11).

What is evaluated may depend on the value: each way in which it may be is a branch. A branch of
`anyOf` that fits and is not counted leaves more unevaluated, which allows less and never more, so
only `else` asks for something not to fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeGuard

from gatid_compiler.gtypes.json_schema import ecma, words
from gatid_compiler.gtypes.json_schema.constants import plain_field
from gatid_compiler.gtypes.json_schema.kinds import joined, others
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported
from gatid_compiler.gtypes.model import Any, Array, Field, GType, Keys, String, Tuple
from gatid_compiler.gtypes.normal import object_
from gatid_compiler.gtypes.tuples import tuple_

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatid_compiler.gtypes.json_schema.document import Place
    from gatid_compiler.gtypes.json_schema.read import Reader
    from gatid_compiler.gtypes.json_schema.words import Node

_WAYS = 64
"""So many ways are written as branches."""


@dataclass(frozen=True, slots=True)
class _Way:
    """What is evaluated of values that are of all the types."""

    types: frozenset[GType] = frozenset()
    names: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    every_key: bool = False
    items: int = 0
    every_item: bool = False

    def and_(self, other: _Way) -> _Way:
        return _Way(
            self.types | other.types,
            self.names | other.names,
            self.patterns | other.patterns,
            self.every_key or other.every_key,
            max(self.items, other.items),
            self.every_item or other.every_item,
        )


class _NotToldError(Exception):
    """What is evaluated cannot be told."""


def unevaluated(schema: Node, place: Place, reader: Reader) -> list[GType]:
    """What the two keywords allow."""
    found: list[GType] = []
    for word, kind in (("unevaluatedProperties", "object"), ("unevaluatedItems", "array")):
        if schema.get(word, True) is True:
            continue
        held = reader.below(schema, word, place, Any())
        beside = {name: said for name, said in schema.items() if name != word}
        try:
            ways = _Ways(reader, word).of(beside, place, frozenset())
            told = [_allowed(way, held, kind, reader) for way in ways]
        except _NotToldError as reason:
            reader.refuse(Unsupported(word, (place / word).pointer, str(reason)))
            continue
        found.append(joined((*others(kind), *told)))
    return found


def _allowed(way: _Way, held: GType, kind: str, reader: Reader) -> GType:
    every = way.every_key if kind == "object" else way.every_item
    if every or isinstance(held, Any):
        left: GType = Any()
    elif kind == "array":
        short = [Tuple((Any(),) * n) if n else Array(Any(), 0, 0) for n in range(way.items)]
        left = joined((*short, tuple_([Any()] * way.items, Array(held))))
    else:
        fields = [plain_field(name, Any()) for name in way.names]
        keys = [Keys(String(patterns=(p,)), Any()) for p in sorted(way.patterns)]
        left = object_(fields, held, keys)
    return reader.system.all_of((left, *way.types))


class _Ways:
    """The ways in which the keys of an object, or the items of an array, may be evaluated."""

    def __init__(self, reader: Reader, word: str) -> None:
        self._reader = reader
        self._word = word

    def of(self, schema: object, place: Place, seen: frozenset[str]) -> list[_Way]:
        if not _is_node(schema):
            return [_Way()]
        place = self._reader.document.placed(place)
        if schema.get("contains", True) is not True and self._word == "unevaluatedItems":
            raise _NotToldError("`contains` evaluates items one by one")
        found = [self._own(schema, place)]
        for index, below in enumerate(words.listed(schema, "allOf", place)):
            found = _both(found, self.of(below, place / "allOf" / index, seen))
        for word in ("$ref", "$dynamicRef"):
            if word in schema:
                found = _both(found, self._reference(schema, word, place, seen))
        for index, below in enumerate(words.listed(schema, "anyOf", place)):
            fits = self._fits(below, place / "anyOf" / index, seen)
            found = _both(found, [_Way(), *fits])
        if "oneOf" in schema:
            listed = enumerate(words.listed(schema, "oneOf", place))
            one = [w for n, s in listed for w in self._fits(s, place / "oneOf" / n, seen)]
            found = _both(found, one)
        for key, below in words.table(schema, "dependentSchemas", place).items():
            present = object_([Field(key, Any())], Any())
            at = place / "dependentSchemas" / key
            then = (replace(w, types=w.types | {present}) for w in self._fits(below, at, seen))
            found = _both(found, [_Way(), *then])
        if "if" in schema:
            found = _both(found, self._if(schema, place, seen))
        return found

    def _own(self, schema: Node, place: Place) -> _Way:
        """What the schema's own keywords evaluate."""
        patterns: set[str] = set()
        every_key = "additionalProperties" in schema or "unevaluatedProperties" in schema
        for pattern in words.table(schema, "patternProperties", place):
            try:
                whole = ecma.whole(pattern)
            except ecma.Untranslatable as error:
                raise _NotToldError(str(error)) from error
            if whole is None:
                every_key = True
            else:
                patterns.add(whole)
        old = isinstance(schema.get("items"), list)
        first = "items" if old else "prefixItems"
        after = "additionalItems" if old else "items"
        return _Way(
            frozenset(),
            frozenset(words.table(schema, "properties", place)),
            frozenset(patterns),
            every_key,
            len(words.listed(schema, first, place)),
            after in schema or "unevaluatedItems" in schema,
        )

    def _fits(self, schema: object, place: Place, seen: frozenset[str]) -> list[_Way]:
        """The ways where the subschema fits; none of them evaluates nothing."""
        ways = self.of(schema, place, seen)
        held = self._reader.read(schema, place)
        return [replace(w, types=w.types | {held}) for w in ways]

    def _if(self, schema: Node, place: Place, seen: frozenset[str]) -> list[_Way]:
        holds = self._fits(schema["if"], place / "if", seen)
        if "then" in schema:
            holds = _both(holds, self.of(schema["then"], place / "then", seen))
        if "else" not in schema:
            return [_Way(), *holds]
        condition = self._reader.read(schema["if"], place / "if")
        fails = self._reader.system.none_of(condition, "if", (place / "if").pointer)
        otherwise = self.of(schema["else"], place / "else", seen)
        return [*holds, *(replace(w, types=w.types | {fails}) for w in otherwise)]

    def _reference(self, schema: Node, word: str, place: Place, seen: frozenset[str]) -> list[_Way]:
        reference = words.text(schema, word, place) or ""
        document = self._reader.document
        try:
            found = document.find if word == "$ref" else document.find_dynamic
            target = found(reference, place)
        except Unsupported as error:
            raise _NotToldError(error.reason) from error
        if target.pointer in seen:
            raise _NotToldError("what is evaluated depends on itself")
        return self.of(document.at(target.pointer), target, seen | {target.pointer})


def _both(some: Iterable[_Way], more: Iterable[_Way]) -> list[_Way]:
    others = list(more)
    found = list(dict.fromkeys(one.and_(other) for one in some for other in others))
    if len(found) > _WAYS:
        raise _NotToldError(f"there are more than {_WAYS} ways of what is evaluated")
    return found


def _is_node(schema: object) -> TypeGuard[Node]:
    return isinstance(schema, dict)
