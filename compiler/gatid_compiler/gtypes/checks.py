"""Checks that the validation engine has no words for, called from inside its schemas.

They raise `PydanticCustomError`, which the engine turns into an error of the value; what the
fault is called is decided elsewhere (`explain`).
"""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from gatid_compiler.gtypes import keys, scalars
from gatid_compiler.gtypes.leaves import exact

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from gatid_compiler.gtypes.model import Object

DEEPEST = 200
"""Containers inside one another that a Python value may have."""


def _refused() -> PydanticCustomError:
    return PydanticCustomError("gtype", "not of the type")


def never(value: Any) -> Any:
    """Refuses everything."""
    raise _refused()


def json_data(value: Any) -> Any:
    """A copy of plain JSON data in exact Python types; anything else is refused."""
    return _json_data(value, 0, decimals=False)


def read_data(value: Any) -> Any:
    """The same of data that was read; numbers kept as `Decimal`s become doubles."""
    return _json_data(value, 0, decimals=True)


def _json_data(value: Any, depth: int, *, decimals: bool) -> Any:
    kind = type(value)
    if kind is str:
        if not value.isascii() and not is_text(value):
            raise _refused()
        return value
    if kind is int or kind is bool or value is None:
        return value
    if kind is float:
        if not isfinite(value):
            raise _refused()
        return value
    if decimals and kind is Decimal:
        return _json_data(float(value), depth, decimals=decimals)
    if depth > DEEPEST:
        raise _refused()
    if kind is list:
        return [_json_data(item, depth + 1, decimals=decimals) for item in value]
    if kind is dict:
        return {_key(k): _json_data(v, depth + 1, decimals=decimals) for k, v in value.items()}
    raise _refused()


def _key(key: Any) -> str:
    if type(key) is not str or not is_text(key):
        raise _refused()
    return key


def is_text(value: str) -> bool:
    """The string can be written as UTF-8: no half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def unique(items: list[Any]) -> list[Any]:
    """The items, all different by JSON equality."""
    if repeated(items) is not None:
        raise _refused()
    return items


def repeated(items: list[Any]) -> int | None:
    """Where the first item stands that was there before; `1` equals `1.0`, not `true`."""
    seen: set[Hashable] = set()
    for place, item in enumerate(items):
        key = _identity(item)
        if key in seen:
            return place
        seen.add(key)
    return None


def _identity(value: Any) -> Hashable:
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, list):
        return (list, *map(_identity, value))
    if isinstance(value, dict):
        return (dict, frozenset((k, _identity(v)) for k, v in value.items()))
    return value  # type: ignore[no-any-return]


def multiple_of(multiple: float) -> Callable[[Any], Any]:
    """A check, before a number is made a double, that it is no integer and is a multiple.

    A double is the shortest decimal that reads back as it, a `Decimal` every digit it has.
    """
    step = exact(multiple)

    def check(value: Any) -> Any:
        no_integer(value)
        if isinstance(value, float | Decimal) and isfinite(value) and exact(value) % step:
            raise _refused()
        return value

    return check


def no_integer(value: Any) -> Any:
    """A number that was not written as an integer."""
    if isinstance(value, int):
        raise _refused()
    return value


def octets(low: int, high: int | None) -> Callable[[str], str]:
    """A check that base64 text stands for as many octets."""

    def check(text: str) -> str:
        size = scalars.octets(text)
        if size < low or (high is not None and size > high):
            raise _refused()
        return text

    return check


def leap_second(text: str) -> str:
    """A time that is written with second 60, and is a leap second."""
    if not scalars.leap_second(text):
        raise _refused()
    return text


def split(t: Object) -> Callable[[Any], dict[str, dict[Any, Any]]]:
    """Members of an object in groups: those of fields and of the rest, then each of `keys`."""
    named = {f.name for f in t.fields}

    def divide(value: Any) -> dict[str, dict[Any, Any]]:
        if type(value) is not dict or not keys.counted(t, len(value)):
            raise _refused()
        groups: dict[str, dict[Any, Any]] = {str(n): {} for n in range(len(t.keys) + 1)}
        for key, held in value.items():
            group = 0
            if isinstance(key, str) and is_text(key) and key not in named:
                fitting = (n for n, k in enumerate(t.keys, 1) if keys.is_one(key, k.names))
                group = next(fitting, 0)
            groups[str(group)][key] = held
        return groups

    return divide


def together(groups: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The object of the groups."""
    return {key: held for group in groups.values() for key, held in group.items()}
