"""The definitions of two schemas as one, so that a type may hold parts of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.expand import Expansion
from gatid_compiler.gtypes.fingerprint import Fingerprints
from gatid_compiler.gtypes.model import (
    Array,
    Bool,
    Definitions,
    GType,
    Int,
    Intersection,
    Literal,
    Null,
    Number,
    Object,
    Ref,
    Schema,
    Tuple,
)
from gatid_compiler.gtypes.normal import substitute
from gatid_compiler.gtypes.recent import MANY
from gatid_compiler.gtypes.subtype import Comparison
from gatid_compiler.gtypes.text import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatid_compiler.gtypes.subtype import Verdict

_NEW = "\N{APOSTROPHE}"
"""Ends the names of new definitions while both sides are at hand; no name written has it."""


class Sides:
    """Old and new definitions under one roof. New types come in by `of_new`."""

    def __init__(self, old: Definitions, new: Definitions) -> None:
        self._to_new: Mapping[str, GType] = {name: Ref(name + _NEW) for name in new}
        self._back: Mapping[str, GType] = {name + _NEW: Ref(name) for name in new}
        renamed = {name + _NEW: substitute(t, self._to_new) for name, t in new.items()}
        self.defs: Definitions = {**old, **renamed}
        self.expansion = Expansion(self.defs)
        self._prints = Fingerprints(self.expansion)
        self._comparison = Comparison(self.expansion, self.expansion)
        self.large = len(self.defs) > MANY
        self.examples: dict[GType, list[Any]] = {}
        self.frames: dict[tuple[GType, GType, bool], Any] = {}

    def of_new(self, t: GType) -> GType:
        """A type written in the new definitions, in the names that it has here."""
        return substitute(t, self._to_new)

    def schema(self, t: GType) -> Schema:
        """The type as a schema of its own."""
        return Schema(t, self.defs)

    def atoms(self, t: GType) -> tuple[GType, ...]:
        """The branches of a type, references looked up."""
        return self.expansion.atoms(t)

    def same(self, one: GType, other: GType) -> bool:
        """They are equal by construction, defaults among it."""
        return self._prints.of(one) == self._prints.of(other)

    def compare(self, one: GType, other: GType) -> Verdict:
        """Whether every value of the one type is a value of the other."""
        return self._comparison.verdict(one, other)

    def accepts(self, t: GType, value: Any) -> bool:
        """Whether the type's validator takes the plain data as it is."""
        return self._comparison.accepts(t, value)

    def twins(self, one: GType, other: GType) -> bool:
        """Two definitions of one name, one on each side."""
        if not isinstance(one, Ref) or not isinstance(other, Ref):
            return False
        return one.name + _NEW == other.name or other.name + _NEW == one.name

    def written(self, t: Ref) -> str:
        """The name as it is written, on whichever side."""
        return t.name.removesuffix(_NEW)

    def show(self, t: GType) -> str:
        """The type as it is written, shortened."""
        text = show(substitute(t, self._back))
        return text if len(text) <= 80 else f"{text[:79]}…"


def kind(t: GType) -> str:
    """What an atom is, coarsely: values of two kinds are never equal."""
    match t:
        case Null():
            return "null"
        case Literal(bool()) | Bool():
            return "bool"
        case Literal(int()) | Int() | Number():
            return "number"
        case Object():
            return "object"
        case Array() | Tuple():
            return "array"
        case Intersection(parts):
            return "array" if any(kind(p) == "array" for p in parts) else "text"
        case _:
            return "text"
