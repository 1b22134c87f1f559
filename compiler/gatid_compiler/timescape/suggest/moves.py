"""Fields that are in another object now: of the same name and type, gone here and new there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import normal
from gatid_compiler.gtypes.model import Field, GType, Object
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.reshape import aliases, resolved
from gatid_compiler.timescape.suggest.model import Op, Way

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatid_compiler.timescape.suggest.sides import Sides

_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Moved:
    """A field that went from one way to another; `through` are the named types on both."""

    source: Way
    target: Way
    through: frozenset[str]

    @property
    def op(self) -> Op:
        """The operation that says so."""
        return Op(("move ", self.source, " -> ", self.target), 85, "the same name and type")


@dataclass(frozen=True, slots=True)
class _Loose:
    """A field that only one side has, and the names of types that lead to it."""

    way: Way
    field: Field
    names: tuple[tuple[Way, str], ...]


def moves(old: GType, new: GType, sides: Sides, inline: frozenset[str]) -> list[Moved]:
    """The moves between two shapes of one thing, those inside of a type with operations of its
    own left out.
    """
    gone: list[_Loose] = []
    come: list[_Loose] = []
    was, now = resolved(old, sides.old), resolved(new, sides.new)
    if isinstance(was, Object) and isinstance(now, Object):
        for loose, is_new in _walk(was, now, sides, (), ()):
            (come if is_new else gone).append(loose)
    found: list[Moved] = []
    for target in come:
        sources = [g for g in gone if _one(g, target, sides)]
        rivals = [c for c in come if any(_one(g, c, sides) for g in sources)]
        if len(sources) != 1 or len(rivals) != 1:
            continue
        source = sources[0]
        shared = _shared(source.way, target.way)
        names = {name for way, name in (*source.names, *target.names) if len(way) > shared}
        outside = {name for way, name in target.names if len(way) <= shared} - inline
        if not outside:
            found.append(Moved(source.way, target.way, frozenset(names)))
    return found


def moved(old: GType, said: Sequence[Moved], sides: Sides) -> Object:
    """The older shape with its fields moved; what is named on their ways is written out."""
    whole = expect(Object, resolved(old, sides.old))
    for each in said:
        field, whole = _taken(whole, each.source, sides)
        whole = _put(whole, each.target, field, sides)
    return whole


def _walk(
    old: Object, new: Object, sides: Sides, way: Way, names: tuple[tuple[Way, str], ...]
) -> Iterator[tuple[_Loose, bool]]:
    for field in old.fields:
        if new.field(field.name) is None:
            yield _Loose((*way, field.name), field, names), False
    for field in new.fields:
        before = old.field(field.name)
        here = (*way, field.name)
        if before is None:
            yield _Loose(here, field, names), True
            continue
        was, now = resolved(before.type, sides.old), resolved(field.type, sides.new)
        if not (before.required and field.required) or len(way) == _DEEPEST:
            continue
        if isinstance(was, Object) and isinstance(now, Object):
            called = tuple((here, name) for name in aliases(field.type, sides.new))
            yield from _walk(was, now, sides, here, (*names, *called))


def _one(gone: _Loose, come: _Loose, sides: Sides) -> bool:
    return (
        gone.way[-1] == come.way[-1]
        and gone.way[:-1] != come.way[:-1]
        and sides.agree(gone.field.type, come.field.type)
    )


def _shared(one: Way, other: Way) -> int:
    count = 0
    for a, b in zip(one[:-1], other[:-1], strict=False):
        if a != b:
            break
        count += 1
    return count


def _taken(t: Object, way: Way, sides: Sides) -> tuple[Field, Object]:
    field = expect(Field, t.field(way[0]))
    others = [f for f in t.fields if f is not field]
    if len(way) == 1:
        return field, replace(t, fields=tuple(others))
    found, inner = _taken(expect(Object, resolved(field.type, sides.old)), way[1:], sides)
    return found, normal.object_([*others, replace(field, type=inner)], t.rest)


def _put(t: Object, way: Way, field: Field, sides: Sides) -> Object:
    if len(way) == 1:
        return normal.object_([*t.fields, replace(field, name=way[0])], t.rest)
    found = expect(Field, t.field(way[0]))
    others = [f for f in t.fields if f is not found]
    inner = _put(expect(Object, resolved(found.type, sides.old)), way[1:], field, sides)
    return normal.object_([*others, replace(found, type=inner)], t.rest)
