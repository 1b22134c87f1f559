"""`req`: what a handler reads of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, cast

from typing_extensions import TypeVar

from gatid.ingress.client_ip import client_address
from gatid.ingress.headers import RequestHeaders
from gatid.ingress.query import parse_cookies
from gatid.ingress.trace_context import Trace, continue_trace

if TYPE_CHECKING:
    from gatid.ingress.rsgi import Headers, Scope
    from gatid.policies.principal import Principal


Body = TypeVar("Body", default=Any)
Query = TypeVar("Query", default=Mapping[str, Any])
Params = TypeVar("Params", default=Mapping[str, Any])
Fields = TypeVar("Fields", default=Mapping[str, Any])
Cookies = TypeVar("Cookies", default=Mapping[str, Any])


class Request(Generic[Body, Query, Params, Fields, Cookies]):
    """One request, in the shapes that its handler was written for: `Request[Body, Query, …]`.

    `params`, `query` and `body` are validated plain data; so are `headers` and `cookies` where
    the route declares them, else they are text by name. `raw` is the body as it came. `version`
    is the release that the client speaks, None where the application has none.
    """

    __slots__ = (
        "_cookies",
        "_fields",
        "_flags",
        "_headers",
        "_scope",
        "_trace",
        "body",
        "id",
        "params",
        "principal",
        "query",
        "raw",
        "route",
        "version",
    )

    def __init__(
        self,
        scope: Scope,
        fields: Headers,
        id: str,
        route: str,
        version: str | None,
        principal: Principal,
        params: Params,
        query: Query,
        body: Body,
        raw: bytes,
        headers: Fields | None = None,
        cookies: Cookies | None = None,
    ) -> None:
        self._scope = scope
        self._fields = fields
        self.id = id
        self.route = route
        self.version = version
        self.principal = principal
        self.params = params
        self.query = query
        self.body = body
        self.raw = raw
        self._headers = headers
        self._cookies = cookies
        self._trace: Trace | None = None
        self._flags: dict[str, Any] | None = None

    @property
    def method(self) -> str:
        """The HTTP method, HEAD where a GET route answers one."""
        return self._scope.method

    @property
    def path(self) -> str:
        """The path, percent-decoded."""
        return self._scope.path

    @property
    def client(self) -> str:
        """The address of the peer, without its port."""
        return client_address(self._scope.client)

    @property
    def headers(self) -> Fields:
        """Headers by name in any case; what came several times is joined by `, `."""
        headers = self._headers
        if headers is None:
            joined: dict[str, str] = {}
            for name, value in self._fields.items():
                joined[name] = f"{joined[name]}, {value}" if name in joined else value
            headers = self._headers = cast(Fields, RequestHeaders(joined))
        return headers

    @property
    def cookies(self) -> Cookies:
        """Cookies by name; of several of one name the first counts."""
        cookies = self._cookies
        if cookies is None:
            values = parse_cookies(self._fields.get_all("cookie"))
            first = {name: texts[0] for name, texts in values.items()}
            cookies = self._cookies = cast(Cookies, first)
        return cookies

    @property
    def trace(self) -> Trace:
        """Where the request stands in its trace (W3C Trace Context)."""
        trace = self._trace
        if trace is None:
            fields = self._fields
            parents = fields.get_all("traceparent")
            trace = self._trace = continue_trace(parents, fields.get_all("tracestate"))
        return trace

    @property
    def traced(self) -> bool:
        """Whether anyone knows of the trace: the caller sent one, or the handler asked."""
        return self._trace is not None or "traceparent" in self._fields

    @property
    def flags(self) -> dict[str, Any]:
        """Marks that hooks and handlers leave for one another."""
        flags = self._flags
        if flags is None:
            flags = self._flags = {}
        return flags

    def __repr__(self) -> str:
        return f"<Request {self.id} {self.method} {self.path}>"
