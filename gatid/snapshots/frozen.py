"""Data as it is at one moment, taken quickly on the event loop and looked at later in a thread.

It is frozen as pickled bytes, which never leave this process: what is written is made by
`values`. Only plain data is taken so, by code of the interpreter; what has a class of its own is
not asked how it wants to be copied, but named and left out.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatid.services.isolation import values

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN = "unknown type"
TOO_LARGE = "too large"
CHANGED = "changed while it was read"
TOO_DEEP = "too deep"


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """Stands where something was that is not kept: its type, and why it is not."""

    type: str
    why: str


class _FullError(Exception):
    """There is no room for what is being frozen."""


class _Room:
    """A file with so much room, which is looked at as often as a frame is full."""

    __slots__ = ("_left", "parts")

    def __init__(self, size: int) -> None:
        self.parts: list[bytes] = []
        self._left = size

    def write(self, part: Any) -> int:
        """One more part."""
        data = bytes(part)
        self._left -= len(data)
        if self._left < 0:
            raise _FullError
        self.parts.append(data)
        return len(data)


def _missing(name: str) -> Missing:
    return Missing(name, UNKNOWN)


_OURS = (_missing, values.unpack)


class _Freezer(pickle.Pickler):
    # Called for whatever is no plain container, text or number.
    def reducer_override(self, obj: Any) -> Any:
        for known in _OURS:
            if obj is known:
                return NotImplemented
        if type(obj) in values.SCALARS:
            try:
                return values.unpack, (values.pack(obj),)
            except values.NotSerialisableError:
                pass
        return _missing, (type_name(obj),)


def type_name(value: object) -> str:
    """What a class is called, with its module where it is not built in."""
    kind = type(value)
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


EMPTY = pickle.dumps({}, 5)


def freeze(value: Any, room: int) -> bytes | None:
    """A value as it is now, None if that takes more than `room` bytes or cannot be."""
    try:
        return _frozen(value, room)
    except (_FullError, RecursionError, RuntimeError):
        return None


def freeze_all(data: Mapping[str, Any], room: int) -> bytes:
    """As `freeze`, and what hinders it is left out by its key."""
    try:
        return _frozen(data, room)
    except (_FullError, RecursionError, RuntimeError):
        pass
    left = room
    kept: dict[str, Any] = {}
    for key, value in list(data.items()):
        try:
            part = _frozen(value, left)
        except _FullError:
            kept[key] = _Left(Missing(type_name(value), TOO_LARGE))
        except RecursionError:
            kept[key] = _Left(Missing(type_name(value), TOO_DEEP))
        except RuntimeError:
            kept[key] = _Left(Missing(type_name(value), CHANGED))
        else:
            left -= len(part)
            kept[key] = part
    return pickle.dumps(_Apart(kept), 5)


def thaw(frozen: bytes) -> Any:
    """The value that was frozen, with `Missing` where something is not kept."""
    value = pickle.loads(frozen)  # noqa: S301  # bytes that this process made
    if type(value) is not _Apart:
        return value
    return {
        key: part.missing if type(part) is _Left else pickle.loads(part)  # noqa: S301
        for key, part in value.parts.items()
    }


@dataclass(frozen=True, slots=True)
class _Left:
    missing: Missing


@dataclass(frozen=True, slots=True)
class _Apart:
    parts: dict[str, Any]


def _frozen(value: Any, room: int) -> bytes:
    file = _Room(room)
    _Freezer(file, 5).dump(value)
    return file.parts[0] if len(file.parts) == 1 else b"".join(file.parts)
