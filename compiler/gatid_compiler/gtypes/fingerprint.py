"""Fingerprints: types that are equal by construction have the same, whatever their names.

Order of fields and branches, nesting of unions, names of definitions and documentation take
no part. Recursive types are told apart by what they unfold to: two are the same exactly when
no unfolding shows a difference.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any as Data

from gatid_compiler.gtypes.expand import Expansion
from gatid_compiler.gtypes.leaves import exact
from gatid_compiler.gtypes.model import (
    Array,
    Field,
    GType,
    Int,
    Intersection,
    Number,
    Object,
    Schema,
    Tuple,
)
from gatid_compiler.gtypes.serial import to_json


def fingerprint(schema: Schema, *, defaults: bool = True) -> str:
    """64 hexadecimal digits. Without `defaults`, what fills absent fields takes no part.

    Whether a field is `secret` takes no part: it changes no value.
    """
    return _Refinement(schema, defaults).result()


class _Refinement:
    """Splits the types that a schema reaches into classes until nothing tells more apart."""

    def __init__(self, schema: Schema, defaults: bool) -> None:
        self._expansion = Expansion.of(schema)
        self._defaults = defaults
        self._root = schema.root
        self._classes: dict[GType, str] = {}
        self._reach(schema.root)

    def _reach(self, root: GType) -> None:
        waiting = [root]
        while waiting:
            t = waiting.pop()
            if t not in self._classes:
                self._classes[t] = ""
                for atom in self._expansion.atoms(t):
                    waiting.extend(_inside(atom))

    def result(self) -> str:
        if len(self._classes) == 1:
            return _hash(self._node(self._root))
        kinds = 0
        while True:
            # Every round tells apart what differs one level deeper.
            self._classes = {t: _hash(self._node(t)) for t in self._classes}
            now = len(set(self._classes.values()))
            if now == kinds:
                break
            kinds = now
        return self._unfolded(kinds)

    def _unfolded(self, kinds: int) -> str:
        """The class of the root after a number of rounds that depends on `kinds` alone, which
        is enough to tell it from every other type with as many kinds of parts.
        """
        self._classes = dict.fromkeys(self._classes, "")
        for _ in range(2 * kinds):
            self._classes = {t: _hash(self._node(t)) for t in self._classes}
        return _hash([kinds, self._classes[self._root]])

    def _node(self, t: GType) -> Data:
        return sorted({_text(self._atom(a)) for a in self._expansion.atoms(t)})

    def _atom(self, t: GType) -> Data:
        match t:
            case Object():
                rest = None if t.rest is None else self._classes[t.rest]
                return ["object", [self._field(f) for f in t.fields], rest]
            case Array():
                return ["array", self._classes[t.item], t.low, t.high, t.unique]
            case Tuple(items):
                return ["tuple", [self._classes[i] for i in items]]
            case Intersection(parts):
                return ["all", sorted(_text(self._atom(p)) for p in parts)]
            case Int():
                return ["int", *_aligned(t)]
            case Number():
                return ["number", *_aligned(t)]
            case _:
                return to_json(t)

    def _field(self, f: Field) -> Data:
        default = [f.default.value] if f.default is not None and self._defaults else []
        return [f.name, self._classes[f.type], f.required, default]


def _inside(t: GType) -> list[GType]:
    match t:
        case Object():
            return [f.type for f in t.fields] + ([] if t.rest is None else [t.rest])
        case Array(item):
            return [item]
        case Tuple(items):
            return list(items)
        case Intersection(parts):
            return [i for p in parts for i in _inside(p)]
        case _:
            return []


def _aligned(t: Int | Number) -> list[str | None]:
    """Bounds moved to the nearest multiples inside them: `int(1.., multiple 5)` starts at 5."""
    step = None if t.multiple is None else exact(t.multiple)
    low = None if t.low is None else exact(t.low)
    high = None if t.high is None else exact(t.high)
    if step is not None:
        low = None if low is None else -(-low // step) * step
        high = None if high is None else high // step * step
    if step == 1 and isinstance(t, Int):
        step = None
    return [None if part is None else str(part) for part in (low, high, step)]


def _text(data: Data) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def _hash(data: Data) -> str:
    return hashlib.sha256(_text(data).encode()).hexdigest()
