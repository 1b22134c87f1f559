"""Every value that an atom does not hold, where a type can say that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.json_schema.ecma import none_of
from gatid_compiler.gtypes.json_schema.kinds import kind, others
from gatid_compiler.gtypes.json_schema.numbers import after, before
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Field,
    GType,
    Literal,
    Never,
    Null,
    Number,
    Object,
    String,
    Tuple,
)
from gatid_compiler.gtypes.normal import object_
from gatid_compiler.gtypes.tuples import lengths, tuple_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def complements(atoms: Sequence[GType], outside: Callable[[GType], GType]) -> list[list[GType]]:
    """For each atom the branches of what it does not hold; `outside` negates a type inside.

    Raises `ValueError` with the reason why no type can say it.
    """
    if any(isinstance(a, Any) for a in atoms):
        return [[]]
    words = frozenset(a.value for a in atoms if isinstance(a, Literal) and isinstance(a.value, str))
    rest = [a for a in atoms if not (isinstance(a, Literal) and isinstance(a.value, str))]
    found = [[*others(kind(a)), *_within(a, outside)] for a in rest]
    if words:
        found.append([*others("string"), String(patterns=(none_of(words),))])
    return found


def _within(atom: GType, outside: Callable[[GType], GType]) -> Iterator[GType]:
    """The rest of the atom's own kind."""
    match atom:
        case Null() | Bool():
            return
        case Literal(bool(value)):
            yield Literal(not value)
        case Number(low, high, None):
            below = None if low is None else before(low)
            above = None if high is None else after(high)
            if below is not None:
                yield Number(None, below)
            if above is not None:
                yield Number(above, None)
        case Number():
            raise ValueError("no type holds the numbers that are no multiples")
        case String(low, high, ()):
            yield from _lengths(low, high, String)
        case Object():
            yield from _objects(atom, outside)
        case Array(Any(), low, high, False) | Array(_, low, 0 as high, False):
            yield from _lengths(low, high, lambda least, most: Array(Any(), least, most))
        case Tuple(items, rest) if rest is None or isinstance(rest.item, Any):
            yield from _lengths(*lengths(atom), lambda least, most: Array(Any(), least, most))
            for place, item in enumerate(items):
                inside = outside(item)
                if not isinstance(inside, Never):
                    yield tuple_([*([Any()] * place), inside], Array(Any()))
        case _:
            raise ValueError("no type holds everything else")


def _lengths(
    low: int, high: int | None, made: Callable[[int, int | None], GType]
) -> Iterator[GType]:
    if low:
        yield made(0, low - 1)
    if high is not None:
        yield made(high + 1, None)


def _objects(t: Object, outside: Callable[[GType], GType]) -> Iterator[GType]:
    if t.rest != Any() or t.keys:
        raise ValueError("no type says that some other key breaks a rule")
    yield from _lengths(t.low, t.high, lambda least, most: object_((), Any(), (), least, most))
    for f in t.fields:
        inside = outside(f.type)
        if not isinstance(inside, Never):
            yield object_((Field(f.name, inside),), Any())
        if f.required:
            yield object_((Field(f.name, Never(), required=False),), Any())
