"""Reading a request's body: bounded, complete, and in time.

granian neither limits bodies nor notices stalled ones, and its iterator hides truncation. Two
ways lead through: where Content-Length is given and within the bound, one `await proto()`,
which hyper holds to that length and which raises when the client stops short; for chunked
bodies the iterator, counted as it goes, complete only if exactly one empty chunk ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gatid.ingress.problem import ProblemError
from gatid.ingress.rsgi import ProtocolClosed, ProtocolError

if TYPE_CHECKING:
    from gatid.ingress.deadline import Deadlines, Watch
    from gatid.ingress.rsgi import Headers, HTTPProtocol

CHUNKED: Final = -1
GRACE: Final = 5.0
"""Seconds that any body may take, however slow the minimum rate would have it."""

_LINGER_BYTES = 8 << 20
_LINGER_SECONDS = 2.0


def announced(headers: Headers, limit: int) -> int:
    """How long the body will be: its Content-Length, 0 without a body, or `CHUNKED`.

    413 when that is past the limit.
    """
    length = headers.get("content-length")
    if "transfer-encoding" in headers:
        # hyper takes the length of a chunked body away and closes the connection after it. It
        # also reads `gzip, chunked` as chunked, where a proxy in front may see another body.
        codings = headers.get_all("transfer-encoding")
        if [coding.lower() for coding in codings] != ["chunked"]:
            raise ProblemError(
                400,
                "malformed-request",
                "the Transfer-Encoding must be chunked alone",
                headers=(("connection", "close"),),
            )
        return CHUNKED
    if length is None:
        return 0
    if not length.isdigit():
        raise ProblemError(400, "malformed-request", "the Content-Length is malformed")
    # More digits than any limit has are not worth reading, and Python refuses 5,000 of them.
    size = int(length) if len(length) < 20 else limit + 1
    if size > limit:
        raise too_large(limit)
    return size


class BodyTimes:
    """How long bodies may take: `body_timeout` at most, and no slower than `min_rate`."""

    __slots__ = ("_rate", "_timeout")

    def __init__(self, timeout_ms: int, min_rate: int) -> None:
        self._timeout = timeout_ms / 1000
        self._rate = min_rate

    def seconds(self, size: int) -> float:
        """The time for so many bytes."""
        if not self._rate:
            return self._timeout
        return min(self._timeout, GRACE + size / self._rate)


async def collect(
    proto: HTTPProtocol, limit: int, times: BodyTimes, deadlines: Deadlines, watch: Watch
) -> bytes:
    """A chunked body, whole. 413 as soon as it is past the limit, 400 when it breaks off."""
    chunks: list[bytes] = []
    size = 0
    ends = 0
    async for chunk in proto:
        if not chunk:
            ends += 1
            continue
        if ends:
            raise truncated()
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        deadlines.move(watch, watch.since + times.seconds(size))
        chunks.append(chunk)
    # A body that breaks off ends in two empty chunks, a complete one in one.
    if ends != 1:
        raise truncated()
    return b"".join(chunks)


async def linger(proto: HTTPProtocol, headers: Headers, deadlines: Deadlines) -> None:
    """Throws away the rest of a body whose answer has been sent already.

    Closing a connection with unread bytes resets it, and the client may lose the answer to
    the reset. Bounded in bytes and time; what is left after that is the client's loss.
    """
    length = headers.get("content-length")
    if length is None or "transfer-encoding" in headers or not length.isdigit():
        return
    watch = deadlines.enter(_LINGER_SECONDS)
    left = _LINGER_BYTES
    try:
        async for chunk in proto:
            left -= len(chunk)
            if left < 0:
                return
    except (ProtocolClosed, ProtocolError):
        return
    finally:
        deadlines.leave(watch)


def too_large(limit: int) -> ProblemError:
    """The body is longer than the route takes."""
    return ProblemError(413, "body-too-large", f"the body is larger than {limit} bytes")


def truncated() -> ProblemError:
    """The client stopped in the middle of its body."""
    return ProblemError(
        400,
        "truncated-body",
        "the body ended before it was complete",
        headers=(("connection", "close"),),
    )


def stalled() -> ProblemError:
    """The client took too long over its body."""
    return ProblemError(
        408, "request-timeout", "the body came too slowly", headers=(("connection", "close"),)
    )
