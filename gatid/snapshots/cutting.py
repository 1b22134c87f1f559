"""What goes first of a snapshot that is larger than its route allows.

In this order, until it fits: the body of the answer, tracebacks, the local data of points in the
middle (the earliest first), what the handler saw, what was waited for, the local data that is
left, the body as it was sent, headers and query, the list of what is missing, and the points.
`cut` of the document says what went.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KEPT = ("format", "id", "taken", "why", "route", "contract", "generation", "cut")
_LONGEST_NAME = 100


def cut(document: dict[str, Any], size: int) -> bytes:
    """The document as bytes, at most `size` of them, which are 1024 at least."""
    data = orjson.dumps(document)
    if len(data) <= size:
        return data
    for name, go in _steps(document):
        if go():
            if name not in document["cut"]:
                document["cut"].append(name)
            data = orjson.dumps(document)
            if len(data) <= size:
                return data
    core = {
        name: value[:_LONGEST_NAME] if isinstance(value, str) else value
        for name, value in document.items()
        if name in _KEPT
    }
    return orjson.dumps({**core, "cut": ["all but its names"]})


def _steps(document: dict[str, Any]) -> Iterator[tuple[str, Callable[[], bool]]]:
    answer, sent = document["answer"], document["sent"]
    states = document["states"]
    yield "answer/body", partial(_empty, answer, "body")
    yield "points/error/trace", partial(_traces, document)
    for number in range(1, len(states) - 1):
        yield f"states/{number}", partial(_empty, states, number)
    yield "seen", partial(_empty, document, "seen")
    yield "points/outstanding", partial(_waits, document)
    for number in (0, len(states) - 1):
        yield f"states/{number}", partial(_empty, states, number)
    yield "sent/body", partial(_empty, sent, "body")
    for name in ("headers", "query"):
        yield f"sent/{name}", partial(_empty, sent, name)
    yield "answer/headers", partial(_empty, answer, "headers")
    for name in ("missing", "flags", "trace", "points"):
        yield name, partial(_empty, document, name)


def _empty(where: Any, what: Any) -> bool:
    had = bool(where and where[what])
    if had:
        where[what] = None
    return had


def _traces(document: dict[str, Any]) -> bool:
    errors = [p["error"] for p in document["points"] if p["error"] and "trace" in p["error"]]
    for error in errors:
        del error["trace"]
    return bool(errors)


def _waits(document: dict[str, Any]) -> bool:
    waiting = [p for p in document["points"] if p["outstanding"]]
    for point in waiting:
        point["outstanding"] = []
    return bool(waiting)
