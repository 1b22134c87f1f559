"""Names that stand for all keys of objects that tell keys apart by what they are."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.meet_texts import texts
from gatid_compiler.gtypes.model import GType, Literal, Never, Object, String
from gatid_compiler.gtypes.numbers_left import UndecidedError
from gatid_compiler.gtypes.texts_left import text_left

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_REGIONS = 2000
"""So many ways to combine the kinds of keys are looked through."""


def representatives(objects: Sequence[Object]) -> list[str]:
    """Names, no field's, that stand for every other one: in each region of names that all of the
    objects treat alike as many as the last of them are, or all where the region has fewer.

    Raises `UndecidedError`.
    """
    if prod(len(o.keys) + 1 for o in objects) > _REGIONS:
        raise UndecidedError("too many kinds of keys")
    fields = [Literal(name) for name in sorted({f.name for o in objects for f in o.fields})]
    many = max(1, len(objects) - 1)
    return [
        name
        for within, outside in _regions(objects, String(), fields)
        for _, name in zip(range(many), names(within, outside), strict=False)
    ]


def names(within: GType, outside: Sequence[GType]) -> Iterator[str]:
    """The strings of the one type that are of none of the others. Raises `UndecidedError`."""
    taken: list[GType] = list(outside)
    while (name := text_left(within, taken)) is not None:
        yield name
        taken.append(Literal(name))


def _regions(
    objects: Sequence[Object], within: GType, outside: Sequence[GType]
) -> Iterator[tuple[GType, Sequence[GType]]]:
    if not objects:
        yield within, outside
        return
    first, rest = objects[0], objects[1:]
    earlier: list[GType] = list(outside)
    for kind in first.keys:
        inside = texts(within, kind.names)
        if not isinstance(inside, Never) and text_left(inside, earlier) is not None:
            yield from _regions(rest, inside, tuple(earlier))
        earlier.append(kind.names)
    if len(earlier) == len(outside) or text_left(within, earlier) is not None:
        yield from _regions(rest, within, tuple(earlier))
