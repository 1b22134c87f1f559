"""Fingerprints: types that are equal by construction have the same, whatever their names.

Order of fields and branches, nesting of unions, names of definitions and documentation take
no part, nor do branches that nothing can be of. Recursive types are told apart by what they
unfold to: two are the same exactly when no unfolding shows a difference.

A type that is nowhere inside itself is told by the fingerprints of its parts. Types that are
inside one another, a ring, are told apart together, each from the others round by round; the
rounds and what they found are the same for every ring that unfolds to the same types.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from typing import Any as Data

from gatid_compiler.gtypes.components import components
from gatid_compiler.gtypes.expand import Expansion, inside
from gatid_compiler.gtypes.keys import is_plain
from gatid_compiler.gtypes.leaves import exact
from gatid_compiler.gtypes.literals import fresh
from gatid_compiler.gtypes.model import (
    Array,
    Bytes,
    Definitions,
    Field,
    GType,
    Int,
    Intersection,
    Literal,
    Never,
    Number,
    Object,
    Ref,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.serial import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from fractions import Fraction

_PLACES = 64
"""More places of one kind are told by their number."""

_WITH_PARTS = Object | Array | Tuple | Union | Intersection | Ref | Never


def fingerprint(schema: Schema, *, defaults: bool = True) -> str:
    """64 hexadecimal digits. Without `defaults`, what fills absent fields takes no part.

    Whether a field is `secret` takes no part: it changes no value.
    """
    return Fingerprints(Expansion.of(schema), defaults=defaults).of(schema.root)


class Fingerprints:
    """Fingerprints of types that share definitions; what they share is looked at once."""

    def __init__(self, types: Definitions | Expansion, *, defaults: bool = True) -> None:
        self._expansion = types if isinstance(types, Expansion) else Expansion(types)
        self._defaults = defaults
        self._prints: dict[GType, str] = {}
        self._classes: dict[GType, str] = {}
        self._rings: dict[str, list[GType]] = {}
        self._unrolled: dict[str, str] = {}

    def of(self, t: GType) -> str:
        """The fingerprint of a type. Raises `KeyError` for a name that is not defined."""
        found = self._prints.get(t)
        if found is None:
            for group in components([t], self._unknown):
                self._learn(group)
            found = self._prints[t]
        return found

    def _unknown(self, t: GType) -> list[GType]:
        """The types inside this one that have no fingerprint yet."""
        return [part for part in self._parts(t) if not self._is_known(part)]

    def _is_known(self, t: GType) -> bool:
        if t in self._prints:
            return True
        if isinstance(t, _WITH_PARTS):
            return False
        self._prints[t] = self._by_parts(t)
        return True

    def _parts(self, t: GType) -> list[GType]:
        return [part for atom in self._expansion.atoms(t) for part in inside(atom)]

    def _learn(self, group: list[GType]) -> None:
        """Fingerprints of types whose other parts have theirs."""
        if not self._is_ring(group, self._parts):
            self._learn_one(group[0])
            return
        some = self._inhabited(group)
        self._prints.update((t, _NOTHING) for t in group if t not in some)
        live = {t: [p for p in self._live(t, some) if p in some] for t in some}
        for ring in components(some, live.__getitem__):
            if self._is_ring(ring, live.__getitem__):
                self._learn_ring(ring)
            else:
                self._learn_one(ring[0])

    def _is_ring(self, group: list[GType], parts: Callable[[GType], list[GType]]) -> bool:
        return len(group) > 1 or group[0] in parts(group[0])

    def _learn_one(self, t: GType) -> None:
        print_ = self._by_parts(t)
        self._prints[t] = self._unrolled.get(print_, print_)

    def _learn_ring(self, ring: list[GType]) -> None:
        found = self._as_ring_inside(ring)
        if found is None:
            before, after = self._told_apart(ring)
            whole = _hash(sorted({(before[t], after[t]) for t in ring}))
            found = {t: _hash([whole, after[t]]) for t in ring}
            self._rings.update(dict.fromkeys(found.values(), ring))
        self._prints.update(found)
        # What is outside of the ring may be it, unrolled.
        self._unrolled.update((self._by_parts(t), found[t]) for t in ring)

    def _as_ring_inside(self, group: list[GType]) -> dict[GType, str] | None:
        """The fingerprints, if these types are a ring that they lead into, written again. Then
        all of them are: what equal types have inside is equal.
        """
        members = set(group)
        parts = dict.fromkeys(p for t in group for p in self._parts(t) if p not in members)
        rings = [self._rings[p] for t in parts if (p := self._prints.get(t)) in self._rings]
        for ring in {id(ring): ring for ring in rings}.values():
            _, classes = self._told_apart([*group, *ring])
            known = {classes[t]: self._prints[t] for t in ring}
            if classes[group[0]] in known:
                return {t: known[classes[t]] for t in group}
        return None

    def _told_apart(self, types: list[GType]) -> tuple[dict[GType, str], dict[GType, str]]:
        """Classes of the types by all that tells them apart, and those that led to them."""
        self._classes = dict.fromkeys(types, _SOME)
        kinds = 0
        while True:
            after = {t: self._by_parts(t) for t in types}
            before, self._classes = self._classes, after
            if len(set(after.values())) == kinds:
                self._classes = {}
                return before, after
            kinds = len(set(after.values()))

    def _live(self, t: GType, some: Collection[GType]) -> Iterator[GType]:
        """The parts that tell what the type is: nothing can be at the others."""
        for atom in self._expansion.atoms(t):
            parts = inside(atom)
            if isinstance(atom, Array) and atom.high == 0:
                continue
            dead = [p not in some and self._prints.get(p) == _NOTHING for p in parts]
            if isinstance(atom, Object):
                needed = [f.required for f in atom.fields]
                if not any(n and d for n, d in zip(needed, dead, strict=False)):
                    yield from (p for p, d in zip(parts, dead, strict=True) if not d)
            elif isinstance(atom, Tuple) and atom.rest is not None and not atom.rest.low:
                if not any(dead[:-1]):
                    yield from parts[: len(parts) - dead[-1]]
            elif not any(dead):
                yield from parts

    def _inhabited(self, group: list[GType]) -> dict[GType, None]:
        """Those that a finite value can be of, as far as their parts show it."""
        self._classes = dict.fromkeys(group, _NOTHING)
        waiting = group
        while found := [t for t in waiting if self._by_parts(t) != _NOTHING]:
            self._classes.update(dict.fromkeys(found, _SOME))
            waiting = [t for t in waiting if self._classes[t] == _NOTHING]
        some = dict.fromkeys(t for t in group if self._classes[t] == _SOME)
        self._classes = {}
        return some

    def _class(self, t: GType) -> str:
        # What is not known by now stands where nothing can be, and does not count.
        return self._classes.get(t) or self._prints.get(t, _SOME)

    def _by_parts(self, t: GType) -> str:
        atoms = [found for a in self._expansion.atoms(t) if (found := self._atom(a)) is not None]
        return _hash(sorted({_text(atom) for atom in atoms}))

    def _atom(self, t: GType) -> Data | None:
        """What an atom is, by the classes of its parts; None if nothing can be of it."""
        match t:
            case Object():
                return self._object(t)
            case Array(item, low, high, unique):
                kind = self._class(item)
                if kind == _NOTHING or high == 0:
                    return None if low else ["tuple", []]
                return None if _crossed(low, high) else _array(kind, low, high, unique=unique)
            case Tuple(items, rest):
                kinds = [self._class(i) for i in items]
                if _NOTHING in kinds:
                    return None
                more = None if rest is None else self._class(rest.item)
                if rest is None or rest.high == 0 or more == _NOTHING:
                    return None if rest and rest.low else _tuple(kinds, None, 0, 0)
                if _crossed(rest.low, rest.high):
                    return None
                return _tuple(kinds, more, rest.low, rest.high)
            case Intersection(parts):
                texts = [None if (p := self._atom(a)) is None else _text(p) for a in parts]
                return None if None in texts else ["all", sorted(map(str, texts))]
            case Int() | Number():
                least, most, step = _aligned(t)
                if isinstance(t, Int) and least is not None and least == most:
                    return to_json(Literal(int(least)))
                whole = "int" if isinstance(t, Int) else "number"
                numbers = [None if n is None else str(n) for n in (least, most, step)]
                return None if _crossed(least, most) else [whole, *numbers]
            case String(low, high, patterns):
                told = String(low, high, tuple(sorted(set(patterns))))
                return None if _crossed(low, high) else to_json(told)
            case Bytes(low, high):
                return None if _crossed(low, high) else to_json(t)
            case _:
                return to_json(t)

    def _object(self, t: Object) -> Data | None:
        rest = None if t.rest is None else self._class(t.rest)
        rest = None if rest == _NOTHING else rest
        fields: list[Data] = []
        for field in t.fields:
            open_ = rest is not None or t.keys
            if self._class(field.type) != _NOTHING or (open_ and not field.required):
                fields.append(self._field(field))
            elif field.required:
                return None
        if is_plain(t):
            return ["object", fields, rest]
        keys = [[to_json(k.names), self._class(k.type)] for k in t.keys]
        return None if _crossed(t.low, t.high) else ["object", fields, rest, keys, t.low, t.high]

    def _field(self, f: Field) -> Data:
        default = [fresh(f.default.value)] if f.default is not None and self._defaults else []
        return [f.name, self._class(f.type), f.required, default]


def _array(kind: str, low: int, high: int | None, *, unique: bool = False) -> Data:
    return ["array", kind, low, high, unique and (high is None or high > 1)]


def _tuple(kinds: list[str], more: str | None, low: int, high: int | None) -> Data:
    """Items by their classes, then `low` to `high` more: as few places as say it."""
    if more is not None and low == high and low <= _PLACES:
        kinds, more = [*kinds, *[more] * low], None
    if more is None:
        alike = len(set(kinds)) == 1
        return _array(kinds[0], len(kinds), len(kinds)) if alike else ["tuple", kinds]
    size = len(kinds)
    while size and kinds[size - 1] == more:
        size -= 1
    same = len(kinds) - size
    low, high = low + same, None if high is None else high + same
    return ["tuple", kinds[:size], more, low, high] if size else _array(more, low, high)


def _aligned(t: Int | Number) -> tuple[Fraction | None, Fraction | None, Fraction | None]:
    """Bounds moved to the nearest multiples inside them: `int(1.., multiple 5)` starts at 5."""
    step = None if t.multiple is None else exact(t.multiple)
    low = None if t.low is None else exact(t.low)
    high = None if t.high is None else exact(t.high)
    if step is not None:
        low = None if low is None else -(-low // step) * step
        high = None if high is None else high // step * step
    if step == 1 and isinstance(t, Int):
        step = None
    return low, high, step


def _crossed(low: int | Fraction | None, high: int | Fraction | None) -> bool:
    return low is not None and high is not None and low > high


_text = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _hash(data: Data) -> str:
    return hashlib.sha256(_text(data).encode()).hexdigest()


_SOME = "some"
"""The class of a type of which no more is known yet."""

_NOTHING = _hash([])
"""The fingerprint of types that no value is of."""
