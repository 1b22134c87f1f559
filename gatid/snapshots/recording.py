"""A request while it happens: what is noted of it on the event loop, and no more than that.

Whether a request is recorded is decided before its coroutine is made: by chance for a share of
all, or always where those that fail are kept, which nobody knows before. The others run the code
that runs without snapshots.
"""

from __future__ import annotations

import random
from asyncio import CancelledError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gatid.errors import HTTPError
from gatid.lifecycle.controller import State
from gatid.lifecycle.events import Event, Kind
from gatid.lifecycle.tasks import Outstanding
from gatid.policies.principal import ANONYMOUS, Principal
from gatid.snapshots.facts import Facts
from gatid.snapshots.frozen import EMPTY, freeze, freeze_all

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    from gatid.ingress.request import Request
    from gatid.ingress.rsgi import Headers, HTTPProtocol, Scope, Transport
    from gatid.lifecycle.events import Teller
    from gatid.lifecycle.observed import ObservedContext

_RAISED = (Kind.HOOK_ERROR, Kind.HANDLER_END)
_UNDONE = (Kind.COMPENSATION_ERROR, Kind.CLEANUP_ERROR)
_BEGUN = (Kind.HOOK_START, Kind.HANDLER_START)
_AT_ONCE = frozenset((State.BEFORE, State.HANDLER, State.AFTER, State.CHECK))
"""Entered by the code of the road, right after the event before."""


@dataclass(frozen=True, slots=True)
class Point:
    """One event, and how the request was then. `state` is the number of its local data in what
    was recorded, None where that was too large; `begun` counts hooks and handlers, `last` is the
    one that began last, and `left` are the seconds until the deadline.
    """

    event: Event
    state: int | None
    outstanding: tuple[Outstanding, ...]
    begun: int
    last: str
    running: tuple[str, ...]
    left: float | None


@dataclass(frozen=True, slots=True)
class Sent:
    """The request as it came. `body` is None where the route reads none."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    client: str
    http: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What went out. `complete` is False of a stream of which this is the beginning."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    complete: bool


@dataclass(frozen=True, slots=True)
class Record:
    """A request that has ended, as it was recorded. Data is frozen."""

    facts: Facts
    id: str
    version: str | None
    sampled: bool
    failed: bool
    sent: Sent
    seen: bytes
    principal: Principal
    trace: Any
    flags: bytes
    states: list[bytes]
    points: list[Point]
    answer: Answer | None


class Keeper(Protocol):
    """Takes what was recorded."""

    def keep(self, record: Record) -> None:
        """A request that is to be kept."""

    def lost(self, id: str, route: str, error: Exception) -> None:
        """A request that could not be recorded, through a fault of ours."""


class Recorder:
    """How the requests of one contract are recorded; `keeper` takes those that are kept."""

    __slots__ = ("_teller", "facts", "keeper")

    def __init__(self, facts: Facts, teller: Teller, keeper: Keeper) -> None:
        self.facts = facts
        self.keeper = keeper
        self._teller = teller

    def choosing(
        self,
        recorded: Callable[..., Coroutine[Any, Any, None]],
        other: Callable[..., Coroutine[Any, Any, None]],
    ) -> Callable[..., Coroutine[Any, Any, None]]:
        """What decides for each request which of the two answers it."""
        settings = self.facts.settings
        share = settings.sample
        draw = random.random

        def by_chance(
            scope: Scope, proto: HTTPProtocol, headers: Headers, *more: Any
        ) -> Coroutine[Any, Any, None]:
            if draw() < share:
                tape = Tape(self, self._teller, scope, proto, headers, sampled=True)
                return recorded(scope, tape, headers, *more)
            return other(scope, proto, headers, *more)

        def always(
            scope: Scope, proto: HTTPProtocol, headers: Headers, *more: Any
        ) -> Coroutine[Any, Any, None]:
            tape = Tape(self, self._teller, scope, proto, headers, sampled=draw() < share)
            return recorded(scope, tape, headers, *more)

        return always if settings.errors else by_chance


class Tape:
    """What is noted of one request. It stands where the protocol stands, to see the answer, and
    where those stand that events are told, whom it tells them.
    """

    __slots__ = (
        "_answer",
        "_chunks",
        "_ended",
        "_failed",
        "_headers",
        "_last",
        "_points",
        "_principal",
        "_proto",
        "_raw",
        "_recorder",
        "_req",
        "_room",
        "_sampled",
        "_scope",
        "_seen",
        "_states",
        "_teller",
    )

    def __init__(
        self,
        recorder: Recorder,
        teller: Teller,
        scope: Scope,
        proto: HTTPProtocol,
        headers: Headers,
        *,
        sampled: bool,
    ) -> None:
        self._recorder = recorder
        self._teller = teller
        self._scope = scope
        self._proto = proto
        self._headers = headers
        self._sampled = sampled
        self._failed = False
        self._ended = False
        self._last = ""
        self._points: list[Point] = []
        self._states: list[bytes] = []
        self._room = recorder.facts.settings.max_size * 2
        self._answer: tuple[int, list[tuple[str, str]], bytes | None] | None = None
        self._chunks: _Chunks | None = None
        self._req: Request | None = None
        self._raw = b""
        self._principal = ANONYMOUS
        self._seen = EMPTY

    def of(self, req: Request) -> Tape:
        """Of this request, before any hook has it, which may do with it what it likes."""
        self._req = req
        self._raw = req.raw
        self._principal = req.principal
        facts = self._recorder.facts
        seen: dict[str, Any] = {"params": req.params, "query": req.query, "body": req.body}
        if facts.headers_seen:
            seen["headers"] = dict(req.headers)
        if facts.cookies_seen:
            seen["cookies"] = req.cookies
        self._seen = freeze_all(seen, facts.settings.max_size)
        return self

    def tell(self, event: Event, context: ObservedContext) -> None:
        """Notes an event, and tells those who subscribed."""
        if not self._ended:
            try:
                self._note(event, context)
            except Exception as error:  # noqa: BLE001  # no request is to notice that it is kept
                self._ended = True
                self._recorder.keeper.lost(event.request_id, event.route, error)
        self._teller.tell(event, context)

    def _note(self, event: Event, context: ObservedContext) -> None:
        kind = event.kind
        if kind in _BEGUN:
            self._last = event.name
        elif kind in _UNDONE or (kind in _RAISED and _is_fault(event.error)):
            self._failed = True
        ended = kind is Kind.STATE and event.state is State.ENDED
        working = context.working
        self._points.append(
            Point(
                event,
                self._state(context, event, ended=ended),
                working,
                context.position,
                self._last,
                tuple(context.running),
                context.remaining,
            )
        )
        if kind is Kind.STATE and event.status is not None and event.status >= 500:
            self._failed = True
        if ended:
            self._ended = True
            if self._sampled or (self._failed and self._recorder.facts.settings.errors):
                self._recorder.keeper.keep(self._record())
            # Who waits for an answer may hold the protocol for long.
            self._req = None

    def _state(self, context: ObservedContext, event: Event, *, ended: bool) -> int | None:
        """The number of the local data as it is now; of a request that has ended, as it was."""
        if self._points and (ended or self._is_same(event, context)):
            return self._points[-1].state
        data = context.data
        room = min(self._recorder.facts.settings.max_size, self._room)
        frozen = freeze_all(data, room) if data else EMPTY
        if self._states and self._states[-1] == frozen:
            return len(self._states) - 1
        self._room -= len(frozen)
        if self._room < 0:
            return None
        self._states.append(frozen)
        return len(self._states) - 1

    def _is_same(self, event: Event, context: ObservedContext) -> bool:
        """Whether no code of the request can have run since the event before."""
        if context.tasks or self._points[-1].outstanding:
            return False
        if event.kind is Kind.STATE:
            return event.state in _AT_ONCE
        return event.kind in _BEGUN and self._points[-1].event.kind is Kind.STATE

    def _record(self) -> Record:
        req, scope, facts = self._req, self._scope, self._recorder.facts
        if req is None:
            raise RuntimeError("a request is recorded from its beginning")
        sent = Sent(
            scope.method,
            scope.path,
            scope.query_string,
            list(self._headers.items()),
            scope.client,
            scope.http_version,
            self._raw if facts.body_read else None,
        )
        first = self._points[0].event
        return Record(
            facts,
            first.request_id,
            first.version,
            self._sampled,
            self._failed,
            sent,
            self._seen,
            self._principal,
            req.trace if req.traced else None,
            freeze(req.flags, facts.settings.max_size) or EMPTY,
            self._states,
            self._points,
            self._answered(),
        )

    def _answered(self) -> Answer | None:
        if self._answer is None:
            return None
        status, headers, body = self._answer
        if self._chunks is not None:
            parts = self._chunks
            return Answer(status, headers, b"".join(parts.parts), complete=parts.complete)
        return Answer(status, headers, body or b"", complete=True)

    def __call__(self) -> Awaitable[bytes]:
        return self._proto()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._proto.__aiter__()

    def client_disconnect(self) -> Awaitable[None]:
        """As the protocol does."""
        return self._proto.client_disconnect()

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        """Sends it, and notes it."""
        self._proto.response_empty(status, headers)
        self._answer = status, headers, None

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Sends it, and notes it."""
        self._proto.response_bytes(status, headers, body)
        self._answer = status, headers, body

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Transport:
        """Begins a stream, of which the beginning is noted."""
        transport = self._proto.response_stream(status, headers)
        self._answer = status, headers, None
        self._chunks = _Chunks(transport, self._recorder.facts.settings.max_size)
        return self._chunks


class _Chunks:
    """A transport that keeps what goes through it, as long as there is room."""

    __slots__ = ("_room", "_transport", "complete", "parts")

    def __init__(self, transport: Transport, room: int) -> None:
        self._transport = transport
        self._room = room
        self.parts: list[bytes] = []
        self.complete = True

    def send_bytes(self, data: bytes) -> Awaitable[None]:
        """Sends it, and keeps it if there is room."""
        if self.complete and len(data) <= self._room:
            self._room -= len(data)
            self.parts.append(data)
        else:
            self.complete = False
        return self._transport.send_bytes(data)


def _is_fault(error: BaseException | None) -> bool:
    """Whether it is more than another way of answering. Who was cancelled is told by the status:
    at the deadline it is 504, and a client that has gone is no fault.
    """
    if error is None or isinstance(error, CancelledError):
        return False
    return not (isinstance(error, HTTPError) and error.status < 500)
