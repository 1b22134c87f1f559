"""Members of types, with such extra keys as operations may speak of: drawn, or many at random."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hypothesis import strategies as st

from gatid_compiler.gtypes import model
from tests.compiler.timescape.histories import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatid_compiler.gtypes.model import GType

T = TypeVar("T")

_FAR = (-(2**63), -86_400_000, 1_700_000_000, 2**53 + 1, 10**19)


class Choices(Protocol):
    """What decides between members."""

    def one(self, options: Sequence[T]) -> T: ...

    def number(self, low: int, high: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Drawn:
    """Hypothesis decides, and can make what fails smaller."""

    draw: st.DrawFn

    def one(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(options))

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))


@dataclass(frozen=True, slots=True)
class Rolled:
    """Chance decides: a hundred times cheaper, for many messages of one history."""

    random: Random

    def one(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)


@st.composite
def members(draw: st.DrawFn, t: GType, defs: Mapping[str, GType]) -> Any:
    """Values of a type."""
    return some(Drawn(draw), t, defs)


def some(choose: Choices, t: GType, defs: Mapping[str, GType], depth: int = 4) -> Any:
    """A value of a type; deeper than `depth`, what need not be there is left out."""
    match t:
        case model.Ref(name=name):
            return some(choose, defs[name], defs, depth)
        case model.Object():
            return _object(choose, t, defs, depth)
        case model.Array():
            most = max(t.low, 2 if t.high is None else min(t.high, 2))
            size = choose.number(t.low, most) if depth > 0 else t.low
            return [some(choose, t.item, defs, depth - 1) for _ in range(size)]
        case model.Tuple(items=items):
            return [some(choose, item, defs, depth - 1) for item in items]
        case model.Union(branches=branches):
            flat = [b for b in branches if isinstance(b, model.Null | model.Literal | model.Bool)]
            options = branches if depth > 0 or not flat else flat
            return some(choose, choose.one(options), defs, depth)
        case model.Literal(value=value):
            return value
        case model.Null():
            return None
        case _:
            return _leaf(choose, t)


def _object(choose: Choices, t: model.Object, defs: Mapping[str, GType], depth: int) -> Any:
    made = {
        f.name: some(choose, f.type, defs, depth - 1)
        for f in t.fields
        if f.required or (depth > 0 and choose.one((False, True)))
    }
    free = [n for n in NAMES if t.field(n) is None]
    if t.rest is not None and free and depth > 0:
        for _ in range(choose.number(0, min(2, len(free)))):
            name = choose.one(free)
            free.remove(name)
            made[name] = some(choose, t.rest, defs, depth - 1)
    return made


def _leaf(choose: Choices, t: GType) -> Any:
    match t:
        case model.Bool():
            return choose.one((False, True))
        case model.Int():
            return _int(choose, t)
        case model.Bytes():
            return "aGk="
        case model.String():
            texts = ["", "word"] if t.patterns else ["", "word", "two-words", "a-b-c-", "-"]
            return choose.one(texts)
        case model.Format(scalar=model.Scalar.DATETIME):
            return choose.one(["2024-02-29T12:00:00Z", "1969-12-31T23:59:59.5-01:30"])
        case model.Format():
            return "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
        case model.Any():
            return choose.one([0, "any", None, {"a": 1}, [True]])
        case _:
            raise AssertionError(t)


def _int(choose: Choices, t: model.Int) -> int:
    """Small ones for the most part; where no bound stands, also those that no double holds."""
    low = t.low if t.low is not None else min(-9, t.high or 0)
    high = t.high if t.high is not None else max(9, low + 9)
    far = [n for n in _FAR if (t.low is None or n >= t.low) and (t.high is None or n <= t.high)]
    return choose.one(far) if far and not choose.number(0, 9) else choose.number(low, high)
