"""Types that are inside one another: each difference of them is told, and told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.breaking import changes
from gatid_compiler.breaking.explain import differences
from gatid_compiler.breaking.sides import Sides
from gatid_compiler.gtypes.model import Array, Field, GType, Int, Object, Ref, Schema
from gatid_compiler.gtypes.normal import nullable, object_
from gatid_compiler.gtypes.subtype import compare
from tests.compiler.breaking import cases
from tests.compiler.breaking.test_judgement import NOTHING, plan, replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Draw = st.DrawFn


@st.composite
def rings(draw: Draw) -> tuple[dict[str, GType], set[str]]:
    """Objects that lead to one another, and the names of some of them."""
    names = [f"T{n}" for n in range(draw(st.integers(1, 5)))]
    link = st.sampled_from(names)
    defs: dict[str, GType] = {}
    for name in names:
        targets = [Ref(draw(link)), nullable(Ref(draw(link))), Array(Ref(draw(link)))]
        fields = [Field(f"f{n}", t, False) for n, t in enumerate(targets) if draw(st.booleans())]
        defs[name] = object_([Field(f"own_{name}", Int()), *fields])
    return defs, draw(st.sets(link))


def edited(defs: dict[str, GType], names: set[str]) -> dict[str, GType]:
    """The types of these names have one more field."""
    return {name: _more(t) if name in names else t for name, t in defs.items()}


def _more(t: GType) -> GType:
    assert isinstance(t, Object)
    return object_([*t.fields, Field("new", Int(), False)], t.rest)


def reached(defs: dict[str, GType], start: str) -> set[str]:
    """The names that a type leads to, itself among them."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            t = defs[name]
            assert isinstance(t, Object)
            waiting += [ref for f in t.fields for ref in _names(f.type)]
    return found


def _names(t: GType) -> Iterator[str]:
    match t:
        case Ref(name):
            yield name
        case Array(item):
            yield from _names(item)
        case Int():
            return
        case _:
            yield from (b.name for b in getattr(t, "branches", ()) if isinstance(b, Ref))


@settings(max_examples=200)
@given(rings())
def test_every_changed_type_that_is_reached_is_told_of(
    ring: tuple[dict[str, GType], set[str]],
) -> None:
    defs, names = ring
    sides = Sides(defs, edited(defs, names))
    found = differences(sides, Ref("T0"), sides.of_new(Ref("T0")))
    assert {d.rule for d in found} <= {"field-added"}
    # Each type has a field of its own, so the path there says which type gained one.
    told = {_type_at(defs, d.path[:-1]) for d in found}
    assert told == names & reached(defs, "T0")
    assert len({d.path for d in found}) == len(found)


def _type_at(defs: dict[str, GType], path: tuple[str | int, ...]) -> str:
    name = "T0"
    for step in path:
        if step != "*":
            t = defs[name]
            assert isinstance(t, Object)
            (name,) = _names(next(f.type for f in t.fields if f.name == step))
    return name


@settings(max_examples=100)
@given(rings())
def test_one_difference_alone_is_judged_as_it_is_from_afresh(
    ring: tuple[dict[str, GType], set[str]],
) -> None:
    defs, names = ring
    new = edited(defs, names)
    sides = Sides(defs, new)
    for start in defs:
        old_t, new_t = Ref(start), sides.of_new(Ref(start))
        pairs = [(old_t, new_t), (new_t, old_t)]
        for difference in differences(sides, old_t, new_t):
            pairs += [(old_t, difference.edited), (difference.edited, new_t)]
            pairs += [(difference.edited, old_t), (new_t, difference.edited)]
        for one, other in pairs:
            afresh = compare(Schema(one, sides.defs), Schema(other, sides.defs))
            assert sides.compare(one, other).kind == afresh.kind


def test_a_ring_of_many_types_is_compared_with_a_few_questions_for_each() -> None:
    size = 40
    defs: dict[str, GType] = {
        f"T{n}": object_(
            [
                Field(f"own{n}", Int()),
                Field("a", Ref(f"T{(n + 1) % size}"), False),
                Field("b", Array(Ref(f"T{(n + 3) % size}")), False),
                Field("c", nullable(Ref(f"T{n * 7 % size}")), False),
            ]
        )
        for n in range(size)
    }
    old = plan(replace(NOTHING, body=Ref("T0")), defs)
    new = plan(replace(NOTHING, body=Ref("T0")), edited(defs, set(defs)))
    assert {c.verdict for c in changes(old, new)} == {"compatible"}
    assert {c.verdict for c in changes(new, old)} == {"breaking"}


def test_types_may_name_one_another_in_a_long_chain(tmp_path: Path) -> None:
    types = [f"type T{n} {{ own{n}: int, next?: T{(n + 1) % 400} }}" for n in range(400)]
    plan_ = cases.compiled("\n".join(["app a { }", *types, ""]), tmp_path)
    assert changes(plan_, plan_) == ()
