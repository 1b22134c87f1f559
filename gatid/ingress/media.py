"""What kind of body a request says it has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatid.ingress.problem import ProblemError

if TYPE_CHECKING:
    from gatid.ingress.rsgi import Headers

_JSON = re.compile(
    r"application/(?:json|[!#$%&'*+\-.^_`|~0-9a-z]+\+json)[ \t]*"
    r"(?:;[ \t]*charset[ \t]*=[ \t]*\"?utf-8\"?[ \t]*|;[ \t]*(?!charset)[^;,]*)*",
    re.ASCII | re.IGNORECASE,
)


def require_json(headers: Headers) -> None:
    """415 unless the body counts as JSON: nothing said, or `application/json` or `…+json`.

    JSON is UTF-8 (RFC 8259); another `charset` is another media type.
    """
    kinds = headers.get_all("content-type")
    if len(kinds) > 1 or (kinds and not _JSON.fullmatch(kinds[0])):
        raise ProblemError(
            415,
            "unsupported-media-type",
            "the body must be JSON",
            headers=(("accept", "application/json, application/*+json"),),
        )
    if not kinds and "content-type" in headers:
        raise ProblemError(415, "unsupported-media-type", "the body must be JSON")


def require_plain(headers: Headers) -> None:
    """415 for a body with a content coding; none is understood."""
    coding = headers.get_all("content-encoding")
    if coding and [c.strip().lower() for c in coding] != ["identity"]:
        raise ProblemError(
            415,
            "unsupported-media-type",
            "compressed bodies are not read",
            headers=(("accept-encoding", "identity"),),
        )
