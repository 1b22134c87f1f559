"""One call of an old client with all that is expected of it, and who makes such calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st


@dataclass(frozen=True, slots=True)
class Call:
    """What a client sends and the handler answers; `seen` is what the handler is to get, and
    `told` with `down` what the client is to get.
    """

    method: str
    path: str
    query: Mapping[str, object]
    body: object
    status: int
    answer: object
    seen: object
    told: int
    down: object
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lived:
    """The history `NAME.gati`, and the calls of each of its versions."""

    name: str
    calls: Callable[[int], st.SearchStrategy[Call]]
