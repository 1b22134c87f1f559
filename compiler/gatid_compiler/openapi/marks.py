"""Which schemas are two types, because a part of them is sent one way only.

`readOnly` parts are in answers only, `writeOnly` ones in requests only, however far below a
schema they stand, also behind references.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.json_schema.document import Document, Place
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATA = ("const", "default", "enum", "example", "examples", "required")
"""Keywords that hold data, in which nothing is a mark."""


class Marks:
    """Looks for marks in the schemas of one document, each once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[str, bool] = {}

    def differ(self, pointer: str) -> bool:
        """Whether requests and answers of the schema at the pointer are two types."""
        if pointer not in self._known:
            self._explore(pointer)
        return self._known[pointer]

    def _explore(self, pointer: str) -> None:
        """Everything that can be reached from there is known afterwards."""
        behind: dict[str, list[str]] = {}
        marked: list[str] = []
        waiting, met = [pointer], {pointer}
        while waiting:
            here = waiting.pop()
            if self._known.get(here):
                marked.append(here)
            if here in self._known:
                continue
            for target in self._below(here):
                if target is None:
                    marked.append(here)
                    continue
                behind.setdefault(target, []).append(here)
                if target not in met:
                    met.add(target)
                    waiting.append(target)
        for here in met:
            self._known.setdefault(here, False)
        while marked:
            here = marked.pop()
            self._known[here] = True
            marked += [one for one in behind.pop(here, ()) if not self._known[one]]

    def _below(self, pointer: str) -> Iterator[str | None]:
        """The schemas that are referred to below the pointer, None for each mark."""
        waiting: list[tuple[Any, bool]] = [(self._document.at(pointer), True)]
        while waiting:
            value, is_schema = waiting.pop()
            if isinstance(value, list):
                waiting += [(item, True) for item in value]
            if not isinstance(value, dict):
                continue
            if not is_schema:
                # The keys are names of fields, whatever they are.
                waiting += [(held, True) for held in value.values()]
                continue
            if value.get("readOnly") is True or value.get("writeOnly") is True:
                yield None
            reference = value.get("$ref")
            if isinstance(reference, str):
                try:
                    yield self._document.find(reference, Place(pointer, "")).pointer
                except Unsupported:  # told of where it is read
                    continue
            waiting += [
                (held, word != "properties") for word, held in value.items() if word not in _DATA
            ]
