"""Members of a type at its ends: the shortest and longest, the smallest and largest.

Each field, item and branch takes each of its ends once while all else is as small as can be;
after that several take another one together. The order is always the same.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.model import (
    Array,
    Bool,
    Field,
    Format,
    GType,
    Int,
    Literal,
    Never,
    Null,
    Number,
    Object,
    Ref,
    Scalar,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.gtypes.values import member

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatid_compiler.gtypes.model import Definitions

_DEEP = 8
"""Types inside one another beyond this take their smallest member."""

_MANY = 40
"""Ends of one item, and members in which several parts differ."""

_WIDE = 400
"""Ends of one field."""

_LONG = 300
"""Longer texts are no samples, unless they are hints: nobody reads them."""

_TEXTS = (
    "", "a", "A", "0", "-1", "1.5", "true", " ", "a b", "a b c", "é", "ß", "İ", "\n", "a" * 41,
    "9" * 19, "0000",
)  # fmt: skip

_FORMATS = {
    Scalar.UUID: ("FFFFFFFF-ffff-4fff-8fff-ffffffffffff",),
    Scalar.DATE: ("0001-01-01", "9999-12-31"),
    Scalar.TIME: ("23:59:60Z", "00:00:00.5+01:00"),
    Scalar.DATETIME: (
        "1970-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "2016-12-31T23:59:60Z",
    ),
    Scalar.DECIMAL: ("-1.50", "9" * 25),
    Scalar.EMAIL: ("A@B.c",),
}

_WHOLES = (
    0,
    1,
    -1,
    2,
    7,
    10,
    11,
    255,
    -256,
    10**6,
    2**31,
    2**53 + 1,
    10**15,
    10**19,
    -(10**19),
    10**400,
)
_REALS = (0.5, -0.5, 1.25, 2.5, 1e16, 1e-7, 1e300, -1e300, 1.5e308, 10**400, -(10**400))


def smallest_first(t: GType, defs: Definitions, hints: Sequence[Any], most: int) -> list[Any]:
    """Members of the type, those with the shortest text first. `hints` are scalars to try."""
    found: dict[str, Any] = {}
    for value in islice(_Samples(defs, hints).of(t, _DEEP), most):
        found.setdefault(json.dumps(value, sort_keys=True), value)
    return [found[text] for text in sorted(found, key=lambda text: (len(text), text))]


class _Samples:
    def __init__(self, defs: Definitions, hints: Sequence[Any]) -> None:
        self._defs = defs
        scalars = [h for h in hints if isinstance(h, str | int | float)]
        # What a text is read as tells what may be written in it.
        written = [str(h) for h in scalars if isinstance(h, int) and not isinstance(h, bool)]
        self._hints = [*{(type(h), h): h for h in (*scalars, *written)}.values()]
        self._least: dict[GType, tuple[Any, ...]] = {}
        self._known: dict[tuple[GType, int], list[Any]] = {}

    def least(self, t: GType) -> tuple[Any, ...]:
        """One member, as small as the comparison of types finds it; none of an empty type."""
        if t not in self._least:
            verdict = compare(Schema(t, self._defs), Schema(Never(), {}))
            self._least[t] = (verdict.witness,) if verdict.kind == "refuted" else ()
        return self._least[t]

    def _ends(self, t: GType, deep: int, most: int) -> list[Any]:
        """The first members of a type, looked for once."""
        known = self._known.get((t, deep))
        if known is None or len(known) < most:
            known = self._known[t, deep] = list(islice(self.of(t, deep), most))
        return known[:most]

    def of(self, t: GType, deep: int) -> Iterator[Any]:
        yield from self.least(t)
        if deep == 0:
            return
        match t:
            case Ref(name=name):
                yield from self.of(self._defs[name], deep)
            case Union(branches=branches):
                for branch in branches:
                    yield from self.of(branch, deep)
            case Object():
                yield from self._object(t, deep)
            case Array():
                yield from self._array(t, deep)
            case Tuple(items=items):
                parts = [self._ends(item, deep - 1, _MANY) for item in items]
                if all(parts):
                    yield from _each(parts)
            case Bool():
                yield from (False, True)
            case Null() | Literal() | Never():
                return
            case _:
                yield from self._scalar(t)

    def _scalar(self, t: GType) -> Iterator[Any]:
        tried: list[Any] = list(self._hints)
        match t:
            case Int(low=low, high=high) | Number(low=low, high=high):
                ends = [end for end in (low, high) if end is not None]
                tried += [v for end in ends for v in (end, end + 1, end - 1)]
                tried += _WHOLES
                if isinstance(t, Number):
                    tried += _REALS
            case Format(scalar=scalar):
                tried += _FORMATS.get(scalar, ())
            case String(low=low, high=high):
                sizes = [size for size in (low, high) if size is not None and size <= _LONG]
                tried += ["a" * size for size in sizes]
                tried += ["Z" * size for size in sizes]
                tried += _TEXTS
            case model.Any():
                tried += [None, [], {}, *_TEXTS, *_WHOLES]
            case _:
                tried += _TEXTS
        schema = Schema(t, self._defs)
        for value in tried:
            if member(value, schema):
                yield value

    def _object(self, t: Object, deep: int) -> Iterator[Any]:
        least = self.least(t)
        if not least:
            return
        base = least[0]
        ends: list[tuple[Field, list[Any]]] = []
        for field in t.fields:
            ends.append((field, self._ends(field.type, deep - 1, _WIDE)))
        # In turns: of an item only the first ends are asked for, and each field is to have some.
        for turn in range(max((len(values) for _, values in ends), default=0)):
            for field, values in ends:
                if turn < len(values):
                    yield {**base, field.name: values[turn]}
        whole = {field.name: values[0] for field, values in ends if values}
        yield whole
        yield from ({**whole, field.name: value} for field, values in ends for value in values)
        for turn in range(1, _MANY):
            yield {
                field.name: values[(turn * (2 * at + 1)) % len(values)]
                for at, (field, values) in enumerate(ends)
                if values and (field.required or (turn >> (at % 5)) & 1)
            }
        if t.rest is not None:
            free = [name for name in ("x", "y") if t.field(name) is None]
            for value in self._ends(t.rest, deep - 1, _MANY):
                yield {**base, **dict.fromkeys(free[:1], value)}

    def _array(self, t: Array, deep: int) -> Iterator[Any]:
        ends = self._ends(t.item, deep - 1, _MANY)
        if not ends or t.high == 0:
            return
        low = max(t.low, 1)
        if low > _MANY:
            return
        for value in ends:
            yield [value] * low if not t.unique else [value, *_others(value, ends)][:low]
        if t.high is None or t.high > low:
            for at, value in enumerate(ends):
                for other in ends[at + 1 :]:
                    yield [value, other, *_others(value, ends)][: max(low, 2)]


def _others(value: Any, ends: Sequence[Any]) -> list[Any]:
    return [end for end in ends if end != value]


def _each(parts: Sequence[list[Any]]) -> Iterator[list[Any]]:
    for at, values in enumerate(parts):
        for value in values:
            yield [*(p[0] for p in parts[:at]), value, *(p[0] for p in parts[at + 1 :])]
