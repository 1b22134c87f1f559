"""From a request to the coroutine of its contract: guard, explicit version, match."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatid.ingress import guard
from gatid.ingress.problem import ProblemError
from gatid.ingress.query import parse_query

if TYPE_CHECKING:
    from gatid.endpoint.faults import Faults
    from gatid.ingress.rsgi import Headers, HTTPProtocol, Scope
    from gatid.routing.table import Table
    from gatid.routing.version import Asked, Timeline

Target = Callable[..., Coroutine[Any, Any, None]]
"""Called with scope, proto, headers, query, path values and release."""

Fits = Callable[[tuple[str, ...]], bool]
"""Whether the values of a path are of the types of its parameters."""

UNDECIDED = -1
"""The release where the client named none and must; the last of every tuple."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One method of one path: in each release its coroutine, and the route it belongs to.

    Where `served` is False the coroutine refuses, after the route's policies. `fits` says
    whether the path's values are of their types. The last entries are for requests
    whose release is undecided. Targets are replaced when somebody begins or ends to watch.
    """

    targets: list[Target]
    served: tuple[bool, ...]
    routes: tuple[str, ...]
    fits: tuple[Fits, ...]


class Dispatch:
    """The entry of a generation: `await dispatch(scope, proto)` answers one request."""

    __slots__ = (
        "_default",
        "_faults",
        "_guard",
        "_meter",
        "_methods",
        "_next_id",
        "_param",
        "_static",
        "_table",
        "_timeline",
    )

    def __init__(
        self,
        table: Table[Slot],
        timeline: Timeline | None,
        faults: Faults,
        meter: Callable[[int, float], None],
        next_id: Callable[[], str],
        methods: Iterable[str],
    ) -> None:
        self._table = table
        self._static = table.static
        self._timeline = timeline
        self._default = 0 if timeline is None else timeline.default
        self._param = None if timeline is None else timeline.selectors.param
        self._faults = faults
        self._meter = meter
        self._next_id = next_id
        self._methods = set(methods)
        self._guard = guard.Guard()

    def __call__(self, scope: Scope, proto: HTTPProtocol) -> Coroutine[Any, Any, None]:
        """The coroutine that answers."""
        headers = scope.headers
        path = scope.path
        method = scope.method
        try:
            self._guard.host(scope, headers)
            text = scope.query_string
            query = parse_query(text) if text else None
            release = self._default
            asked = None
            timeline = self._timeline
            if timeline is not None:
                segment, path = _selector(timeline, path)
                asked = timeline.explicit(segment, query, headers)
                if asked is not None:
                    release = asked.release
                if query and self._param is not None:
                    query.pop(self._param, None)
                timeline.alive(release, path)
            entry = self._static.get(path)
            slot = None if entry is None else entry.get(method)
            values: tuple[str, ...] = ()
            if slot is None or not slot.served[release]:
                guard.path(path, method)
                slot, values = self._find(path, method, release)
                if slot is None:
                    return self._options(proto, self._allowed(path, method))
            if asked is not None:
                _same_route(asked, slot)
        except ProblemError as error:
            return self._refused(error, scope, proto, headers)
        return slot.targets[release](scope, proto, headers, query, values, release)

    def _find(self, path: str, method: str, release: int) -> tuple[Slot | None, tuple[str, ...]]:
        """The most specific path that has the method.

        Where the release asked for does not have it yet, a wider path that it does have is meant
        if the values are of its types: a path that came later takes nothing from old clients.
        """
        elsewhere: tuple[Slot | None, tuple[str, ...]] = None, ()
        for entry, values in self._table.matches(path):
            slot = entry.get(method)
            if slot is None and method == "HEAD":
                slot = entry.get("GET")
            if slot is not None:
                if slot.served[release]:
                    if elsewhere[0] is None or slot.fits[release](values):
                        return slot, values
                elif elsewhere[0] is None:
                    elsewhere = slot, values
        return elsewhere

    def _allowed(self, path: str, method: str) -> str:
        """The methods for an OPTIONS that no route answers; any other request is refused."""
        if path == "*":
            methods = set(self._methods)
        else:
            methods = {name for entry, _ in self._table.matches(path) for name in entry}
            if not methods:
                raise ProblemError(404, "not-found", "there is no such route")
        if "GET" in methods:
            methods.add("HEAD")
        methods.add("OPTIONS")
        allowed = ", ".join(sorted(methods))
        if method != "OPTIONS":
            raise ProblemError(
                405,
                "method-not-allowed",
                "the route has no such method",
                headers=(("allow", allowed),),
            )
        return allowed

    async def _options(self, proto: HTTPProtocol, allowed: str) -> None:
        begun = time.perf_counter()
        fields = [("allow", allowed), ("x-request-id", self._next_id())]
        proto.response_empty(204, fields)
        self._meter(204, time.perf_counter() - begun)

    async def _refused(
        self, error: ProblemError, scope: Scope, proto: HTTPProtocol, headers: Headers
    ) -> None:
        begun = time.perf_counter()
        status = await self._faults.failed(error, scope, proto, headers, self._next_id(), 0)
        self._meter(status, time.perf_counter() - begun)


def _selector(timeline: Timeline, path: str) -> tuple[str | None, str]:
    """The version that a path begins with, and the path without it."""
    if not timeline.selectors.path:
        return None, path
    segment, slash, rest = path[1:].partition("/")
    if not timeline.reads(segment):
        return None, path
    return segment, slash + rest or "/"


def _same_route(asked: Asked, slot: Slot) -> None:
    if asked.route is not None and slot.routes[asked.release] != asked.route:
        raise ProblemError(400, "version", "the version asked for is one of another route")
