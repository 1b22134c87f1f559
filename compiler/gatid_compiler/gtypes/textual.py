"""Path, query, header and cookie values: text, read by its type.

A text is read as the first of int, number, bool and string that is of the type. Arrays are
read from repetition; anything else written twice is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any as Value

from pydantic_core import SchemaValidator, ValidationError

from gatid_compiler.gtypes.build import build
from gatid_compiler.gtypes.expand import Expansion
from gatid_compiler.gtypes.explain import Explainer
from gatid_compiler.gtypes.faults import MOST, Fault, Invalid, found, pointer
from gatid_compiler.gtypes.literals import fresh
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Field,
    GType,
    Int,
    Intersection,
    Literal,
    Number,
    Object,
    Schema,
    Tuple,
)
from gatid_compiler.gtypes.text import show

_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LONGEST = 4300
"""Digits that Python reads in an integer."""


def reader(schema: Schema) -> Reader:
    """A reader of the schema's type, an object whose fields hold text. Raises `ValueError`."""
    return Reader(schema)


def unreadable(t: GType, schema: Schema) -> str | None:
    """Why a field of this type cannot be read from text; None when it can."""
    expansion = Expansion.of(schema)
    for atom in expansion.atoms(t):
        if isinstance(atom, Object | Tuple) or _is_tuple(atom):
            return f"`{show(atom)}` cannot be written as text"
        if isinstance(atom, Array):
            for item in expansion.atoms(atom.item):
                if isinstance(item, Object | Tuple | Array) or _is_tuple(item):
                    return f"items `{show(item)}` cannot be written as text"
    return None


def _is_tuple(t: GType) -> bool:
    return isinstance(t, Intersection) and any(isinstance(p, Tuple) for p in t.parts)


class Reader:
    """Reads named texts into the fields of one object type."""

    def __init__(self, schema: Schema) -> None:
        expansion = Expansion.of(schema)
        atoms = expansion.atoms(schema.root)
        if len(atoms) != 1 or not isinstance(atoms[0], Object):
            raise ValueError(f"an object type is wanted, not {show(schema.root)}")
        self._object = atoms[0]
        self._fields = {f.name: _FieldReader(f, expansion) for f in self._object.fields}
        rest = self._object.rest
        self._rest = None if rest is None else _FieldReader(Field("", rest), expansion)
        self._defaults = [
            (f.name, f.default.value)
            for f in self._object.fields
            if not f.required and f.default is not None
        ]
        self._required = [f for f in self._object.fields if f.required]

    def read(self, values: Mapping[str, Sequence[str]]) -> dict[str, Value]:
        """The fields that the texts say, defaults filled. Raises `Invalid`.

        Each name comes with all texts given for it, in their order; an empty sequence is an
        absent name. A name that an open object does not know is read by its rest type.
        """
        read: dict[str, Value] = {}
        faults: list[Fault] = []
        for name, texts in values.items():
            if not texts:
                continue
            field = self._fields.get(name, self._rest)
            if field is None:
                shown = found(texts[0], hidden=any(f.secret for f in self._object.fields))
                faults.append(Fault(pointer([name]), "no parameter of this name", shown))
                continue
            try:
                read[name] = field.read(texts)
            except Invalid as invalid:
                base = pointer([name])
                faults += (Fault(base + f.pointer, f.expected, f.found) for f in invalid.faults)
        faults += (
            Fault(pointer([f.name]), show(f.type), "nothing")
            for f in self._required
            if not values.get(f.name)
        )
        if faults:
            raise Invalid(tuple(faults[:MOST]))
        for name, default in self._defaults:
            read.setdefault(name, fresh(default))
        return read


class _FieldReader:
    """Reads the texts of one name."""

    def __init__(self, field: Field, expansion: Expansion) -> None:
        self._type = field.type
        self._secret = field.secret
        self._explainer = Explainer(expansion)
        atoms = expansion.atoms(field.type)
        self._any = any(isinstance(a, Any) for a in atoms)
        self._arrays = [a for a in atoms if isinstance(a, Array)]
        self._scalar = any(not isinstance(a, Array) for a in atoms)
        self._validator = SchemaValidator(build(field.type, expansion, "data"))
        self._reads = _readings([a for a in atoms if not isinstance(a, Array)])
        self._items = [
            (
                _readings(list(expansion.atoms(a.item))),
                SchemaValidator(build(a.item, expansion, "data")),
            )
            for a in self._arrays
        ]

    def read(self, texts: Sequence[str]) -> Value:
        """The value that the texts stand for. Raises `Invalid`."""
        if self._any:
            return texts[0] if len(texts) == 1 else list(texts)
        if len(texts) == 1 and self._scalar:
            value = _first(texts[0], self._reads, self._validator)
            if value is not _NOTHING:
                return value
        if not self._arrays:
            if len(texts) > 1:
                raise Invalid((Fault("", f"{show(self._type)}, once", f"{len(texts)} values"),))
            raise self._refused(texts[0])
        return self._array(texts)

    def _array(self, texts: Sequence[str]) -> Value:
        faults: tuple[Fault, ...] = ()
        for reads, validator in self._items:
            items = [_first(text, reads, validator) for text in texts]
            value = [
                text if item is _NOTHING else item for item, text in zip(items, texts, strict=True)
            ]
            try:
                return self._validator.validate_python(value)
            except ValidationError:
                faults = faults or self._explain(value)
        raise Invalid(faults)

    def _refused(self, text: str) -> Invalid:
        return Invalid((Fault("", show(self._type), found(text, hidden=self._secret)),))

    def _explain(self, value: Value) -> tuple[Fault, ...]:
        faults = self._explainer.faults(value, self._type)
        if self._secret:
            return tuple(Fault(f.pointer, f.expected, "***") for f in faults)
        return faults


class _Nothing:
    """No reading of a text fits."""


_NOTHING = _Nothing()

Reading = Callable[[str], Value]


def _readings(atoms: Sequence[GType]) -> tuple[Reading, ...]:
    """The readings that can give a value of one of the atoms, in the order they are tried."""
    kinds: list[Reading] = []
    literals = [a.value for a in atoms if isinstance(a, Literal)]
    whole = any(isinstance(v, int) and not isinstance(v, bool) for v in literals)
    if whole or any(isinstance(a, Any | Int | Number) for a in atoms):
        kinds.append(_int)
    if any(isinstance(a, Any | Number) for a in atoms):
        kinds.append(_number)
    if any(isinstance(v, bool) for v in literals) or any(isinstance(a, Any | Bool) for a in atoms):
        kinds.append(_bool)
    kinds.append(_string)
    return tuple(kinds)


def _first(text: str, reads: tuple[Reading, ...], validator: SchemaValidator) -> Value:
    for reading in reads:
        value = reading(text)
        if value is not _NOTHING:
            try:
                return validator.validate_python(value)
            except ValidationError:
                continue
    return _NOTHING


def _int(text: str) -> Value:
    return int(text) if len(text) <= _LONGEST and _INT.fullmatch(text) else _NOTHING


def _number(text: str) -> Value:
    return float(text) if _NUMBER.fullmatch(text) else _NOTHING


def _bool(text: str) -> Value:
    return {"true": True, "false": False}.get(text, _NOTHING)


def _string(text: str) -> Value:
    return text
