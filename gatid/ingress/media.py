"""What kind of body a request says it has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatid.ingress.problem import ProblemError

if TYPE_CHECKING:
    from gatid.ingress.rsgi import Headers

_JSON = re.compile(r"application/(?:json|[!#$%&'*+\-.^_`|~0-9a-z]+\+json)", re.ASCII)


def require_json(headers: Headers) -> None:
    """415 unless the body counts as JSON: nothing said, or `application/json` or `…+json`.

    JSON is UTF-8 (RFC 8259); another `charset` is another media type.
    """
    kinds = headers.get_all("content-type")
    if not kinds and "content-type" not in headers:
        return
    if len(kinds) != 1 or not _is_json(kinds[0]):
        raise ProblemError(
            415,
            "unsupported-media-type",
            "the body must be JSON",
            headers=(("accept", "application/json, application/*+json"),),
        )


def _is_json(kind: str) -> bool:
    media_type, *parameters = (part.strip(" \t") for part in kind.lower().split(";"))
    charsets = [p.partition("=")[2] for p in parameters if p.partition("=")[0] == "charset"]
    return _JSON.fullmatch(media_type) is not None and all(
        charset.strip('"') in {"utf-8", "utf8"} for charset in charsets
    )


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
