"""What we use of granian's RSGI, as types, and the two exceptions it raises.

https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from granian import rsgi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

ProtocolClosed: type[Exception] = rsgi.ProtocolClosed  # type: ignore[attr-defined]
"""The client has gone, or stopped in the middle of its body."""

ProtocolError: type[Exception] = rsgi.ProtocolError  # type: ignore[attr-defined]
"""The answer has been sent already, or the body was read."""


class Headers(Protocol):
    """Header fields by lower-case name; values that are not ASCII are left out, names not."""

    def __contains__(self, key: str, /) -> bool: ...
    def get(self, key: str, default: str | None = None, /) -> str | None: ...
    def get_all(self, key: str, /) -> list[str]: ...
    def items(self) -> list[tuple[str, str]]: ...


class Scope(Protocol):
    """A request without its body. `path` is percent-decoded, `http_version` 1.0 is "1"."""

    @property
    def http_version(self) -> str: ...
    @property
    def client(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query_string(self) -> str: ...
    @property
    def headers(self) -> Headers: ...


class Transport(Protocol):
    """The way out of a streamed answer."""

    def send_bytes(self, data: bytes, /) -> Awaitable[None]: ...


class HTTPProtocol(Protocol):
    """The body of a request, and the way out of its answer."""

    def __call__(self) -> Awaitable[bytes]: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def client_disconnect(self) -> Awaitable[None]: ...
    def response_empty(self, status: int, headers: list[tuple[str, str]], /) -> None: ...
    def response_bytes(
        self, status: int, headers: list[tuple[str, str]], body: bytes, /
    ) -> None: ...
    def response_stream(self, status: int, headers: list[tuple[str, str]], /) -> Transport: ...
