"""`unevaluatedProperties` and `unevaluatedItems`, where what is evaluated shows in the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from gatid_compiler.gtypes.json_schema import words
from gatid_compiler.gtypes.json_schema.constants import plain_field
from gatid_compiler.gtypes.json_schema.kinds import joined, others
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported
from gatid_compiler.gtypes.model import Any, Array, GType, Never
from gatid_compiler.gtypes.normal import object_

if TYPE_CHECKING:
    from gatid_compiler.gtypes.json_schema.document import Place
    from gatid_compiler.gtypes.json_schema.read import Reader
    from gatid_compiler.gtypes.json_schema.words import Node

_DEPENDS = (
    "$dynamicRef", "$recursiveRef", "anyOf", "dependentSchemas", "if", "oneOf",
    "patternProperties", "unevaluatedProperties",
)  # fmt: skip
_ITEMS = ("$dynamicRef", "$ref", "allOf", "anyOf", "contains", "if", "oneOf", "prefixItems")


def unevaluated(schema: Node, place: Place, reader: Reader) -> list[GType]:
    """What the two keywords allow."""
    found: list[GType] = []
    if schema.get("unevaluatedProperties", True) is not True:
        held = reader.below(schema, "unevaluatedProperties", place, Any())
        names = _evaluated(schema, place, reader, frozenset(), outermost=True)
        if names is None:
            _refuse("unevaluatedProperties", place, reader)
        elif isinstance(names, set):
            fields = [plain_field(name, Any()) for name in names]
            rest = None if isinstance(held, Never) else held
            found.append(joined((*others("object"), object_(fields, rest))))
    if schema.get("unevaluatedItems", True) is not True and "items" not in schema:
        if any(word in schema for word in _ITEMS):
            _refuse("unevaluatedItems", place, reader)
        else:
            held = reader.below(schema, "unevaluatedItems", place, Any())
            found.append(joined((*others("array"), Array(held))))
    return found


def _evaluated(
    schema: object, place: Place, reader: Reader, seen: frozenset[str], *, outermost: bool = False
) -> set[str] | bool | None:
    """The names that are evaluated; True for all of them, None where that depends on the value."""
    if not _is_node(schema):
        return set()
    depends = [w for w in _DEPENDS if w in schema]
    if depends and not (outermost and depends == ["unevaluatedProperties"]):
        return None
    if "additionalProperties" in schema:
        return True
    names = set(words.table(schema, "properties", place))
    below = [(s, place / "allOf" / n) for n, s in enumerate(words.listed(schema, "allOf", place))]
    if isinstance(schema.get("$ref"), str):
        target = reader.document.find(schema["$ref"], place)
        if target.pointer in seen:
            return None
        seen |= {target.pointer}
        below.append((reader.document.at(target.pointer), target))
    for inner, at in below:
        more = _evaluated(inner, at, reader, seen)
        if not isinstance(more, set):
            return more
        names |= more
    return names


def _is_node(schema: object) -> TypeGuard[Node]:
    return isinstance(schema, dict)


def _refuse(word: str, place: Place, reader: Reader) -> None:
    reader.refuse(
        Unsupported(word, (place / word).pointer, "what is evaluated depends on the value")
    )
