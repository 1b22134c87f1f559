"""Frames over a socket pair: how a worker and the process of a module talk.

A frame is its length, a kind, a number, and a value. The number tells which call or question it
is about; both sides count their own. Neither side believes the other: a frame that is too long,
of an unknown kind or no value ends the connection.
"""

from __future__ import annotations

import asyncio
import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Any, cast

from gatid.services.isolation.values import BadValueError, pack, unpack

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

LARGEST = 16 << 20
"""Bytes of the largest frame: what arguments, or an answer, may take."""

LARGEST_TOLD = 1 << 20
"""Of a frame that says something by the way: nobody waits for it, and it cannot be refused."""

AT_ONCE = 256
"""Calls under way in one process, and questions of it; more wait for their turn."""

_HEAD = struct.Struct("<IBI")
_HIGH_WATER = 1 << 20


class Kind(IntEnum):
    """What a frame says. The first ones are the worker's, the others the module's."""

    BEGIN = 1
    CALL = 2
    CANCEL = 3
    PING = 4
    ANSWER = 5
    REFUSAL = 6
    STOP = 7
    HEALTH = 8
    READY = 20
    RESULT = 21
    ERROR = 22
    PONG = 23
    ASK = 24
    GIVE_UP = 25
    LOG = 26
    METRIC = 27


_TOLD = frozenset((Kind.PING, Kind.PONG, Kind.CANCEL, Kind.GIVE_UP, Kind.LOG, Kind.METRIC))


def first(sock: socket.socket) -> Any:
    """The value of the first frame that comes, read before there is an event loop.

    Raises `EOFError` when none comes.
    """
    length, _, _ = _HEAD.unpack(_exactly(sock, _HEAD.size))
    return unpack(_exactly(sock, length))


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            raise EOFError("the other end has gone")
        data += more
    return bytes(data)


def _largest(kind: int) -> int:
    return LARGEST_TOLD if kind in _TOLD else LARGEST


class TooLargeError(ValueError):
    """A value that takes more than a frame may."""


class Wire(asyncio.Protocol):
    """One end. `heard` is called for every frame, `lost` once when there is no more to hear."""

    def __init__(
        self, heard: Callable[[Kind, int, Any], None], lost: Callable[[str | None], None]
    ) -> None:
        self._heard = heard
        self._lost = lost
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._writable: asyncio.Future[None] | None = None
        self._wrong: str | None = None
        self._needed = _HEAD.size
        self.full = False
        self.size = 0
        """Bytes of the frame that was heard last."""

    def send(self, kind: Kind, number: int, value: Any) -> None:
        """Sends a frame, or does nothing when the other end has gone.

        Raises `NotSerialisableError` and `TooLargeError`; then nothing was sent.
        """
        self.send_packed(kind, number, pack(value))

    def send_packed(self, kind: Kind, number: int, data: bytes) -> None:
        """The same with a value that was packed before."""
        largest = _largest(kind)
        if len(data) > largest:
            raise TooLargeError(
                f"{len(data)} bytes are more than the {largest >> 20} MiB that cross"
            )
        if self._transport is not None:
            self._transport.write(_HEAD.pack(len(data), kind, number) + data)

    async def room(self) -> None:
        """Returns when the other end reads as fast as this one writes."""
        while self._writable is not None:
            await asyncio.shield(self._writable)

    def rest(self) -> None:
        """Reads nothing more until `go_on`."""
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Reads again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self, wrong: str | None = None) -> None:
        """Ends the connection; `wrong` is what `lost` is told."""
        if self._transport is not None:
            self._wrong = wrong
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Frames can be sent."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(_HIGH_WATER)

    def connection_lost(self, exc: Exception | None) -> None:
        """There is nobody at the other end any more."""
        del exc
        self._transport = None
        self.resume_writing()
        self._lost(self._wrong)

    def pause_writing(self) -> None:
        """The other end reads too slowly."""
        self.full = True
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """It has read on."""
        self.full = False
        if self._writable is not None:
            self._writable.set_result(None)
            self._writable = None

    def data_received(self, data: bytes) -> None:
        """Takes the frames out of what has come."""
        buffer = self._buffer
        if buffer:
            buffer += data
            if len(buffer) < self._needed:
                return
            data = bytes(buffer)
            buffer.clear()
        at, size = 0, len(data)
        while size - at >= _HEAD.size:
            length, kind, number = _HEAD.unpack_from(data, at)
            if length > _largest(kind):
                self.close(f"it sent a frame of {length} bytes")
                return
            body = at + _HEAD.size
            if body + length > size:
                self._needed = _HEAD.size + length
                break
            at = body + length
            if not self._take(kind, number, data[body:at]):
                return
        else:
            self._needed = _HEAD.size
        if at < size:
            buffer += data[at:]

    def _take(self, kind: int, number: int, data: bytes) -> bool:
        """Hands a frame on; whether to read further."""
        try:
            known = Kind(kind)
            value = unpack(data)
        except (BadValueError, ValueError):
            self.close("it sent what is no frame")
            return False
        self.size = len(data)
        self._heard(known, number, value)
        return self._transport is not None and not self._transport.is_closing()
