"""Whether every value of one type is a value of another, decided by meaning.

`T ≤ U` holds when no value is in `T` and outside `U`. The search for such a value takes types
apart: numbers by intervals and multiples, strings by their languages, objects and arrays slot
by slot, after all branches of `U` that are plainly disjoint are dropped (Frisch, Castagna and
Benzaken 2008). A recursive type met again inside itself adds nothing: a smallest witness has
no witness of the same question inside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING
from typing import Any as Value
from typing import Literal as Choice

from gatid_compiler.gtypes.answers import Answers
from gatid_compiler.gtypes.expand import Expansion, inside
from gatid_compiler.gtypes.explain import holds
from gatid_compiler.gtypes.fingerprint import Fingerprints
from gatid_compiler.gtypes.folding import Folding
from gatid_compiler.gtypes.key_names import names, representatives
from gatid_compiler.gtypes.keys import classes, unnamed
from gatid_compiler.gtypes.meet_texts import is_text
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Field,
    GType,
    Int,
    Intersection,
    Literal,
    Null,
    Number,
    Object,
    Ref,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.normal import intersection
from gatid_compiler.gtypes.numbers_left import UndecidedError, integer_left, real_left
from gatid_compiler.gtypes.recent import RecentValidators
from gatid_compiler.gtypes.tags import Tags
from gatid_compiler.gtypes.texts_left import text_left
from gatid_compiler.gtypes.tuples import item, lengths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STEPS = 20_000
"""So many questions are asked before a comparison counts as too large."""

_DIFFERENT = 64
"""Witnesses with more items that all differ are not built."""

_MANY = 8
"""Branches of a union worth an index by their tags."""

_MOST_KEYS = 200
"""Witnesses with more keys than these are not built, where so many are asked for."""

_LONGEST = 100_000
"""Witnesses with longer arrays are not built."""


_LARGE = Object | Array | Tuple | Union | Intersection | Ref
"""Types worth a fingerprint: others are judged as fast."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`proved`: every value is one. `refuted`: `witness` is none, checked by the validators.
    `unknown`: `reason` says what was not decided.
    """

    kind: Choice["proved", "refuted", "unknown"]
    witness: Value = None
    reason: str | None = None


def compare(a: Schema, b: Schema) -> Verdict:
    """Whether every value of `a` is a value of `b`."""
    return Comparison(Expansion.of(a), Expansion.of(b)).verdict(a.root, b.root)


@dataclass(frozen=True, slots=True)
class _Found:
    """A value; wrapped, since `null` is one."""

    value: Value


@dataclass(frozen=True, slots=True)
class _Slot:
    """What may stand at one place: a value of `type` and of none of `less`, or nothing."""

    type: GType | None
    less: tuple[GType, ...]
    absent: bool


_Question = tuple[GType, tuple[GType, ...]]
"""A value of the type that is of none of the others is looked for."""


@dataclass(frozen=True, slots=True)
class _More:
    """What an object has beside its slots. `extras` are further keys: for each what its value
    must not be; no more of them where the slots are `free` of what keys are told by. There are
    `low` to `high` keys in all.
    """

    extras: tuple[tuple[GType, ...], ...]
    free: bool
    low: int
    high: int | None

    def without(self, taken: Object) -> Iterator[_More]:
        """The numbers of keys that the other object may not have."""
        if taken.low > self.low:
            high = taken.low - 1 if self.high is None else min(self.high, taken.low - 1)
            yield replace(self, high=high)
        if taken.high is not None and (self.high is None or self.high > taken.high):
            yield replace(self, low=max(self.low, taken.high + 1))


class Comparison:
    """Compares types of two sets of definitions: those on the left with those on the right.

    What was found of their parts is kept for the next comparison.
    """

    def __init__(self, left: Expansion, right: Expansion) -> None:
        self._left = left
        self._right = right
        self._folding = Folding(left, right)
        self._left_prints = Fingerprints(left, defaults=False)
        self._right_prints = (
            self._left_prints if right is left else Fingerprints(right, defaults=False)
        )
        self._left_validators = RecentValidators(left)
        self._right_validators = RecentValidators(right)
        self._names: dict[int, tuple[Object, dict[str, Field]]] = {}
        self._indexed: tuple[list[GType], Tags] | None = None
        self._answers = Answers[_Question, _Found]()
        self._values: dict[_Question, _Found] = {}
        self._doubts: list[str] = []
        self._steps = 0

    def verdict(self, a: GType, b: GType) -> Verdict:
        """Whether every value of `a` is one of `b`, a witness run through both validators."""
        self._doubts = []
        self._steps = 0
        self._answers.begin()
        try:
            found = self._find(a, (b,))
        except UndecidedError as reason:
            return Verdict("unknown", reason=str(reason))
        except RecursionError:
            return Verdict("unknown", reason="types nested too deeply")
        if not self._doubts:
            self._answers.keep()
        if found is None:
            if self._doubts:
                return Verdict("unknown", reason=self._doubts[0])
            return Verdict("proved")
        if self.accepts(a, found.value) and not self._right_validators.accepts(b, found.value):
            return Verdict("refuted", found.value)
        return Verdict("unknown", reason="no witness that the validators confirm")

    def accepts(self, t: GType, value: Value) -> bool:
        """Whether the validator of a type on the left takes the plain data."""
        return self._left_validators.accepts(t, value)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _STEPS:
            raise UndecidedError("types too large to compare")

    def _find(self, t: GType, less: tuple[GType, ...]) -> _Found | None:
        """A value of the type that is of none of the others; None if none was found."""
        question = (t, less)
        if isinstance(t, _LARGE):
            return self._answers.of(question, self._find_within)
        if t in less:
            return None
        found = self._values.get(question)
        if found is None:
            found = self._look(question)
            if found is not None:
                self._values[question] = found
        return found

    def _find_within(self, question: _Question) -> _Found | None:
        t, less = question
        # Equal names may mean two things in two schemas, so these are told by fingerprints.
        print_ = self._left_prints.of(t)
        if any(print_ == self._right_prints.of(o) for o in less if isinstance(o, _LARGE)):
            return None
        return self._look(question)

    def _look(self, question: _Question) -> _Found | None:
        self._step()
        t, less = question
        others = list(dict.fromkeys(a for o in less for a in self._right.atoms(o)))
        if any(isinstance(o, Any) for o in others):
            return None
        for atom in self._left.atoms(t):
            try:
                found = self._atom(atom, others)
            except UndecidedError as reason:
                if self._steps > _STEPS:
                    raise
                self._doubts.append(str(reason))
                continue
            if found is not None:
                return found
        return None

    def _atom(self, t: GType, others: list[GType]) -> _Found | None:
        if t in others and isinstance(t, Int | Number):
            return None
        match t:
            case Any():
                kinds: tuple[GType, ...] = (
                    Null(), Bool(), String(), Number(), Array(Any()), Object((), Any()),
                )  # fmt: skip
                tried = (self._atom(kind, others) for kind in kinds)
                return next((found for found in tried if found is not None), None)
            case Null():
                return None if Null() in others else _Found(None)
            case Bool():
                return self._value((True, False), others)
            case Literal(value):
                return self._value((value,), others)
            case Int():
                whole = integer_left(t, others)
                return None if whole is None else _Found(whole)
            case Number():
                return _number(t, others)
            case Object():
                return self._object(t, others)
            case Array() | Tuple():
                return self._array(t, others)
            case Intersection() if not is_text(t):
                return self._array(t, others)
            case _:
                text = text_left(t, others)
                return None if text is None else _Found(text)

    def _value(self, values: tuple[str | int | bool, ...], others: list[GType]) -> _Found | None:
        left = (v for v in values if not any(holds(o, v) for o in others))
        return next((_Found(v) for v in left), None)

    def _object(self, t: Object, others: list[GType]) -> _Found | None:
        objects = [o for o in self._near(t, others) if not self._apart(t, o)]
        names = sorted({f.name for o in (t, *objects) for f in o.fields})
        told = any(o.keys for o in (t, *objects))
        if told:
            names += representatives((t, *objects))
        slots = {name: self._slot(t, name) for name in names}
        return self._fields(t, slots, objects, _More((), not told, t.low, t.high))

    def _near(self, t: Object, others: list[GType]) -> list[Object]:
        """The objects among the others, without those that a tag of `t` rules out."""
        objects = [o for o in others if isinstance(o, Object)]
        if len(objects) < _MANY:
            return objects
        if self._indexed is None or self._indexed[0] is not others:
            self._indexed = others, Tags(objects)
        return self._indexed[1].near(t)

    def _slot(self, t: Object, name: str) -> _Slot:
        field = self._named(t).get(name)
        if field is None:
            return _Slot(unnamed(t, name), (), absent=True)
        return _Slot(field.type, (), absent=not field.required)

    def _named(self, t: Object) -> dict[str, Field]:
        known = self._names.get(id(t))
        if known is None:
            # The object is kept beside its fields, so that its id stays its own.
            known = self._names[id(t)] = (t, {f.name: f for f in t.fields})
        return known[1]

    def _apart(self, t: Object, other: Object) -> bool:
        """No value is of both, plainly: a field that one has and the other cannot have so."""
        for field in t.fields:
            if field.required:
                theirs = self._slot(other, field.name)
                if theirs.type is None or self._disjoint(field.type, theirs.type):
                    return True
        return any(f.required and self._slot(t, f.name).type is None for f in other.fields)

    def _disjoint(self, t: GType, other: GType) -> bool:
        mine, theirs = self._left.atoms(t), self._right.atoms(other)
        if all(isinstance(a, Literal) for a in mine):
            return not any(
                holds(o, a.value) for o in theirs for a in mine if isinstance(a, Literal)
            )
        kinds = {_kind(a) for a in mine}, {_kind(a) for a in theirs}
        return "any" not in kinds[0] | kinds[1] and not kinds[0] & kinds[1]

    def _fields(
        self,
        t: Object,
        slots: dict[str, _Slot],
        objects: Sequence[Object],
        more: _More,
    ) -> _Found | None:
        """A value with these slots that none of the objects has."""
        self._step()
        if not objects:
            return self._filled(t, slots, more)
        first, rest = objects[0], objects[1:]
        for name, slot in slots.items():
            for other in self._without(slot, self._slot(first, name)):
                found = self._fields(t, {**slots, name: other}, rest, more)
                if found is not None:
                    return found
        if t.rest is not None and more.free:
            less = () if first.rest is None else (first.rest,)
            if self._find(t.rest, less) is not None:
                another = replace(more, extras=(*more.extras, less))
                found = self._fields(t, slots, rest, another)
                if found is not None:
                    return found
        for counted in more.without(first):
            found = self._fields(t, slots, rest, counted)
            if found is not None:
                return found
        return None

    def _without(self, slot: _Slot, taken: _Slot) -> list[_Slot]:
        """What the slot may hold and the other one may not."""
        choices: list[_Slot] = []
        if slot.absent and not taken.absent:
            choices.append(_Slot(None, (), absent=True))
        if slot.type is not None:
            less = slot.less if taken.type is None else (*slot.less, taken.type)
            if self._find(slot.type, less) is not None:
                choices.append(_Slot(slot.type, less, absent=False))
        return choices

    def _filled(self, t: Object, slots: dict[str, _Slot], more: _More) -> _Found | None:
        made: dict[str, Value] = {}
        for name, slot in slots.items():
            if not slot.absent and slot.type is not None:
                found = self._find(slot.type, slot.less)
                if found is None:
                    return None
                made[name] = found.value
        for count, less in enumerate(more.extras):
            found = None if t.rest is None else self._find(t.rest, less)
            if found is None:
                return None
            made[_fresh(slots, count)] = found.value
        if more.high is not None and len(made) > more.high:
            return None
        return _Found(made) if len(made) >= more.low else self._counted(t, slots, made, more.low)

    def _counted(
        self, t: Object, slots: dict[str, _Slot], made: dict[str, Value], size: int
    ) -> _Found | None:
        """The value with so many keys: what may be there is, then keys that no slot is for."""
        if size > _MOST_KEYS:
            raise UndecidedError("objects of many keys")
        for name, slot in slots.items():
            if len(made) < size and slot.absent and slot.type is not None:
                found = self._find(slot.type, slot.less)
                if found is not None:
                    made[name] = found.value
        taken: list[GType] = [Literal(name) for name in (*slots, *made)]
        for kinds, kind in classes(t):
            found = None
            if len(made) < size and kind is not None:
                found = self._find(kind, ())
            if found is not None:
                free = zip(range(size - len(made)), names(kinds, taken), strict=False)
                made.update((name, found.value) for _, name in free)
            taken.append(kinds)
        return _Found(made) if len(made) >= size else None

    def _array(self, t: GType, others: list[GType]) -> _Found | None:
        mine = _list(t)
        assert mine is not None  # noqa: S101 - nothing else is an array
        arrays = [told for o in others if (told := _list(o)) is not None]
        for length in _lengths(mine.places, [o.places for o in arrays]):
            fitting = [o for o in arrays if _has_length(o.places, length)]
            tuples = [o.places for o in (mine, *fitting) if isinstance(o.places, Tuple)]
            own = max((len(o.items) for o in tuples), default=0)
            # Where all places are alike, each type to avoid needs one place at most.
            places = min(length, own + max(len(fitting), 2 if own else 1))
            slots = tuple(_Slot(_item(mine.places, n), (), absent=False) for n in range(places))
            found = self._items(mine, slots, length, fitting, None)
            if found is not None:
                return found
        return None

    def _items(
        self,
        t: _List,
        slots: tuple[_Slot, ...],
        length: int,
        arrays: Sequence[_List],
        alike: tuple[int, int] | None,
    ) -> _Found | None:
        """A list with these slots that is none of the arrays; two places of it are `alike`."""
        self._step()
        if not arrays:
            return self._listed(t, slots, length, alike)
        first, rest = arrays[0], arrays[1:]
        for place, slot in enumerate(slots):
            if slot.type is None:
                continue
            less = (*slot.less, _item(first.places, place))
            if self._find(slot.type, less) is not None:
                changed = (*slots[:place], replace(slot, less=less), *slots[place + 1 :])
                found = self._items(t, changed, length, rest, alike)
                if found is not None:
                    return found
        if first.unique:
            for pair in [alike] if alike else self._pairs(t, slots, length):
                found = self._items(t, slots, length, rest, pair)
                if found is not None:
                    return found
            if length > 1 and alike is None and self._may_fold(t, first):
                self._doubts.append("items that differ in the case of UUIDs alone")
        return None

    def _may_fold(self, t: _List, other: _List) -> bool:
        """Items that differ as the one type reads them may be the same as the other does."""
        match t.places, other.places:
            case Array(item), Array(theirs) if t.unique:
                return self._folding.more(item, theirs)
            case _:
                told = t.unique or isinstance(t.places, Tuple)
                return told and any(map(self._folding.folds, inside(other.places)))

    def _pairs(self, t: _List, slots: tuple[_Slot, ...], length: int) -> Iterator[tuple[int, int]]:
        """Places that may hold the same value."""
        if t.unique:
            return
        # Two places after the slots are as good as any others there.
        for one, other in combinations(range(min(length, len(slots) + 2)), 2):
            both = self._both(_item(t.places, one), _item(t.places, other))
            if self._find(both, ()) is not None:
                yield one, other

    def _both(self, one: GType, other: GType) -> GType:
        return one if one == other else intersection(one, other, defs=self._left.defs)

    def _listed(
        self,
        t: _List,
        slots: tuple[_Slot, ...],
        length: int,
        alike: tuple[int, int] | None,
    ) -> _Found | None:
        if length > _LONGEST:
            raise UndecidedError("arrays too long to build")
        made: list[Value] = []
        for place in range(length):
            here = _item(t.places, place)
            slot = slots[place] if place < len(slots) else _Slot(here, (), absent=False)
            less, kind = slot.less, slot.type
            if alike and place == alike[0]:
                less = (*less, *(slots[alike[1]].less if alike[1] < len(slots) else ()))
                kind = self._both(here, _item(t.places, alike[1]))
            if alike and place == alike[1]:
                made.append(made[alike[0]])
                continue
            if t.unique and made:
                if length > _DIFFERENT:
                    raise UndecidedError("arrays of many items that differ")
                less = (*less, *map(_exactly, made))
            if place > len(slots) + 1 and not t.unique:
                made.append(made[-1])
                continue
            assert kind is not None  # noqa: S101 - every place of an array has a type
            found = self._find(kind, less)
            if found is None:
                # Any order of picking uses up a type of few values; not so with other demands.
                plain = isinstance(t.places, Array) and not any(s.less for s in slots[1:])
                if t.unique and not plain:
                    raise UndecidedError("arrays of items that differ")
                return None
            made.append(found.value)
        return _Found(made)


@dataclass(frozen=True, slots=True)
class _List:
    """Arrays: what is in which place, and whether no two places hold the same."""

    places: Array | Tuple
    unique: bool


def _list(t: GType) -> _List | None:
    match t:
        case Array(_, _, _, unique):
            return _List(t, unique)
        case Tuple():
            return _List(t, unique=False)
        case Intersection((Array(), Tuple() as items)):
            return _List(items, unique=True)
        case _:
            return None


def _exactly(value: Value) -> GType:
    """A type of this value, and of those that equal it as JSON."""
    match value:
        case None:
            return Null()
        case bool() | str():
            return Literal(value)
        case int() | float():
            return Number(value, value)
        case dict():
            return Object(tuple(Field(k, _exactly(v)) for k, v in sorted(value.items())))
        case _:
            return Tuple(tuple(map(_exactly, value)))


def _number(t: Number, others: list[GType]) -> _Found | None:
    whole = integer_left(t, others)
    if whole is not None:
        return _Found(whole)
    real = real_left(t, others)
    return None if real is None else _Found(real)


def _kind(t: GType) -> str:
    match t:
        case Any():
            return "any"
        case Null():
            return "null"
        case Bool() | Literal(bool()):
            return "bool"
        case Int() | Number() | Literal(int()):
            return "number"
        case Object():
            return "object"
        case Array() | Tuple():
            return "array"
        case Intersection() if not is_text(t):
            return "array"
        case _:
            return "string"


def _fresh(slots: dict[str, _Slot], count: int) -> str:
    """A key that no field has."""
    names = (f"x{number or ''}" for number in range(len(slots) + count + 1))
    return [name for name in names if name not in slots][count]


def _item(t: Array | Tuple, place: int) -> GType:
    held = item(t, place)
    assert held is not None  # noqa: S101 - the array is as long
    return held


def _has_length(t: Array | Tuple, length: int) -> bool:
    low, high = lengths(t)
    return low <= length and (high is None or length <= high)


def _lengths(t: Array | Tuple, arrays: Sequence[Array | Tuple]) -> list[int]:
    """Lengths that stand for all: between two ends of `arrays` the longer array can do all
    that the shorter one can, and needs no more places than there are types to avoid.
    """
    least, highest = lengths(t)
    ends = {least}
    for other in arrays:
        low, high = lengths(other)
        ends |= {low} if high is None else {low, high + 1}
        if isinstance(other, Tuple):
            ends |= {len(other.items), len(other.items) + 1}
    starts = sorted(e for e in ends if e >= least)
    found: set[int] = set()
    for start, after in zip(starts, [*starts[1:], None], strict=True):
        most = start + len(arrays) + 1 if after is None else after - 1
        most = most if highest is None else min(most, highest)
        longest = min(start + len(arrays) + 1, most)
        found |= {*range(start, min(start + 3, longest)), longest}
    return sorted(n for n in found if n >= least and (highest is None or n <= highest)) or (
        [least] if highest is None or least <= highest else []
    )
