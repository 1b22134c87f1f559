"""Faults as problem documents (RFC 9457), never with a traceback.

A `ProblemError` is raised anywhere on the request path and becomes the answer. Its slug is
stable: clients may tell problems apart by `urn:gatid:problem:<slug>`.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gatid.errors import HTTPError
    from gatid_compiler.gtypes.faults import Fault

MEDIA_TYPE = "application/problem+json"
CONTENT_TYPE = ("content-type", MEDIA_TYPE)

_OF_STATUS = {
    400: "bad-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    408: "request-timeout",
    409: "conflict",
    410: "gone",
    413: "body-too-large",
    415: "unsupported-media-type",
    422: "not-carried",
    429: "too-many-requests",
    500: "internal",
    502: "bad-upstream",
    503: "unavailable",
    504: "deadline",
}


class ProblemError(Exception):
    """An answer that is ours. `errors` has an entry for each fault in a client's message."""

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        *,
        detail: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        errors: tuple[Mapping[str, str], ...] = (),
    ) -> None:
        super().__init__(status, slug, title, detail)
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.headers = headers
        self.errors = errors

    def __str__(self) -> str:
        words = f"{self.status} {self.title}"
        return words if self.detail is None else f"{words}: {self.detail}"

    def document(self, request_id: str) -> dict[str, Any]:
        """The members of the problem document."""
        document: dict[str, Any] = {
            "type": f"urn:gatid:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "request_id": request_id,
        }
        if self.detail is not None:
            document["detail"] = self.detail
        if self.errors:
            document["errors"] = self.errors
        return document

    def body(self, request_id: str) -> bytes:
        """The document as JSON bytes."""
        return encode(self.document(request_id))


def encode(document: Mapping[str, Any]) -> bytes:
    """JSON bytes of a document; text that is no Unicode is written with U+FFFD."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return orjson.dumps(_clean(document))


def of_http_error(error: HTTPError) -> ProblemError:
    """The answer to an `HTTPError` that a handler, hook or module raised."""
    return ProblemError(error.status, slug(error.status), error.title, detail=error.detail)


def slug(status: int) -> str:
    """The slug of problems that handlers made, by status."""
    return _OF_STATUS.get(status, f"status-{status}")


def phrase(status: int) -> str:
    """The status's own words."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Client Error" if status < 500 else "Server Error"


def listed(where: str, faults: Iterable[Fault]) -> tuple[Mapping[str, str], ...]:
    """Faults of one part of a message as entries of `errors`."""
    return tuple(
        {"in": where, "pointer": f.pointer, "expected": f.expected, "found": f.found}
        for f in faults
    )


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_clean(k): _clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(v) for v in value]
    return value
