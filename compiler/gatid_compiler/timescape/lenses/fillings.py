"""What fills a field, taken apart by its type: operations of other hops may lead into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.literals import fresh
from gatid_compiler.gtypes.model import Any, Array, Object, Ref, Schema, Tuple, Union
from gatid_compiler.gtypes.values import member
from gatid_compiler.timescape.lenses.model import (
    Constant,
    FilledBranch,
    FilledList,
    FilledName,
    FilledObject,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.gtypes.literals import Data
    from gatid_compiler.gtypes.model import Definitions, GType, JsonLiteral
    from gatid_compiler.timescape.lenses.model import Filling


def constant(value: JsonLiteral, t: GType, defs: Definitions) -> Constant:
    """The value, which is one of the type."""
    return Constant(_filling(fresh(value), t, defs))


def _filling(value: Data, t: GType, defs: Definitions) -> Filling:
    if not isinstance(value, list | dict):
        scalar: str | int | float | bool | None = value
        return scalar
    match t:
        case Ref(name=name):
            return FilledName(name, _filling(value, defs[name], defs))
        case Union(branches=branches):
            mine = (i for i, b in enumerate(branches) if member(value, Schema(b, defs)))
            index = next(mine)
            return FilledBranch(index, _filling(value, branches[index], defs))
        case Tuple(items=items) if isinstance(value, list) and t.rest is None:
            parts = zip(value, items, strict=True)
            return FilledList(tuple(_filling(part, item, defs) for part, item in parts))
        case Array(item=item) if isinstance(value, list):
            return FilledList(tuple(_filling(part, item, defs) for part in value))
        case Object(rest=rest) if isinstance(value, dict) and not t.keys:
            fields = {f.name: f.type for f in t.fields}
            return FilledObject(
                tuple(
                    (name, _filling(part, fields.get(name, rest or _ANY), defs))
                    for name, part in sorted(value.items())
                ),
                frozenset(value) - frozenset(fields),
            )
        case _:
            # Nothing is known of what is inside, so nothing leads into it.
            if isinstance(value, list):
                return FilledList(tuple(_filling(part, _ANY, defs) for part in value))
            inner = tuple(
                (name, _filling(part, _ANY, defs)) for name, part in sorted(value.items())
            )
            return FilledObject(inner, frozenset(value))


_ANY = Any()


def names(filling: Filling) -> Iterator[str]:
    """The named types whose values are in it."""
    match filling:
        case FilledName(key=key, of=inner):
            yield key
            yield from names(inner)
        case FilledBranch(of=inner):
            yield from names(inner)
        case FilledList(items=items):
            for item in items:
                yield from names(item)
        case FilledObject(fields=fields):
            for _, inner in fields:
                yield from names(inner)
        case _:
            return
