"""Values as they stand in a snapshot: JSON that gives back the same types, equal, and shared.

What JSON knows stands as it is. Anything else is an object of one key that begins with `$`:
`$d` a dict whose keys are not all texts, `$t` `$S` `$F` tuple, set and frozenset, `$B` a bytearray,
`$is` what stands at several places (its number, and what it is) and `$see` the others of them,
`$missing` what was not kept, and those of `gatid.services.isolation.values`.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from gatid.services.isolation import values
from gatid.snapshots.frozen import TOO_DEEP, UNKNOWN, Missing, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

_DEPTH = 100
"""How deep values are written; what reads JSON takes no deeper ones."""

_SHARED = (dict, list, set, bytearray)


class BadValueError(ValueError):
    """JSON that no value was written as."""


class Writer:
    """Writes one value. `hide` gives what a text or a number is to be replaced by, which is the
    same where there is nothing to hide; `missing` has what was left out afterwards.
    """

    def __init__(self, hide: Callable[[Any], Any]) -> None:
        self._hide = hide
        self._often: set[int] = set()
        self._numbers: dict[int, int] = {}
        self.missing: list[tuple[str, Missing]] = []

    def write(self, value: Any, at: str = "") -> Any:
        """The value as JSON; `at` is the JSON Pointer of where it stands."""
        self._count(value)
        return self._value(value, at, _DEPTH)

    def _count(self, root: Any) -> None:
        """Finds out what stands at several places."""
        seen: set[int] = set()
        rest = [root]
        while rest:
            value = rest.pop()
            kind = type(value)
            if kind in _SHARED:
                if id(value) in seen:
                    self._often.add(id(value))
                    continue
                seen.add(id(value))
            if kind is dict:
                rest += value.keys()
                rest += value.values()
            elif kind in (list, tuple, set, frozenset):
                rest += value

    def _value(self, value: Any, at: str, depth: int) -> Any:
        kind = type(value)
        if kind is Missing:
            return self._left(value, at)
        if kind in _SHARED and id(value) in self._often:
            number = self._numbers.get(id(value))
            if number is not None:
                return {"$see": number}
            number = self._numbers[id(value)] = len(self._numbers)
            return {"$is": [number, self._part(value, kind, at, depth)]}
        return self._part(value, kind, at, depth)

    def _part(self, value: Any, kind: type, at: str, depth: int) -> Any:
        if not depth:
            return self._left(Missing(type_name(value), TOO_DEEP), at)
        if kind is dict:
            return self._dict(value, at, depth - 1)
        if kind is list:
            return self._items(value, at, depth - 1)
        if kind is tuple:
            return {"$t": self._items(value, at, depth - 1)}
        if kind is set:
            return {"$S": self._items(value, at, depth - 1)}
        if kind is frozenset:
            return {"$F": self._items(value, at, depth - 1)}
        hidden = self._hide(value)
        if type(hidden) is Missing:
            return self._left(hidden, at)
        if hidden is not value:
            self.missing.append((at, Missing(type_name(value), "hidden")))
        if kind is bytearray:
            return {"$B": base64.b64encode(value).decode()}
        try:
            made = values.tagged(hidden)
        except values.NotSerialisableError:
            return self._left(Missing(type_name(value), UNKNOWN), at)
        if type(made) is dict:
            ((name, data),) = made.items()
            return {f"${name}": data}
        return made

    def _items(self, items: Any, at: str, depth: int) -> list[Any]:
        return [self._value(item, f"{at}/{i}", depth) for i, item in enumerate(items)]

    def _dict(self, value: dict[Any, Any], at: str, depth: int) -> Any:
        if all(type(key) is str and key[:1] != "$" and _plain(key) for key in value):
            written: dict[str, Any] = {}
            for key, item in value.items():
                shown = self._hide(key)
                name = shown if type(shown) is str else "***"
                if name != key:
                    self.missing.append((f"{at}/{name}", Missing("str", "hidden")))
                written[name] = self._value(item, f"{at}/{_escaped(name)}", depth)
            return written
        return {
            "$d": [
                [self._value(key, f"{at}/{i}/0", depth), self._value(item, f"{at}/{i}/1", depth)]
                for i, (key, item) in enumerate(value.items())
            ]
        }

    def _left(self, missing: Missing, at: str) -> Any:
        self.missing.append((at, missing))
        return {"$missing": [missing.type, missing.why]}


def read(data: Any) -> Any:
    """The value that was written so, with `Missing` where something was not kept.

    Raises `BadValueError`.
    """
    try:
        return _Reader().value(data)
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, OSError) as error:
        raise BadValueError(f"{type(error).__name__}: {error}") from error


class _Reader:
    def __init__(self) -> None:
        self._known: dict[int, Any] = {}

    def value(self, data: Any, number: int | None = None) -> Any:
        kind = type(data)
        if kind is list:
            return self._list(data, number)
        if kind is not dict:
            return data
        name = next(iter(data), "")
        if name[:1] == "$":
            return self._tagged(name, data[name], number)
        return self._dict(data.items(), number)

    def _tagged(self, name: str, data: Any, number: int | None) -> Any:
        match name:
            case "$see":
                return self._known[data]
            case "$is":
                return self.value(data[1], data[0])
            case "$missing":
                return Missing(*data)
            case "$d":
                made: dict[Any, Any] = self._keep({}, number)
                for key, item in data:
                    made[self.value(key)] = self.value(item)
                return made
            case "$t":
                return tuple(self.value(item) for item in data)
            case "$S":
                found: set[Any] = self._keep(set(), number)
                found.update(self.value(item) for item in data)
                return found
            case "$F":
                return frozenset(self.value(item) for item in data)
            case "$B":
                return self._keep(bytearray(base64.b64decode(data)), number)
        return values.untagged({name[1:]: data})

    def _list(self, data: list[Any], number: int | None) -> list[Any]:
        made: list[Any] = self._keep([], number)
        made.extend(self.value(item) for item in data)
        return made

    def _dict(self, items: Any, number: int | None) -> dict[str, Any]:
        made: dict[str, Any] = self._keep({}, number)
        for key, item in items:
            made[key] = self.value(item)
        return made

    def _keep(self, made: Any, number: int | None) -> Any:
        if number is not None:
            self._known[number] = made
        return made


def _plain(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
