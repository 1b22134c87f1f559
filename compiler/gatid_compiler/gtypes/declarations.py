"""Definitions as `.gati` declarations, one below the other, that read back as the same types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import text
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Definitions,
    Field,
    GType,
    Intersection,
    Never,
    Object,
    Ref,
    Scalar,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.shape import has_words

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORDS = ("string", "int", "number", "bool", "null", "bytes", "any", "never", "true", "false")
RESERVED = frozenset((*_WORDS, *(scalar.value for scalar in Scalar), "Problem", "secret"))
"""Names that a declaration may not have."""


class NotWrittenError(ValueError):
    """A definition that `.gati` has no words for: its name and why."""


def names(defs: Definitions) -> Mapping[str, str]:
    """The name in `.gati` of each definition: `Page<Order>` is written out as `Page_Order`."""
    taken: dict[str, str] = {}
    for key in sorted(defs, key=lambda k: (re.fullmatch(r"\w+", k, re.ASCII) is None, k)):
        plain = re.sub(r"\W+", "_", key, flags=re.ASCII).strip("_")
        plain = f"{plain}_type" if plain in RESERVED or not plain[:1].isalpha() else plain
        made, count = plain, 1
        while made in taken.values():
            count += 1
            made = f"{plain}_{count}"
        taken[key] = made
    return taken


def declarations(defs: Definitions) -> str:
    """The text of the definitions in their order. Raises `NotWrittenError` for `never`, and
    for what only JSON Schema has.
    """
    known = names(defs)
    return "\n".join(_declared(known[key], key, t, known) for key, t in defs.items())


def _declared(name: str, key: str, t: GType, known: Mapping[str, str]) -> str:
    if _has_never(t):
        raise NotWrittenError(f"{key}: no value is of it, and `.gati` has no word for that")
    if not has_words(t):
        raise NotWrittenError(f"{key}: `.gati` has no words for what its keys are or its places")
    t = _renamed(t, known)
    if not isinstance(t, Object) or not t.fields:
        return f"type {name} = {text.show(t)}\n"
    lines = [line for field in t.fields for line in _field(field)]
    if t.rest is not None:
        lines.append(text.show(Object((), t.rest)).removeprefix("{ ").removesuffix(" }"))
    return "\n".join([f"type {name} {{", *(f"  {line}" for line in lines), "}", ""])


def _field(f: Field) -> list[str]:
    docs = [f"## {line}".rstrip() for line in f.doc.splitlines()]
    return [*docs, text.show(Object((f,))).removeprefix("{ ").removesuffix(" }")]


def _has_never(t: GType) -> bool:
    match t:
        case Never():
            return True
        case Object(fields, rest):
            return any(_has_never(f.type) for f in fields) or (
                rest is not None and _has_never(rest)
            )
        case Array(item):
            return _has_never(item)
        case Tuple(parts) | Union(parts) | Intersection(parts):
            return any(map(_has_never, parts))
        case _:
            return False


def _renamed(t: GType, known: Mapping[str, str]) -> GType:
    """The type with its references under the names they are declared by."""
    match t:
        case Ref(name):
            return Ref(known[name])
        case Object(fields, rest):
            renamed = (
                Field(f.name, _renamed(f.type, known), f.required, f.default, f.secret, f.doc)
                for f in fields
            )
            return Object(tuple(renamed), None if rest is None else _renamed(rest, known))
        case Array():
            return Array(_renamed(t.item, known), t.low, t.high, t.unique)
        case Tuple(()):
            return Array(Any(), 0, 0)  # there is no way to write an empty tuple
        case Tuple(items):
            return Tuple(tuple(_renamed(item, known) for item in items))
        case Union(branches):
            return Union(tuple(_renamed(branch, known) for branch in branches))
        case Intersection(parts):
            return Intersection(tuple(_renamed(part, known) for part in parts))
        case _:
            return t
