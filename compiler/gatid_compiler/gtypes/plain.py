"""What handlers return, as plain JSON data in normative form.

`UUID` becomes lower case text, `datetime`, `date` and `time` RFC 3339, `timedelta` ISO 8601,
`Decimal` its digits, `bytes` base64, an `Enum` its value, a dataclass or a pydantic model an
object, a tuple an array. Values of other types stay as they are, for a fault to name.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import ipaddress
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from gatid_compiler.gtypes.checks import DEEPEST

_UTC = "+00:00"


def plain(value: Any) -> Any:
    """A copy of the value in which everything that has a JSON form is in it."""
    return _plain(value, 0)


def _plain(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        # What is nested without end, a list inside itself, is left for a fault to name.
        return _TOO_DEEP
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return _plain(value.value, depth + 1)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return {_key(k): _plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    text = _text(value)
    if text is not None:
        return text
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: _plain(getattr(value, f.name), depth + 1) for f in dataclasses.fields(value)
        }
    if hasattr(value, "model_dump") and not isinstance(value, type):
        return _plain(value.model_dump(), depth + 1)
    return value


class _TooDeep:
    """Stands where a value was nested deeper than is read."""


_TOO_DEEP = _TooDeep()


def _key(key: Any) -> Any:
    if isinstance(key, Enum):
        key = key.value
    if isinstance(key, str):
        return str(key)
    return str(key) if isinstance(key, UUID) else key


def _text(value: Any) -> str | None:
    match value:
        case UUID():
            return str(value)
        case dt.datetime():
            return _moment(value)
        case dt.date():
            return value.isoformat()
        case dt.time():
            return _zulu(value.isoformat())
        case dt.timedelta():
            return _duration(value)
        case Decimal():
            return format(value, "f")
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode()
        case ipaddress.IPv4Address() | ipaddress.IPv6Address():
            return str(value)
        case _:
            return None


def _moment(value: dt.datetime) -> str:
    return _zulu(value.isoformat())


def _zulu(text: str) -> str:
    return text.removesuffix(_UTC) + "Z" if text.endswith(_UTC) else text


def _duration(value: dt.timedelta) -> str:
    sign = "-" if value < dt.timedelta() else ""
    size = abs(value)
    minutes, seconds = divmod(size.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{size.microseconds:06d}".rstrip("0").rstrip(".")
    date = f"{size.days}D" if size.days else ""
    clock = "".join(
        f"{count}{letter}" for count, letter in ((hours or "", "H"), (minutes or "", "M")) if count
    )
    if seconds or fraction or not (date or clock):
        clock += f"{seconds}{fraction}S"
    return f"{sign}P{date}{'T' + clock if clock else ''}"
