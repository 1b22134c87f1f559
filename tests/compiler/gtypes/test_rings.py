"""Types that are inside one another are told apart exactly, against a reading that is plain and
slow: two types are the same unless something is found that tells them apart.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes.components import components
from gatid_compiler.gtypes.expand import Expansion, inside
from gatid_compiler.gtypes.fingerprint import Fingerprints, fingerprint
from gatid_compiler.gtypes.model import (
    Array,
    Field,
    GType,
    Int,
    Intersection,
    Literal,
    Never,
    Null,
    Object,
    Ref,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.normal import nullable, object_, union
from gatid_compiler.gtypes.subtype import Comparison, compare
from gatid_compiler.gtypes.values import member

if TYPE_CHECKING:
    from collections.abc import Collection

NAMES = ("A", "B", "C", "D")
LEAVES: tuple[GType, ...] = (Int(), String(), Null(), Never(), Int(5, 3), Literal(1))


def drawn(draw: st.DrawFn, depth: int) -> GType:
    """A small type, more often than not one of the names."""
    match draw(st.integers(0, 9 if depth else 6)):
        case 0:
            return draw(st.sampled_from(LEAVES))
        case 7:
            low = draw(st.integers(0, 1))
            return Array(drawn(draw, depth - 1), low, draw(st.sampled_from([None, 0, 2])))
        case 8:
            return Tuple((drawn(draw, depth - 1),))
        case 9:
            return union(drawn(draw, depth - 1), drawn(draw, depth - 1))
        case _:
            return Ref(draw(st.sampled_from(NAMES)))


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, GType]:
    """Four objects that are inside one another, or nearly; some are written twice."""
    defs: dict[str, GType] = {}
    for name in NAMES:
        fields = [
            Field(field, drawn(draw, 2), draw(st.integers(0, 4)) == 0)
            for field in draw(st.sampled_from(["", "a", "a", "ab"]))
        ]
        rest = draw(st.sampled_from([None, None, None, Ref("A"), Never()]))
        defs[name] = Object(tuple(fields), rest)
    return defs


class Slow:
    """Every pair of types that are reached, taken for equal until a difference is found."""

    def __init__(self, defs: dict[str, GType], *roots: GType) -> None:
        self._expansion = Expansion(defs)
        self._some: set[GType] = set()
        self._reached: list[GType] = []
        for root in roots:
            self._reach(root)
        while more := {t for t in self._reached if t not in self._some and self._atoms(t)}:
            self._some |= more
        self._pairs = set(product(self._reached, repeat=2))
        while bad := {p for p in self._pairs if not self._alike(*p)}:
            self._pairs -= bad

    def same(self, one: GType, other: GType) -> bool:
        return (one, other) in self._pairs

    def _reach(self, t: GType) -> None:
        if t not in self._reached:
            self._reached.append(t)
            for atom in self._expansion.atoms(t):
                for part in inside(atom):
                    self._reach(part)

    def _atoms(self, t: GType) -> list[GType]:
        """Those that something can be of, without what nothing can be at."""
        atoms = [self._bare(a) for a in self._expansion.atoms(t)]
        return [a for a in atoms if not isinstance(a, Never)]

    def _bare(self, t: GType) -> GType:
        empty = self._is_empty
        match t:
            case Int(5, 3):
                return Never()
            case Object(fields, rest):
                if any(f.required and empty(f.type) for f in fields):
                    return Never()
                rest = None if rest is None or empty(rest) else rest
                kept = (f for f in fields if rest is not None or not empty(f.type))
                return Object(tuple(kept), rest)
            case Array(item, low, high):
                if empty(item) or high == 0:
                    return Never() if low else Tuple(())
                return t
            case Tuple(items):
                return Never() if any(map(empty, items)) else t
            case _:
                return t

    def _is_empty(self, t: GType) -> bool:
        return t not in self._some

    def _alike(self, one: GType, other: GType) -> bool:
        mine, theirs = self._atoms(one), self._atoms(other)
        return all(any(self._equal(a, b) for b in theirs) for a in mine) and all(
            any(self._equal(a, b) for a in mine) for b in theirs
        )

    def _equal(self, one: GType, other: GType) -> bool:
        """Both look the same, and their parts count as equal."""
        match one, other:
            case Object(), Object():
                names = [[(f.name, f.required) for f in t.fields] for t in (one, other)]
                if names[0] != names[1] or (one.rest is None) != (other.rest is None):
                    return False
            case Array(), Array():
                if (one.low, one.high) != (other.low, other.high):
                    return False
            case Tuple(items), Tuple(others):
                if len(items) != len(others):
                    return False
            case _:
                return one == other
        return all(
            self.same(a, b) or (self._is_empty(a) and self._is_empty(b))
            for a, b in zip(inside(one), inside(other), strict=True)
        )


@settings(max_examples=200)
@given(definitions(), st.permutations(NAMES))
def test_two_types_have_one_fingerprint_when_nothing_tells_them_apart(
    defs: dict[str, GType], order: list[str]
) -> None:
    roots: list[GType] = [Ref(name) for name in NAMES]
    roots += [defs["A"], nullable(Ref("B")), Array(Ref("C")), object_([Field("a", Ref("D"))])]
    slow = Slow(defs, *roots)
    shared = Fingerprints(defs)
    for name in order:
        shared.of(Ref(name))
    for one, other in product(roots, repeat=2):
        assert (shared.of(one) == shared.of(other)) is slow.same(one, other), (one, other)
    for root in roots:
        assert shared.of(root) == fingerprint(Schema(root, defs))


@settings(max_examples=200)
@given(definitions(), definitions())
def test_a_fingerprint_is_the_same_wherever_the_type_is_written(
    one: dict[str, GType], other: dict[str, GType]
) -> None:
    renamed = {f"{name}2": _again(t) for name, t in other.items()}
    both = {**one, **renamed}
    slow = Slow(both, *map(Ref, both))
    shared = Fingerprints(both)
    for a, b in product(NAMES, repeat=2):
        alone = fingerprint(Schema(Ref(a), one)), fingerprint(Schema(Ref(b), other))
        same = slow.same(Ref(a), Ref(f"{b}2"))
        assert (alone[0] == alone[1]) is same
        assert alone == (shared.of(Ref(a)), shared.of(Ref(f"{b}2")))


def _again(t: GType) -> GType:
    """The type with other names."""
    match t:
        case Ref(name):
            return Ref(f"{name}2")
        case Object(fields, rest):
            renamed = tuple(Field(f.name, _again(f.type), f.required) for f in fields)
            return Object(renamed, None if rest is None else _again(rest))
        case Array(item, low, high):
            return Array(_again(item), low, high)
        case Tuple(items):
            return Tuple(tuple(map(_again, items)))
        case Union(branches):
            return union(*map(_again, branches))
        case _:
            return t


def option(**fields: GType) -> Object:
    return object_(Field(name, t, False) for name, t in fields.items())


def test_a_ring_that_leads_into_itself_written_otherwise_is_the_same() -> None:
    defs: dict[str, GType] = {
        "T": option(x=Ref("T"), y=Ref("T")),
        "A": option(x=Ref("B"), y=Ref("T")),
        "B": option(x=Ref("A"), y=option(x=Ref("T"), y=Ref("A"))),
        "U": option(x=Ref("U"), y=Ref("V")),
        "V": option(x=Ref("U"), y=Ref("V"), z=Int()),
    }
    prints = {name: fingerprint(Schema(Ref(name), defs)) for name in defs}
    assert prints["T"] == prints["A"] == prints["B"]
    assert len({prints["T"], prints["U"], prints["V"]}) == 3


EMPTY: dict[str, GType] = {
    "Number": Int(),
    "Text": String(),
    "None": Intersection((Ref("Number"), Ref("Text"))),
    "Endless": object_([Field("again", Ref("Endless"))]),
    "One": object_([Field("a", Ref("None"))]),
    "Many": Array(Ref("None"), 2),
}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Ref("None"), Never()),
        (Ref("Endless"), Never()),
        (object_([Field("a", Ref("None"))]), Never()),
        (Ref("One"), Ref("Endless")),
        (union(Int(), Ref("One")), Int()),
        (union(Int(), object_([Field("b", Ref("Many"))])), Int()),
        (Tuple((Int(), Ref("None"))), Never()),
        (Array(Ref("One")), Tuple(())),
        (Array(Int(), 0, 0), Array(String(), 0, 0)),
        (option(a=Ref("One"), b=Int()), option(b=Int())),
        (Object((), Ref("One")), Object()),
        (Array(Int(2, 1), 1), Never()),
        (Int(1, 4, 5), Never()),
        (String(3, 2), Never()),
    ],
)
def test_what_nothing_can_be_of_is_told_behind_names_too(one: GType, other: GType) -> None:
    assert fingerprint(Schema(one, EMPTY)) == fingerprint(Schema(other, EMPTY))


def test_a_field_that_can_only_be_absent_is_told_where_others_are_free() -> None:
    rest = Object((Field("a", Ref("None"), False),), Int())
    assert fingerprint(Schema(rest, EMPTY)) != fingerprint(Schema(Object((), Int()), EMPTY))


def test_thousands_of_types_in_one_ring_are_told() -> None:
    size = 3000
    defs: dict[str, GType] = {
        f"T{n}": option(**{"next": Ref(f"T{(n + 1) % size}"), f"f{n % 3}": Int()})
        for n in range(size)
    }
    shared = Fingerprints(defs)
    assert len({shared.of(Ref(name)) for name in defs}) == 3


@settings(max_examples=300)
@given(st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=4)))
def test_things_are_grouped_by_what_they_reach(edges: dict[int, list[int]]) -> None:
    def reach(start: int) -> set[int]:
        found, waiting = {start}, [start]
        while waiting:
            more = set(edges.get(waiting.pop(), ())) - found
            found |= more
            waiting += more
        return found

    groups = list(components([0], lambda n: edges.get(n, ())))
    assert sorted(n for group in groups for n in group) == sorted(reach(0))
    done: set[int] = set()
    for group in groups:
        for n in group:
            assert {m for m in reach(n) if n in reach(m)} == set(group)
            assert _outside(edges.get(n, ()), group) <= done
        done |= set(group)


def _outside(things: Collection[int], group: Collection[int]) -> set[int]:
    return set(things) - set(group)


@settings(max_examples=150)
@given(definitions(), st.permutations(list(product(NAMES, repeat=2))))
def test_what_is_kept_for_the_next_comparison_changes_no_verdict(
    defs: dict[str, GType], order: list[tuple[str, str]]
) -> None:
    expansion = Expansion(defs)
    shared = Comparison(expansion, expansion)
    for a, b in order:
        one, other = Schema(Ref(a), defs), Schema(Ref(b), defs)
        verdict = shared.verdict(one.root, other.root)
        assert verdict.kind == compare(one, other).kind
        if verdict.kind == "refuted":
            assert member(verdict.witness, one)
            assert not member(verdict.witness, other)
        if fingerprint(one) == fingerprint(other):
            assert verdict.kind == "proved"
