"""What of a document takes no part in the project made of it, to be compared by its text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.json_schema.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gatid_compiler.openapi.load import Node
    from gatid_compiler.openapi.notes import Note


_DATA = (dict, list, str, int, float, bool)

_SILENT = ("deprecated", "xml", "links")
"""Words that say nothing of what a message may be."""


def left_out(document: Node, notes: Iterable[Note]) -> Mapping[str, str]:
    """For each place that is not expressed as it was: what was noted of it, and where all of it
    was left out, what stands there.
    """
    said: dict[str, list[Any]] = {}
    for note in sorted(notes):
        if note.pointer.rpartition("/")[2] in _SILENT:
            continue
        said.setdefault(note.pointer, []).append(note.what)
        if note.is_left_out:
            said[note.pointer] += _standing(document, note.pointer)
    return {pointer: json.dumps(data, sort_keys=True) for pointer, data in said.items()}


def _standing(document: Node, pointer: str) -> Iterator[Any]:
    """What stands at a place, and at those that it refers to."""
    known = Document(document)
    waiting, seen = [pointer], {pointer}
    while waiting:
        found = known.at(waiting.pop(0))
        if found is not None and not isinstance(found, _DATA):
            continue
        yield found
        for reference in _references(found):
            if reference.startswith("#/") and reference[1:] not in seen:
                seen.add(reference[1:])
                waiting.append(reference[1:])


def _references(data: Any) -> Iterator[str]:
    match data:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for part in data.values():
                yield from _references(part)
        case list():
            for part in data:
                yield from _references(part)
