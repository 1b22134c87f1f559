"""A snapshot read again: the local data as it was, and the request as it was asked."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatid.lifecycle.local_context import Snapshot
from gatid.snapshots.document import FORMAT
from gatid.snapshots.values import BadValueError, read

if TYPE_CHECKING:
    from collections.abc import Mapping


class SnapshotError(ValueError):
    """A document that is no snapshot, or has not what was asked for; the message says which."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was sent. Where `body` is None there was none, or it was not kept, as
    `missing` says. What was hidden reads `***`.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    client: str
    http: str
    body: bytes | None
    missing: tuple[str, ...]


def restore(document: Mapping[str, Any], point: int = -1) -> Snapshot:
    """The local data at a point, for `lctx.restore`: equal to what it was, of the same types, and
    shared where it was shared. What was not kept is a `Missing`.

    Points count from 0, from the end when negative. Raises `SnapshotError`.
    """
    _check(document)
    points = document.get("points") or ()
    if not -len(points) <= point < len(points):
        raise SnapshotError(f"there is no point {point}: the snapshot has {len(points)}")
    number = points[point]["local"]
    state = None if number is None else document["states"][number]
    if state is None:
        raise SnapshotError(f"the local data of point {point} was too large to be kept")
    try:
        return Snapshot(read(state))
    except BadValueError as error:
        raise SnapshotError(f"the local data of point {point} is damaged: {error}") from error


def asked(document: Mapping[str, Any]) -> Asked:
    """The request that a snapshot is of. Raises `SnapshotError`."""
    _check(document)
    sent = document.get("sent")
    if sent is None:
        raise SnapshotError("of the request nothing was kept: it was too large")
    body = sent["body"]
    found = None
    if body is not None and "text" in body:
        found = body["text"].encode()
    elif body is not None and "base64" in body:
        found = base64.b64decode(body["base64"])
    return Asked(
        sent["method"],
        sent["path"],
        tuple((name, value) for name, value in sent["query"] or ()),
        tuple((name, value) for name, value in sent["headers"] or ()),
        sent["client"],
        sent["http"],
        found,
        (
            *(entry["at"] for entry in document["missing"] or () if entry["at"][:6] == "/sent/"),
            *(f"/{name}" for name in document["cut"] if name[:5] == "sent/"),
        ),
    )


def _check(document: Mapping[str, Any]) -> None:
    if document.get("format") != FORMAT:
        raise SnapshotError(
            f"this is no snapshot of format {FORMAT}, but {document.get('format')!r}"
        )
