"""Values as they cross to another process and back: the same type, and equal.

None, bool, int of any size, float, str, bytes, list, tuple, set, frozenset, dict, datetime,
date, time, timedelta, UUID and Decimal, and nothing else: no subclasses, no objects of classes.
What JSON knows already goes as JSON; anything else is an object whose one key says what it is.
"""

from __future__ import annotations

import base64
import math
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

DEPTH = 200
"""How deep values may be nested."""

_PLAIN = b"\0"
_TAGGED = b"\1"
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_NONE = type(None)
_ALIKE = 64
"""Keys, or members of a set, that may share a hash: they are compared one by one, so that very
many, which no accident makes, would take for ever.
"""


class NotSerialisableError(TypeError):
    """A value that cannot cross to another process; the message names its type."""


class BadValueError(ValueError):
    """Bytes that are no value."""


def pack(value: Any) -> bytes:
    """A value as bytes. Raises `NotSerialisableError`."""
    if _is_plain(value, DEPTH):
        try:
            return _PLAIN + orjson.dumps(value)
        except orjson.JSONEncodeError:
            pass  # a lone surrogate in a text
    return _TAGGED + orjson.dumps(_tagged(value, DEPTH))


def unpack(data: bytes | memoryview) -> Any:
    """The value that `pack` made these bytes of. Raises `BadValueError`."""
    try:
        value = orjson.loads(data[1:])
        if data[:1] == _PLAIN:
            return value
        if data[:1] == _TAGGED:
            return _untagged(value)
    except (
        ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError, OSError,
    ) as error:  # fmt: skip
        raise BadValueError(f"{type(error).__name__}: {error}") from error
    raise BadValueError("it is no value of ours")


def tagged(value: Any) -> Any:
    """A value without parts as JSON data: as it is where JSON gives back the same, else an
    object whose one key says what it is. Raises `NotSerialisableError`.
    """
    return _tagged(value, 1)


def untagged(data: Any) -> Any:
    """The value that `tagged` made this of. Raises what comes of data that it did not make."""
    return _untagged(data)


def _is_plain(value: Any, depth: int) -> bool:
    """Whether JSON gives back the same."""
    kind = type(value)
    if kind is str or kind is _NONE or kind is bool:
        return True
    if kind is int:
        return bool(_LEAST <= value <= _MOST)
    if kind is float:
        return math.isfinite(value)
    if not depth:
        return False
    depth -= 1
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not _is_plain(item, depth):
                return False
        return True
    if kind is list:
        for item in value:  # noqa: SIM110 - twice as fast as `all` with a generator
            if not _is_plain(item, depth):
                return False
        return True
    return False


def _tagged(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        return (
            value if _encodable(value) else {"s": _base64(value.encode("utf-8", "surrogatepass"))}
        )
    if _is_plain(value, 0):
        return value
    if not depth:
        raise NotSerialisableError(f"values are nested at most {DEPTH} deep, and not in a circle")
    depth -= 1
    if kind is list:
        return [_tagged(item, depth) for item in value]
    write = _WRITE.get(kind)
    if write is None:
        raise NotSerialisableError(
            f"a `{kind.__qualname__}` cannot cross to another process:"
            " pass plain data, such as a dict of what it holds"
        )
    name, made = write(value, depth)
    return {name: made}


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _all(name: str) -> Callable[[Any, int], tuple[str, Any]]:
    return lambda values, depth: (name, [_tagged(item, depth) for item in values])


def _mapping(value: dict[Any, Any], depth: int) -> tuple[str, Any]:
    return "d", [[_tagged(key, depth), _tagged(item, depth)] for key, item in value.items()]


def _datetime(value: datetime, depth: int) -> tuple[str, Any]:
    del depth
    return "dt", [_zoneless(value), value.fold, _zone(value.tzinfo)]


def _time(value: time, depth: int) -> tuple[str, Any]:
    del depth
    return "tm", [_zoneless(value), value.fold, _zone(value.tzinfo)]


def _zoneless(value: Any) -> str:
    text: str = value.replace(tzinfo=None).isoformat()
    return text


def _zone(zone: Any) -> Any:
    """None, a name, or an offset with the name it was given."""
    if zone is None:
        return None
    if zone is UTC:
        return "UTC"
    if type(zone) is ZoneInfo and zone.key is not None:
        return [zone.key]
    if type(zone) is timezone:
        offset = zone.utcoffset(None)
        return [offset.days, offset.seconds, offset.microseconds, zone.tzname(None)]
    raise NotSerialisableError(
        f"the time zone `{type(zone).__qualname__}` cannot cross to another process:"
        " use `zoneinfo.ZoneInfo` or `datetime.timezone`"
    )


def _read_zone(data: Any) -> Any:
    if data is None:
        return None
    if data == "UTC":
        return UTC
    if len(data) == 1:
        return ZoneInfo(data[0])
    days, seconds, microseconds, name = data
    offset = timedelta(days, seconds, microseconds)
    plain = timezone(offset)
    return plain if plain.tzname(None) == name else timezone(offset, name)


_WRITE: dict[type, Callable[[Any, int], tuple[str, Any]]] = {
    int: lambda value, _: ("i", hex(value)),
    float: lambda value, _: ("f", repr(value)),
    bytes: lambda value, _: ("b", _base64(value)),
    tuple: _all("t"),
    set: _all("S"),
    frozenset: _all("F"),
    dict: _mapping,
    datetime: _datetime,
    time: _time,
    date: lambda value, _: ("da", value.isoformat()),
    timedelta: lambda value, _: ("td", [value.days, value.seconds, value.microseconds]),
    UUID: lambda value, _: ("u", value.hex),
    Decimal: lambda value, _: ("D", str(value)),
}

SCALARS = frozenset((datetime, time, date, timedelta, UUID, Decimal))
"""What has a class, and no parts."""

_READ: dict[str, Callable[[Any], Any]] = {
    "s": lambda data: base64.b64decode(data).decode("utf-8", "surrogatepass"),
    "i": lambda data: int(data, 16),
    "f": float,
    "b": base64.b64decode,
    "t": lambda data: tuple(_untagged(item) for item in data),
    "S": lambda data: set(_distinct([_untagged(item) for item in data])),
    "F": lambda data: frozenset(_distinct([_untagged(item) for item in data])),
    "d": lambda data: dict(
        zip(
            _distinct([_untagged(key) for key, _ in data]),
            [_untagged(item) for _, item in data],
            strict=True,
        )
    ),
    "dt": lambda data: datetime.fromisoformat(data[0]).replace(
        fold=data[1], tzinfo=_read_zone(data[2])
    ),
    "tm": lambda data: time.fromisoformat(data[0]).replace(
        fold=data[1], tzinfo=_read_zone(data[2])
    ),
    "da": date.fromisoformat,
    "td": lambda data: timedelta(*data),
    "u": UUID,
    "D": Decimal,
}


def _distinct(keys: list[Hashable]) -> list[Hashable]:
    """The keys, if few of them share a hash. Raises `ValueError` and `TypeError`."""
    if len(keys) > _ALIKE and max(Counter(map(hash, keys)).values()) > _ALIKE:
        raise ValueError("very many keys share one hash")
    return keys


def _untagged(value: Any) -> Any:
    if type(value) is list:
        return [_untagged(item) for item in value]
    if type(value) is dict:
        ((name, data),) = value.items()
        return _READ[name](data)
    return value
