"""Fingerprints: types that are equal by construction have the same, whatever their names.

Order of fields and branches, nesting of unions, names of definitions and documentation take
no part. Recursive types are told apart by what they unfold to: two are the same exactly when
no unfolding shows a difference.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any as Data

from gatid_compiler.gtypes.expand import Expansion, inside
from gatid_compiler.gtypes.leaves import exact
from gatid_compiler.gtypes.model import (
    Array,
    Definitions,
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
    return Fingerprints(schema.defs, defaults=defaults).of(schema.root)


class Fingerprints:
    """Fingerprints of types that share definitions; what they share is looked at once."""

    def __init__(self, defs: Definitions, *, defaults: bool = True) -> None:
        self._expansion = Expansion(defs)
        self._defaults = defaults
        self._open: set[GType] = set()
        self._endless: set[GType] = set()
        self._classes: dict[GType, str] = {}
        self._results: dict[GType, str] = {}

    def of(self, t: GType) -> str:
        """The fingerprint of a type. Raises `KeyError` for a name that is not defined."""
        if self._is_finite(t):
            return self._classes[t]
        if t not in self._results:
            self._unfold(t)
        return self._results[t]

    def _is_finite(self, t: GType) -> bool:
        """The type is nowhere inside itself, nor is any type inside it; its class is known."""
        if t in self._classes:
            return True
        if t in self._open or t in self._endless:
            return False
        self._open.add(t)
        parts = [self._is_finite(part) for part in self._parts(t)]
        self._open.discard(t)
        if not all(parts):
            self._endless.add(t)
            return False
        self._classes[t] = self._class(t)
        return True

    def _parts(self, t: GType) -> list[GType]:
        return [part for atom in self._expansion.atoms(t) for part in inside(atom)]

    def _unfold(self, root: GType) -> None:
        """Splits the endless types reached from the root until nothing tells more apart, then
        takes the root's class after a number of rounds that depends on their count alone:
        enough to tell it from every other type with as many kinds of parts. Types that are
        inside one another reach the same, so all of them are known then.
        """
        waiting, reached = [root], {root}
        users: dict[GType, list[GType]] = {}
        while waiting:
            user = waiting.pop()
            parts = {p for p in self._parts(user) if p in self._endless}
            for part in parts:
                users.setdefault(part, []).append(user)
            waiting.extend(parts - reached)
            reached |= parts
        kinds, before = 1, 0
        self._classes.update(dict.fromkeys(reached, ""))
        while kinds != before:
            self._split(reached)
            kinds, before = len({self._classes[t] for t in reached}), kinds
        self._classes.update(dict.fromkeys(reached, ""))
        for _ in range(2 * kinds):
            self._split(reached)
        waiting = [root]
        while waiting:
            t = waiting.pop()
            if t not in self._results:
                self._results[t] = _hash([kinds, self._classes[t]])
                waiting.extend(users.get(t, ()))
        for t in reached:
            del self._classes[t]

    def _split(self, reached: set[GType]) -> None:
        """One round: tells apart what differs one level deeper."""
        self._classes.update([(t, self._class(t)) for t in reached])

    def _class(self, t: GType) -> str:
        return _hash(self._node(t))

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
