"""Judging what is read from text: path, query, headers and cookies.

On the wire an integer is a text too: a parameter that was `int` and is `string` refuses
nobody, though no JSON integer is a string. So a witness counts only if its text is read by the
old type and refused by the new one, and values are compared as the texts they are written as.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any as Value

from gatid_compiler.breaking.judge import Judge, Judgement
from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Field,
    Format,
    GType,
    Int,
    Intersection,
    Literal,
    Number,
    Object,
    String,
)
from gatid_compiler.gtypes.normal import object_, union
from gatid_compiler.gtypes.textual import reader

if TYPE_CHECKING:
    from gatid_compiler.breaking.sides import Sides

_INT = r"-?(0|[1-9][0-9]*)"
_NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"


class TextJudge(Judge):
    """Judges types of requests whose fields are read from text.

    `ignores_more` says that what is not declared is not read, as with headers and cookies.
    """

    def __init__(self, sides: Sides, *, ignores_more: bool = False) -> None:
        super().__init__(sides, "request")
        self._ignores_more = ignores_more

    def pair(self, old: GType, new: GType) -> Judgement:
        """As of JSON; where that only finds values that read as well, as texts."""
        new = self._read_type(new)
        found = super().pair(old, new)
        if found.witness is None or self.shows(found.witness.value, old, new):
            return found
        as_text = super().pair(self._written(old, new), new)
        if as_text.witness is None or self.shows(as_text.witness.value, old, new):
            return as_text
        reason = "what was found is read by both, as values of different types"
        return Judgement("unknown", reason=reason)

    def shows(self, witness: Value, old: GType, new: GType) -> bool:
        """The old type reads the texts of the witness, and the new one does not."""
        texts = _texts(witness)
        if texts is None:
            return False
        return self._reads(texts, old) and not self._reads(texts, self._read_type(new))

    def _read_type(self, new: GType) -> GType:
        (atom,) = self._sides.atoms(new)
        if self._ignores_more and isinstance(atom, Object) and atom.rest is None:
            return object_(atom.fields, Any())
        return new

    def _reads(self, texts: dict[str, list[str]], t: GType) -> bool:
        try:
            reader(self._sides.schema(t)).read(texts)
        except Invalid:
            return False
        return True

    def _written(self, old: GType, new: GType) -> GType:
        """The old type with values as texts in every field that is a text in the new one."""
        (one,), (other,) = self._sides.atoms(old), self._sides.atoms(new)
        if not isinstance(one, Object) or not isinstance(other, Object):
            return old
        fields = [replace(f, type=self._field(f, other)) for f in one.fields]
        rest = None if one.rest is None else self._field(Field("", one.rest), other)
        return object_(fields, rest)

    def _field(self, field: Field, other: Object) -> GType:
        mine = other.field(field.name)
        wanted = mine.type if mine else other.rest
        atoms = () if wanted is None else self._sides.atoms(wanted)
        arrays = [a for a in atoms if isinstance(a, Array)]
        items = [i for a in arrays for i in self._sides.atoms(a.item)]
        written: list[GType] = []
        for atom in self._sides.atoms(field.type):
            match atom:
                case Any():
                    written += [String(), Array(String(), 2)]
                case Array() if arrays:
                    item = union(*(_written(i, items) for i in self._sides.atoms(atom.item)))
                    # An array of no items is an absent field.
                    written.append(replace(atom, item=item, low=max(1, atom.low)))
                case Array():
                    inner = self._sides.atoms(atom.item)
                    if atom.low <= 1 and atom.high != 0:
                        written += [_written(i, atoms) for i in inner]
                    if atom.high is None or atom.high > 1:
                        written.append(replace(atom, low=max(2, atom.low)))
                case _ if len(arrays) == len(atoms) and arrays:
                    written.append(Array(_written(atom, items), 1, 1))
                case _:
                    written.append(_written(atom, atoms))
        return union(*written)


def _written(t: GType, wanted: tuple[GType, ...] | list[GType]) -> GType:
    """A type that holds at least the values as which the texts of `t` are read."""
    reads_text = any(_is_text(w) or isinstance(w, Any) for w in wanted)
    match t:
        case Literal(str() as text) if not reads_text:
            return _read_literal(text)
        case _ if not reads_text or _is_text(t):
            return t
        case Literal(bool() as value):
            return Literal("true" if value else "false")
        case Literal(int() as value):
            return Literal(str(value))
        case Bool():
            return union(Literal("true"), Literal("false"))
        case Int(low, high):
            longest = None if low is None or high is None else max(len(str(low)), len(str(high)))
            return String(1, longest, (_INT,))
        case Number():
            return String(1, None, (_NUMBER,))
        case _:
            return t


def _read_literal(text: str) -> Literal:
    """A text as it is read where no text is wanted; itself where it cannot be."""
    if text in ("true", "false"):
        return Literal(text == "true")
    return Literal(int(text) if re.fullmatch(_INT, text) else text)


def _is_text(t: GType) -> bool:
    return isinstance(t, String | Bytes | Format | Intersection) or (
        isinstance(t, Literal) and isinstance(t.value, str)
    )


def _texts(value: Value) -> dict[str, list[str]] | None:
    """The texts that stand for an object's fields; None where something cannot be written."""
    made: dict[str, list[str]] = {}
    for name, held in value.items():
        items = held if isinstance(held, list) else [held]
        texts = [_text(item) for item in items]
        written = [text for text in texts if text is not None]
        if len(written) != len(texts) or (isinstance(held, list) and not written):
            return None
        made[name] = written
    return made


def _text(value: Value) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return str(value)
        case _:
            return None
