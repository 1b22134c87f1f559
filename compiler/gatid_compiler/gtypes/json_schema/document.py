"""A JSON Schema document: its subschemas by pointer, `$id` and `$anchor`, and what a `$ref` means.

References are resolved inside the document (JSON Schema core, section 8.2); nothing is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin

from gatid_compiler.gtypes.json_schema.unsupported import Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

_ONE = (
    "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items",
    "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
_LISTS = ("allOf", "anyOf", "items", "oneOf", "prefixItems")
_MAPS = ("$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties",
         "properties")  # fmt: skip

_OLD = ("draft-07", "draft-06", "draft-04", "draft-03")


@dataclass(frozen=True, slots=True)
class Place:
    """A subschema: where it stands in the document, and its base address."""

    pointer: str
    base: str

    def __truediv__(self, step: str | int) -> Place:
        return Place(f"{self.pointer}/{escaped(str(step))}", self.base)


def escaped(step: str) -> str:
    """A step of a JSON pointer, as it is written."""
    return step.replace("~", "~0").replace("/", "~1")


class Document:
    """Looks references up in one document."""

    def __init__(self, root: Any) -> None:
        self.root = root
        dialect = root.get("$schema", "") if isinstance(root, dict) else ""
        if not isinstance(dialect, str) or (dialect and "json-schema.org/" not in dialect):
            raise Unsupported("$schema", "/$schema", "the dialect is not known")
        self.old = any(name in dialect for name in _OLD)
        self._dynamic: dict[str, int] = {}
        self._addresses: dict[str, Place] = {}
        self._anchors: dict[tuple[str, str], Place] = {}
        self._bases: dict[str, str] = {}
        self._index(root, Place("", ""))
        self._addresses.setdefault("", Place("", ""))

    def placed(self, place: Place) -> Place:
        """The place with the base address that an `$id` there sets."""
        return Place(place.pointer, self._bases.get(place.pointer, place.base))

    def find(self, reference: str, place: Place, keyword: str = "$ref") -> Place:
        """The subschema that `reference` means when it stands at `place`.

        Raises:
            Unsupported: it lies outside of the document, or nothing is there.
        """
        address, fragment = urldefrag(urljoin(place.base, reference))
        if reference.startswith("#"):
            address, fragment = urldefrag(place.base)[0], reference[1:]
        fragment = unquote(fragment)
        target = self._addresses.get(address)
        if target is None:
            raise Unsupported(
                keyword, (place / keyword).pointer, f"`{reference}` lies outside of the document"
            )
        if fragment and not fragment.startswith("/"):
            anchored = self._anchors.get((address, fragment))
            if anchored is None:
                raise self._missing(keyword, reference, place)
            return anchored
        pointer = target.pointer + fragment
        if self.at(pointer) is _NOTHING:
            raise self._missing(keyword, reference, place)
        return Place(pointer, self._base(pointer))

    def find_dynamic(self, reference: str, place: Place) -> Place:
        """What a `$dynamicRef` means, where that does not depend on how it was reached.

        Raises:
            Unsupported: several places have an anchor of that name, or as for `find`.
        """
        if self._dynamic.get(urldefrag(reference)[1], 0) > 1:
            raise Unsupported(
                "$dynamicRef",
                (place / "$dynamicRef").pointer,
                "what it means depends on how it is reached",
            )
        return self.find(reference, place, "$dynamicRef")

    def at(self, pointer: str) -> Any:
        """What stands there; `_NOTHING` where nothing does."""
        value = self.root
        for raw in pointer.split("/")[1:]:
            step = raw.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and step in value:
                value = value[step]
            elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            else:
                return _NOTHING
        return value

    def _missing(self, keyword: str, reference: str, place: Place) -> Unsupported:
        return Unsupported(keyword, (place / keyword).pointer, f"nothing is at `{reference}`")

    def _base(self, pointer: str) -> str:
        """The base address of the nearest subschema around the pointer."""
        while pointer not in self._bases and pointer:
            pointer = pointer.rpartition("/")[0]
        return self._bases.get(pointer, "")

    def _index(self, schema: Any, place: Place) -> None:
        if not isinstance(schema, dict):
            return
        own = schema.get("$id")
        if isinstance(own, str) and not (self.old and "$ref" in schema):
            address, fragment = urldefrag(urljoin(place.base, own))
            if self.old and fragment:
                self._anchors[urldefrag(place.base)[0], fragment] = place
            if address or not fragment:
                place = Place(place.pointer, address)
                self._addresses[address] = place
        self._bases[place.pointer] = place.base
        for word in ("$anchor", "$dynamicAnchor"):
            name = schema.get(word)
            if isinstance(name, str):
                self._anchors[urldefrag(place.base)[0], name] = place
                if word == "$dynamicAnchor":
                    self._dynamic[name] = self._dynamic.get(name, 0) + 1
        for below, step in _subschemas(schema, place):
            self._index(below, step)


def _subschemas(schema: dict[str, Any], place: Place) -> Iterator[tuple[Any, Place]]:
    for word in _ONE:
        if isinstance(schema.get(word), dict):
            yield schema[word], place / word
    for word in _LISTS:
        if isinstance(schema.get(word), list):
            for index, below in enumerate(schema[word]):
                yield below, place / word / index
    for word in _MAPS:
        if isinstance(schema.get(word), dict):
            for name, below in schema[word].items():
                yield below, place / word / name


_NOTHING = object()
