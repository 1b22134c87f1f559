"""`res`: what a handler or a hook answers with."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Self

from gatid.ingress.headers import checked

if TYPE_CHECKING:
    from collections.abc import AsyncIterable


_Octets = bytes
Octets = bytes | bytearray | memoryview


class Kind(Enum):
    """What `Response.body` is."""

    NOTHING = "nothing"
    VALUE = "a value"
    TEXT = "text"
    BYTES = "bytes"
    PROBLEM = "a problem"
    STREAM = "a stream"


class Response:
    """An answer in the making. Every method returns the response, so calls chain.

    A status alone is an answer too, without a body. `body` and `status_code` may be read and
    set by after hooks; a `body` that is set replaces what there was, as a value.
    """

    __slots__ = ("_body", "headers", "kind", "media_type", "plain", "status_code")

    def __init__(self) -> None:
        self.plain = True
        self.status_code: int | None = None
        self.kind = Kind.NOTHING
        self._body: Any = None
        self.media_type = ""
        self.headers: list[tuple[str, str]] = []

    @property
    def answered(self) -> bool:
        """Whether there is an answer."""
        return self.kind is not Kind.NOTHING or self.status_code is not None

    @property
    def body(self) -> Any:
        """The body: the value, the text, the bytes, the problem's members or the stream."""
        return self._body

    @body.setter
    def body(self, value: Any) -> None:
        self._set(Kind.VALUE, value)

    def status(self, status: int) -> Self:
        """The status, 200 to 599."""
        if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
            raise ValueError(f"a status is a number from 200 to 599, not {status!r}")
        self.plain = False
        self.status_code = int(status)
        return self

    def header(self, name: str, value: str) -> Self:
        """One more header field; raises `BadHeaderError` for one that cannot be sent."""
        field = checked(name, value)
        self.plain = False
        self.headers.append(field)
        return self

    def json(self, value: Any) -> Self:
        """A value, which the route's type for the status must allow."""
        return self._set(Kind.VALUE, value)

    def text(self, text: str) -> Self:
        """Text as it is, where the route answers with a string or bytes."""
        if not isinstance(text, str):
            raise TypeError(f"a text is a str, not {type(text).__name__}")
        return self._set(Kind.TEXT, text, "text/plain; charset=utf-8")

    def bytes(self, data: Octets, type: str = "application/octet-stream") -> Self:
        """Octets of a media type, where the route answers with bytes."""
        if not isinstance(data, Octets):
            raise TypeError(f"bytes are wanted, not {data.__class__.__name__}")
        return self._set(Kind.BYTES, _Octets(data), checked("content-type", type)[1])

    def problem(
        self, status: int, title: str | None = None, detail: str | None = None, **members: Any
    ) -> Self:
        """A problem document (RFC 9457), with extension members of your own."""
        if not 400 <= status <= 599:
            raise ValueError(f"a problem has a status from 400 to 599, not {status!r}")
        self.status(status)
        given = {"title": title, "detail": detail}
        return self._set(Kind.PROBLEM, members | {k: v for k, v in given.items() if v is not None})

    def redirect(self, url: str, status: int = 302) -> Self:
        """Sends the client elsewhere; the route must declare the status."""
        if not 300 <= status <= 399:
            raise ValueError(f"a redirect has a status from 300 to 399, not {status!r}")
        return self.header("location", url).status(status)

    def stream(
        self, chunks: AsyncIterable[_Octets | str], type: str = "application/octet-stream"
    ) -> Self:
        """Octets as they come, where the route answers with bytes or a string.

        The timeout of the route ends when the stream begins.
        """
        if not hasattr(chunks, "__aiter__"):
            raise TypeError("a stream is an asynchronous iterable of bytes or str")
        return self._set(Kind.STREAM, chunks, checked("content-type", type)[1])

    def take(self, returned: Any) -> None:
        """What a handler returned, which answers unless it is None or the response."""
        if returned is not None and returned is not self:
            self._set(Kind.VALUE, returned)

    def _set(self, kind: Kind, body: Any, media_type: str = "") -> Self:
        self.plain = False
        self.kind = kind
        self._body = body
        self.media_type = media_type
        return self

    def __repr__(self) -> str:
        return f"<Response {self.status_code or '-'} {self.kind.value}>"
