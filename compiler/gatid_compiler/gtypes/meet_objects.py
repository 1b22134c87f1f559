"""The intersection of two objects: as the language merges them, and as sets of values."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.keys import classes, unnamed
from gatid_compiler.gtypes.meet_texts import texts
from gatid_compiler.gtypes.model import Field, GType, Keys, Never, Object

if TYPE_CHECKING:
    from collections.abc import Callable

    Meet = Callable[[GType, GType], GType]

_MOST = 128
"""So many kinds of keys may there be."""


class TooManyKindsError(ValueError):
    """Objects that tell apart too many kinds of keys together."""


def merged(a: Object, b: Object, inner: Meet) -> GType:
    """What `A & B` of the language is: the fields of both, closed unless both are open."""
    return _Meeting(a, b, inner, merges=True).met()


def common(a: Object, b: Object, inner: Meet) -> GType:
    """The objects that are of both: what a closed one does not name, the other cannot add.

    Raises `TooManyKindsError`.
    """
    return _Meeting(a, b, inner, merges=False).met()


class _Meeting:
    def __init__(self, a: Object, b: Object, inner: Meet, *, merges: bool) -> None:
        self._a = a
        self._b = b
        self._inner = inner
        self._merges = merges

    def met(self) -> GType:
        a, b = self._a, self._b
        rest = None if a.rest is None or b.rest is None else self._inner(a.rest, b.rest)
        rest = None if isinstance(rest, Never) else rest
        keys = self._keys() if a.keys or b.keys else ()
        fields: list[Field] = []
        for name in sorted({f.name for f in (*a.fields, *b.fields)}):
            field = self._field(name)
            if isinstance(field.type, Never):
                if field.required:
                    return Never()
                if rest is None and not keys:
                    continue
            fields.append(field)
        highs = [o.high for o in (a, b) if o.high is not None]
        high = min(highs, default=None)
        required = sum(f.required for f in fields)
        if high is not None and max(a.low, b.low, required) > high:
            return Never()
        low = max(a.low, b.low)
        return Object(tuple(fields), rest, keys, low if low > required else 0, high)

    def _keys(self) -> tuple[Keys, ...]:
        """The kinds of keys of both, in an order in which the first that fits counts."""
        found: list[Keys] = []
        # Last come those that neither of them tells apart: the rest.
        *pairs, _ = product(classes(self._a), classes(self._b))
        for (names, one), (others, other) in pairs:
            both = texts(names, others)
            kind = self._both(one, other)
            if kind is not None and not isinstance(both, Never):
                found.append(Keys(both, kind))
        if len(found) > _MOST:
            raise TooManyKindsError(f"more than {_MOST} kinds of keys")
        return tuple(found)

    def _both(self, one: GType | None, other: GType | None) -> GType | None:
        if one is None or other is None:
            return (other if one is None else one) if self._merges else None
        return self._inner(one, other)

    def _field(self, name: str) -> Field:
        """A field of both; what an open object says of other keys holds for it."""
        one, two = self._a.field(name), self._b.field(name)
        if one is None or two is None:
            alone, other = (one, self._b) if one is not None else (two, self._a)
            assert alone is not None  # noqa: S101 - the name is of one of the two
            kind = self._both(alone.type, unnamed(other, name)) or Never()
            return Field(alone.name, kind, alone.required, alone.default, alone.secret, alone.doc)
        required = one.required or two.required
        return Field(
            one.name,
            self._inner(one.type, two.type),
            required,
            None if required else one.default or two.default,
            one.secret or two.secret,
            one.doc or two.doc,
        )
