"""A snapshot as text that people read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gatid.cli.tables import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def shown(document: Mapping[str, Any]) -> str:
    """The request, the points with the local data where it changed, and the answer."""
    return "\n".join(_lines(document))


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{document['id']}  {document['route']}  {document['contract']}"
    yield f"kept because it was {' and '.join(document['why'])}"
    sent = document.get("sent")
    if sent is not None:
        query = "&".join(f"{name}={value}" for name, value in sent["query"] or ())
        yield ""
        yield f"{sent['method']} {sent['path']}{'?' + query if query else ''}"
        yield from (f"{name}: {value}" for name, value in sent["headers"] or ())
        yield from _body(sent["body"])
    points = document.get("points") or ()
    if points:
        yield ""
        yield aligned(
            [
                ("POINT", "STATE", "EVENT", "NAME", "LOCAL"),
                *(_row(i, p) for i, p in enumerate(points)),
            ]
        )
    for number, state in enumerate(document.get("states") or ()):
        yield ""
        yield f"local data {number}"
        yield _json(state)
    answer = document.get("answer")
    if answer is not None:
        yield ""
        yield str(answer["status"])
        yield from (f"{name}: {value}" for name, value in answer["headers"] or ())
        yield from _body(answer["body"])
    for entry in document.get("missing") or ():
        yield f"not kept: {entry['at']}, a `{entry['type']}` ({entry['why']})"
    if document["cut"]:
        yield f"too large, so cut: {', '.join(document['cut'])}"


def _row(number: int, point: Mapping[str, Any]) -> tuple[str, ...]:
    state = "-" if point["local"] is None else str(point["local"])
    event = "" if point["kind"] == "state" else point["kind"]
    error = f" {point['error']['type']}" if point["error"] else ""
    return str(number), point["state"], event + error, point["name"], state


def _body(body: Mapping[str, Any] | None) -> Iterator[str]:
    if body is not None:
        yield ""
        yield str(next(iter(body.values())))


def shown_point(point: Mapping[str, Any]) -> str:
    """One point, with its local data."""
    return _json(point)


def _json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)
