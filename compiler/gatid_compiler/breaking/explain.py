"""Where two types differ: each difference by the rule that names it, and alone.

Both types are walked together, from the one that messages are of to the one that they must
be of: of a request from the old type to the new one, of an answer from the new to the old. A
difference carries `edited`, the first type with this one difference made, so that the judge
can ask what the difference does by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from gatid_compiler.breaking.leaves import bound, leaf_differences
from gatid_compiler.breaking.sides import Sides, kind
from gatid_compiler.gtypes.faults import pointer
from gatid_compiler.gtypes.literals import written
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Composite,
    Default,
    Field,
    GType,
    Literal,
    Never,
    Null,
    Object,
    Ref,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.normal import object_, union
from gatid_compiler.gtypes.unions import discriminator

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 1000
"""So many differences of one type are told apart; the judgement covers what is beyond them."""

_WIDE = 50
"""So many pairs of types are compared wherever they stand; what follows, where it is first met."""

_Pair = tuple[GType, GType]

Put = Callable[[GType], GType]
"""The first type with another type in one place."""

_Inside = tuple[_Pair, tuple[str | int, ...], Put]
"""Types with names inside others: the pair, where it stands, and how to put another there."""

_REVERSE = {
    "added": "removed",
    "closed": "opened",
    "lowered": "raised",
    "narrowed": "widened",
    "optional": "required",
}
_REVERSE |= {there: here for here, there in _REVERSE.items()}
_REVERSED = {
    "integer-to-number": "number-to-integer",
    "number-to-integer": "integer-to-number",
    "tuple-to-array": "array-to-tuple",
    "array-to-tuple": "tuple-to-array",
    "field-added-required": "field-removed-required",
    "field-removed-required": "field-added-required",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """Two types of one place, and how another type there makes the whole first type."""

    old: GType
    new: GType
    at: tuple[str | int, ...]
    put: Put


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `rule` is a rule's id without its direction; what is edited is the first
    type of the frame, the nearest type with a name around the difference.
    """

    rule: str
    path: tuple[str | int, ...]
    edited: GType
    name: str = ""
    old: str = ""
    new: str = ""
    frame: Frame | None = None

    @property
    def pointer(self) -> str:
        """Where it is, as an RFC 6901 pointer."""
        return pointer(self.path)

    def reversed(self) -> Difference:
        """The same difference told the other way round; what is edited stays."""
        head, _, how = self.rule.rpartition("-")
        there = _REVERSED.get(self.rule) or f"{head}-{_REVERSE.get(how, how)}"
        return replace(self, rule=there, old=self.new, new=self.old)


def differences(sides: Sides, old: GType, new: GType) -> list[Difference]:
    """Every difference between two types, at most 1,000; none only where they are equal.

    What is in types with names comes after what names them. Types that are inside themselves are
    told of once, where they are first met: the ways that lead through a ring of them double with
    every type in it. Where many types changed, each is told of once.
    """
    found: list[Difference] = []
    waiting = deque([(Frame(old, new, (), _itself), frozenset[_Pair]())])
    rings: set[_Pair] = set()
    met: set[_Pair] = set()
    while waiting and len(found) < _MOST:
        frame, around = waiting.popleft()
        pair = (frame.old, frame.new)
        if pair in around:
            rings.add(pair)
            continue
        if pair in rings or (pair in met and len(met) > _WIDE):
            continue
        met.add(pair)
        told, inside = _framed(sides, *pair, bool(around))
        found += [replace(d, path=(*frame.at, *d.path), frame=frame) for d in told]
        within = around | {pair}
        waiting += [(_below(frame, *below), within) for below in inside]
    return found[:_MOST]


def _below(outer: Frame, pair: _Pair, at: tuple[str | int, ...], put: Put) -> Frame:
    return Frame(*pair, (*outer.at, *at), lambda t: outer.put(put(t)))


def _framed(
    sides: Sides, old: GType, new: GType, nested: bool
) -> tuple[list[Difference], list[_Inside]]:
    """The differences of two types, and the pairs of types with names inside them; kept."""
    key = (old, new, nested)
    if key not in sides.frames:
        walk = _Walk(sides, nested)
        told = list(islice(walk.types(old, new, (), _itself), _MOST))
        sides.frames[key] = told, walk.inside
    kept: tuple[list[Difference], list[_Inside]] = sides.frames[key]
    return kept


def _itself(t: GType) -> GType:
    return t


class _Walk:
    """Takes an old and a new type apart, side by side, down to types with names."""

    def __init__(self, sides: Sides, nested: bool) -> None:
        self._sides = sides
        self._within = nested
        self._open: list[_Pair] = []
        self.inside: list[_Inside] = []

    def types(
        self, old: GType, new: GType, at: tuple[str | int, ...], put: Put
    ) -> Iterator[Difference]:
        """The differences of two types; `type-changed` where nothing else names one."""
        pair = (old, new)
        if pair in self._open or self._sides.same(old, new):
            return
        if self._open and self._has_parts(old, new):
            self.inside.append((pair, at, put))
            return
        self._open.append(pair)
        some, known = False, len(self.inside)
        for difference in self._branches(old, new, at, put):
            some = True
            yield difference
        self._open.pop()
        if not some and len(self.inside) == known and not self._nested(old, new):
            yield self._whole("type-changed", old, new, at, put(new))

    def _branches(
        self, old: GType, new: GType, at: tuple[str | int, ...], put: Put
    ) -> Iterator[Difference]:
        """Branches of one name belong together; the others are taken apart."""
        olds, news = _union(old), _union(new)
        if len(olds) == len(news) == 1:
            yield from self._atoms(old, new, at, put)
            return
        pairs = [
            (one, other)
            for one in olds
            for other in news
            if self._sides.twins(one, other) and self._has_parts(one, other)
        ]
        for one, other in pairs:
            rest = [t for t in olds if t != one]

            def put_here(t: GType, rest: list[GType] = rest) -> GType:
                return put(union(*rest, t))

            yield from self.types(one, other, at, put_here)
        paired = [t for pair in pairs for t in pair]
        left = [t for t in olds if t not in paired]
        right = [t for t in news if t not in paired]
        if pairs and left and right:
            kept = [one for one, _ in pairs]
            one, other = union(*left), union(*right)
            if not self._sides.same(one, other):
                yield from self._atoms(one, other, at, lambda t: put(union(*kept, t)))
        elif not pairs:
            yield from self._atoms(old, new, at, put)
        else:
            for t in left:
                kept_here = union(*(other for other in olds if other != t))
                yield self._whole(self._one_branch(t, "removed"), t, t, at, put(kept_here))
            for t in right:
                yield self._whole(self._one_branch(t, "added"), t, t, at, put(union(*olds, t)))

    def _one_branch(self, t: GType, how: str) -> str:
        """The rule of a branch that only one side has."""
        if t == Null():
            return f"nullable-{how}"
        if _is_enum(self._sides.atoms(t)):
            return "enum-narrowed" if how == "removed" else "enum-widened"
        return f"branch-{how}"

    def _has_parts(self, old: GType, new: GType) -> bool:
        """Two types with names, objects among them."""
        return (
            isinstance(old, Ref)
            and isinstance(new, Ref)
            and any(isinstance(atom, Object) for t in (old, new) for atom in self._sides.atoms(t))
        )

    def _nested(self, old: GType, new: GType) -> bool:
        """Some part of the two is being compared further out, which tells the difference."""
        return (self._within or bool(self._open)) and any(
            isinstance(atom, Object | Array | Tuple)
            for t in (old, new)
            for atom in self._sides.atoms(t)
        )

    def _whole(
        self, rule: str, old: GType, new: GType, at: tuple[str | int, ...], edited: GType
    ) -> Difference:
        show = self._sides.show
        return Difference(rule, at, edited, old=f"`{show(old)}`", new=f"`{show(new)}`")

    def _atoms(
        self, old: GType, new: GType, at: tuple[str | int, ...], put: Put
    ) -> Iterator[Difference]:
        olds, news = list(self._sides.atoms(old)), list(self._sides.atoms(new))
        if not olds or not news or Any() in olds or Any() in news:
            wide = [t for t in (olds, news) if Any() in t]
            rule = "type-changed"
            if wide:
                rule = "type-narrowed" if Any() in olds else "type-widened"
            yield self._whole(rule, old, new, at, put(new))
            return
        if (Null() in olds) != (Null() in news):
            no_null = Null() in olds
            others = [t for t in olds if t != Null()] + ([] if no_null else [Null()])
            rule = "nullable-removed" if no_null else "nullable-added"
            yield self._whole(rule, old, new, at, put(union(*others)))
        olds_by, news_by = _by_kind(olds), _by_kind(news)

        def without(*kinds: str) -> list[GType]:
            return [t for t in olds if kind(t) not in kinds]

        gone_kinds = [k for k in olds_by if k not in news_by]
        new_kinds = [k for k in news_by if k not in olds_by]
        shared = [k for k in olds_by if k in news_by]
        if gone_kinds and new_kinds and not shared:
            gone = [t for t in olds if t != Null()]
            come = [t for t in news if t != Null()]
            kept = [Null()] if Null() in olds else []
            edited = put(union(*kept, *come))
            yield self._whole("type-changed", union(*gone), union(*come), at, edited)
            return
        for name in shared:
            rest = without(name)

            def put_here(t: GType, rest: list[GType] = rest) -> GType:
                return put(union(*rest, t))

            yield from self._kind(olds_by[name], news_by[name], at, put_here)
        for name in gone_kinds:
            t = union(*olds_by[name])
            rule = "enum-narrowed" if _is_enum(olds_by[name]) else "branch-removed"
            yield self._whole(rule, t, t, at, put(union(*without(name))))
        for name in new_kinds:
            t = union(*news_by[name])
            rule = "enum-widened" if _is_enum(news_by[name]) else "branch-added"
            yield self._whole(rule, t, t, at, put(union(*olds, t)))

    def _kind(
        self, olds: list[GType], news: list[GType], at: tuple[str | int, ...], put: Put
    ) -> Iterator[Difference]:
        """Of the atoms of one kind (texts, numbers, objects, arrays)."""
        if isinstance(olds[0], Object):
            yield from self._objects(
                [t for t in olds if isinstance(t, Object)],
                [t for t in news if isinstance(t, Object)],
                at,
                put,
            )
            return
        if _is_enum(olds) or _is_enum(news):
            yield from self._enums(olds, news, at, put)
            return
        yield from self._matched(olds, news, at, put)

    def _enums(
        self, olds: list[GType], news: list[GType], at: tuple[str | int, ...], put: Put
    ) -> Iterator[Difference]:
        one, other = union(*olds), union(*news)
        if not _is_enum(news):
            yield self._whole("enum-opened", one, other, at, put(other))
        elif not _is_enum(olds):
            yield self._whole("enum-closed", one, other, at, put(other))
        elif len(olds) == len(news) == 1:
            yield self._whole("constant-changed", one, other, at, put(other))
        else:
            gone = [t for t in olds if t not in news]
            come = [t for t in news if t not in olds]
            if gone:
                kept = union(*(t for t in olds if t in news))
                yield self._whole("enum-narrowed", union(*gone), union(*gone), at, put(kept))
            if come:
                wide = put(union(*olds, *come))
                yield self._whole("enum-widened", union(*come), union(*come), at, wide)

    def _matched(
        self, olds: Sequence[GType], news: Sequence[GType], at: tuple[str | int, ...], put: Put
    ) -> Iterator[Difference]:
        """Equal atoms belong together; of the others, one here belongs to one there."""
        gone = [t for t in olds if not any(self._sides.same(t, other) for other in news)]
        come = [t for t in news if not any(self._sides.same(t, other) for other in olds)]
        if len(gone) == len(come) == 1:
            rest = [t for t in olds if t is not gone[0]]
            yield from self._one(gone[0], come[0], at, lambda t: put(union(*rest, t)))
            return
        for t in gone:
            kept = put(union(*(other for other in olds if other is not t)))
            yield self._whole("branch-removed", t, t, at, kept)
        for t in come:
            yield self._whole("branch-added", t, t, at, put(union(*olds, t)))

    def _one(
        self, old: GType, new: GType, at: tuple[str | int, ...], put: Put
    ) -> Iterator[Difference]:
        if isinstance(old, Object) and isinstance(new, Object):
            yield from self._object(old, new, at, put)
        elif isinstance(old, Array) and isinstance(new, Array):
            yield from self._array(old, new, at, put)
        elif isinstance(old, Tuple) and isinstance(new, Tuple):
            yield from self._tuple(old, new, at, put)
        elif isinstance(old, Array) and isinstance(new, Tuple):
            yield self._whole("array-to-tuple", old, new, at, put(new))
        elif isinstance(old, Tuple) and isinstance(new, Array):
            yield self._whole("tuple-to-array", old, new, at, put(new))
        else:
            for rule, edited, was, is_ in leaf_differences(old, new, self._sides.show):
                yield Difference(rule, at, put(edited), old=was, new=is_)

    def _objects(
        self, olds: list[Object], news: list[Object], at: tuple[str | int, ...], put: Put
    ) -> Iterator[Difference]:
        told = discriminator(olds, self._sides.expansion)
        tells = discriminator(news, self._sides.expansion)
        if len(olds) > 1 and len(news) > 1 and (told or tells):
            was, is_ = told.field if told else "", tells.field if tells else ""
            if was != is_:
                word = "added" if not was else "removed" if not is_ else "changed"
                yield Difference(f"discriminator-{word}", at, put(union(*news)), old=was, new=is_)
                return
        telling = told or tells
        if telling is None:
            yield from self._matched(olds, news, at, put)
            return
        tags = [self._tags(t, telling.field) for t in olds]
        left = list(news)
        for old, tag in zip(olds, tags, strict=True):
            match = next((t for t in left if self._tags(t, telling.field) & tag), None)
            rest = [t for t in olds if t is not old]
            if match is None:
                yield self._whole("branch-removed", old, old, at, put(union(*rest)))
                continue
            left = [t for t in left if t is not match]

            def put_here(t: GType, rest: list[Object] = rest) -> GType:
                return put(union(*rest, t))

            yield from self.types(old, match, at, put_here)
        for new in left:
            yield self._whole("branch-added", new, new, at, put(union(*olds, new)))

    def _tags(self, t: Object, name: str) -> frozenset[GType]:
        field = t.field(name)
        return frozenset(self._sides.atoms(field.type) if field else ())

    def _object(
        self, old: Object, new: Object, at: tuple[str | int, ...], put: Put
    ) -> Iterator[Difference]:
        names = dict.fromkeys([f.name for f in old.fields] + [f.name for f in new.fields])
        for name in names:
            one, other = old.field(name), new.field(name)
            here = (*at, name)

            def put_field(field: Field | None, name: str = name) -> GType:
                kept = [f for f in old.fields if f.name != name]
                return put(object_([*kept, field] if field else kept, old.rest))

            if one and other:
                yield from self._field(one, other, here, put_field)
            elif one:
                rule = "field-removed-required" if one.required else "field-removed"
                left = None if new.rest is None else Field(name, new.rest, required=False)
                shown = f"`{self._sides.show(one.type)}`"
                yield Difference(rule, here, put_field(left), name, old=shown)
            elif other:
                rule = "field-added-required" if other.required else "field-added"
                shown = f"`{self._sides.show(other.type)}`"
                yield Difference(rule, here, put_field(other), name, new=shown)
        if (old.rest is None) != (new.rest is None):
            rule = "object-opened" if old.rest is None else "object-closed"
            yield self._whole(rule, old, new, at, put(object_(old.fields, new.rest)))
        elif old.rest is not None and new.rest is not None:
            yield from self.types(
                old.rest, new.rest, (*at, "*"), lambda t: put(object_(old.fields, t))
            )

    def _field(
        self,
        old: Field,
        new: Field,
        at: tuple[str | int, ...],
        put: Callable[[Field | None], GType],
    ) -> Iterator[Difference]:
        if old.required != new.required:
            rule = "field-required" if new.required else "field-optional"
            edited = replace(old, required=new.required, default=None)
            yield Difference(rule, at, put(edited), old.name)
        elif not old.required and not _same_default(old.default, new.default):
            word = "added" if not old.default else "removed" if not new.default else "changed"
            was, is_ = self._default(old.default), self._default(new.default)
            edited = replace(old, default=new.default)
            yield Difference(f"default-{word}", at, put(edited), old.name, was, is_)
        yield from self.types(old.type, new.type, at, lambda t: put(replace(old, type=t)))

    def _default(self, default: Default | None) -> str:
        if default is None:
            return ""
        value = default.value
        if value is None:
            return "`null`"
        if isinstance(value, float | Composite):
            return f"`{written(value)}`"
        return f"`{self._sides.show(Literal(value))}`"

    def _array(
        self, old: Array, new: Array, at: tuple[str | int, ...], put: Put
    ) -> Iterator[Difference]:
        if old.low != new.low:
            rule = "items-minimum-raised" if new.low > old.low else "items-minimum-lowered"
            yield Difference(
                rule, at, put(replace(old, low=new.low)), "", f"{old.low}", f"{new.low}"
            )
        if old.high != new.high:
            raised = new.high is None or (old.high is not None and new.high > old.high)
            rule = "items-maximum-raised" if raised else "items-maximum-lowered"
            edited = put(replace(old, high=new.high))
            yield Difference(rule, at, edited, "", bound(old.high), bound(new.high))
        if old.unique != new.unique:
            rule = "unique-added" if new.unique else "unique-removed"
            yield Difference(rule, at, put(replace(old, unique=new.unique)))
        yield from self.types(old.item, new.item, (*at, "*"), lambda t: put(replace(old, item=t)))

    def _tuple(
        self, old: Tuple, new: Tuple, at: tuple[str | int, ...], put: Put
    ) -> Iterator[Difference]:
        if len(old.items) != len(new.items):
            was, is_ = str(len(old.items)), str(len(new.items))
            yield Difference("tuple-length-changed", at, put(new), "", was, is_)
            return
        for index, (one, other) in enumerate(zip(old.items, new.items, strict=True)):

            def put_item(t: GType, index: int = index) -> GType:
                return put(Tuple((*old.items[:index], t, *old.items[index + 1 :])))

            yield from self.types(one, other, (*at, index), put_item)


def _union(t: GType) -> tuple[GType, ...]:
    return t.branches if isinstance(t, Union) else (t,)


def _by_kind(atoms: Sequence[GType]) -> dict[str, list[GType]]:
    found: dict[str, list[GType]] = {}
    for atom in atoms:
        if not isinstance(atom, Null | Never):
            found.setdefault(kind(atom), []).append(atom)
    return found


def _is_enum(atoms: Sequence[GType]) -> bool:
    return all(isinstance(atom, Literal) for atom in atoms)


def _same_default(one: Default | None, other: Default | None) -> bool:
    if one is None or other is None:
        return one is other
    return type(one.value) is type(other.value) and one.value == other.value
