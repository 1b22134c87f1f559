"""Parts of a document that may stand elsewhere, by `$ref`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.json_schema.document import Place
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported

if TYPE_CHECKING:
    from gatid_compiler.gtypes.json_schema.document import Document
    from gatid_compiler.openapi.load import Node
    from gatid_compiler.openapi.notes import Notes


def found(document: Document, value: Any, place: Place, notes: Notes) -> tuple[Node, Place]:
    """The object itself and where it stands; empty, and noted, where there is none."""
    for _ in range(20):
        if not isinstance(value, dict):
            notes.add(place.pointer, "an object is wanted here; left out")
            return {}, place
        reference = value.get("$ref")
        if not isinstance(reference, str):
            return value, place
        try:
            place = document.find(reference, place)
        except Unsupported as error:
            notes.add(error.pointer, f"{error.reason}; left out")
            return {}, place
        value = document.at(place.pointer)
    notes.add(place.pointer, "the references never end; left out")
    return {}, place


def root() -> Place:
    """The document itself."""
    return Place("", "")
