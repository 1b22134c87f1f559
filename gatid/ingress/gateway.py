"""The RSGI application of a worker: each request goes to the committed generation.

The epoch is a number in memory that all workers share; storing it is the commit. A request
compares it with the generation at hand, so that no client sees the new plan and then the old.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid.ingress.problem import CONTENT_TYPE, ProblemError
from gatid.ingress.request_id import request_ids
from gatid.observe.capture import trace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from gatid.endpoint.generation import Generation
    from gatid.ingress.rsgi import HTTPProtocol, Scope, Transport
    from gatid.services.host import Host


class Gateway:
    """Hand the gateway itself to granian.

    `flip` returns the generation that the epoch names; `on_idle` is told of a retired one when
    its last request has ended. While `lame` is set every answer closes its connection.
    """

    def __init__(
        self,
        epoch: memoryview[int],
        current: Generation,
        flip: Callable[[], Generation],
        *,
        on_idle: Callable[[Generation], None],
        host: Host,
    ) -> None:
        self.current = current
        self.lame = False
        self._epoch = epoch
        self._flip = flip
        self._on_idle = on_idle
        self._log = host.log
        self._in_flight = host.meters.in_flight

    def advance(self) -> Generation:
        """The committed generation; the one before is retired, and idle if nobody is in it."""
        old = self.current
        if old.number != self._epoch[0]:
            new = self._flip()
            if new is not old:
                self.current = new
                old.retired = True
                if not old.inflight:
                    self._on_idle(old)
        return self.current

    async def __rsgi__(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Answers one request."""
        generation = self.current
        if generation.number != self._epoch[0]:
            generation = self.advance()
        if self.lame:
            proto = _Closing(proto)
        generation.inflight += 1
        self._in_flight.add(1.0)
        try:
            limit = generation.concurrency
            if limit is not None and generation.inflight > limit:
                _shed(proto)
            else:
                await generation.dispatch(scope, proto)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not be a silent 500
            self._log.error("a request was not answered", traceback=trace(error))
            _answer(proto, ProblemError(500, "internal", "internal error"))
        finally:
            self._in_flight.add(-1.0)
            generation.inflight -= 1
            if generation.retired and not generation.inflight:
                self._on_idle(generation)


def _shed(proto: HTTPProtocol) -> None:
    retry = (("retry-after", "1"),)
    _answer(proto, ProblemError(503, "unavailable", "too many requests at once", headers=retry))


def _answer(proto: HTTPProtocol, error: ProblemError) -> None:
    request_id = request_ids()()
    fields = [CONTENT_TYPE, ("x-request-id", request_id), *error.headers]
    proto.response_bytes(error.status, fields, error.body(request_id))


class _Closing:
    """A protocol whose answers say that the connection ends with them."""

    __slots__ = ("_proto",)

    def __init__(self, proto: HTTPProtocol) -> None:
        self._proto = proto

    def __call__(self) -> Awaitable[bytes]:
        return self._proto()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._proto.__aiter__()

    def client_disconnect(self) -> Awaitable[None]:
        return self._proto.client_disconnect()

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self._proto.response_empty(status, [*headers, ("connection", "close")])

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self._proto.response_bytes(status, [*headers, ("connection", "close")], body)

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Transport:
        return self._proto.response_stream(status, [*headers, ("connection", "close")])
