"""What a type may have inside it, so that a validator checks only what it must."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.expand import inside
from gatid_compiler.gtypes.keys import is_plain
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    GType,
    Int,
    Intersection,
    Literal,
    Number,
    Object,
    Tuple,
    Union,
)

if TYPE_CHECKING:
    from gatid_compiler.gtypes.expand import Expansion


@dataclass(slots=True)
class Traits:
    """`levels` is how many containers a value may have inside one another, None if there is
    no bound; `any` says that a value may be anything somewhere, `multiples` that a number
    must be a multiple of something, `large` that an integer may need more than 64 bits,
    `keyed` that keys are counted, or told apart by what they are.
    """

    levels: int | None
    any: bool
    multiples: bool
    large: bool
    keyed: bool


def traits(t: GType, expansion: Expansion) -> Traits:
    """What values of the type may have inside them."""
    walk = _Walk(expansion)
    levels = walk.levels(t)
    return Traits(levels, walk.any, walk.multiples, walk.large, walk.keyed)


def has_words(t: GType) -> bool:
    """The language has words for all of the type: no kinds of keys or numbers of them, and no
    tuple that goes on, is anywhere inside; what it refers to is not looked at.
    """
    match t:
        case Object():
            return is_plain(t) and all(map(has_words, inside(t)))
        case Tuple(items, rest):
            return rest is None and all(map(has_words, items))
        case Array(item):
            return has_words(item)
        case Union(parts) | Intersection(parts):
            return all(map(has_words, parts))
        case _:
            return True


class _Walk:
    def __init__(self, expansion: Expansion) -> None:
        self._expansion = expansion
        self._known: dict[GType, int | None] = {}
        self.any = False
        self.multiples = False
        self.large = False
        self.keyed = False

    def levels(self, t: GType) -> int | None:
        """Containers inside one another; a type inside itself has no bound."""
        if t not in self._known:
            self._known[t] = None
            self._known[t] = _most([self._atom(a) for a in self._expansion.atoms(t)])
        return self._known[t]

    def _atom(self, t: GType) -> int | None:
        match t:
            case Any():
                self.any = self.large = True
                return None
            case Number():
                self.multiples = self.multiples or t.multiple is not None
                self.large = True
                return 0
            case Int():
                self.large = self.large or not _small(t.low, t.high)
                return 0
            case Literal(int(value)):
                self.large = self.large or not _small(value, value)
                return 0
            case Object():
                self.keyed = self.keyed or bool(t.keys or t.low or t.high is not None)
                inner = inside(t)
            case Array() | Tuple():
                inner = inside(t)
            case Intersection(parts):
                return _most([self._atom(p) for p in parts])
            case _:
                return 0
        below = _most([self.levels(i) for i in inner])
        return None if below is None else below + 1


def _most(levels: list[int | None]) -> int | None:
    bounded = [level for level in levels if level is not None]
    return None if len(bounded) < len(levels) else max(bounded, default=0)


def _small(low: int | None, high: int | None) -> bool:
    return low is not None and high is not None and low >= -(1 << 63) and high < 1 << 63
