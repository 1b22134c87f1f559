"""Where a fault in a carried request is in what the client sent: in the client's own names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.faults import pointer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatid_compiler.plan import Place, RequestPart

_IN = {"path": "path", "query": "query", "headers": "header", "cookies": "cookie", "body": "body"}

_EACH = "*"

_DEEPEST = 1000
"""More steps than the depth of any message that is taken."""


class Whereabouts:
    """The places of one contract's requests, for those that cannot be carried."""

    def __init__(self, tables: Sequence[Sequence[Place]], parts: Sequence[RequestPart]) -> None:
        self._tables = tables
        self._parts = parts

    def told(
        self, way: Sequence[str], sent: Sequence[Any], expected: str, found: str
    ) -> dict[str, str]:
        """An entry of a problem's `errors`, of a fault at `way` in the carried request.

        `sent` are the parts as the client sent them.
        """
        client = dict(zip(self._parts, sent, strict=True))
        return self.at(self._located(way, client), sent, expected, found)

    def at(
        self, way: Sequence[str], sent: Sequence[Any], expected: str, found: str
    ) -> dict[str, str]:
        """The same, of a fault at `way` in what was sent, as far as that leads somewhere."""
        client = dict(zip(self._parts, sent, strict=True))
        kept = _known(way, client) or list(self._parts[:1])
        return {
            "in": _IN[kept[0]],
            "pointer": pointer(kept[1:]),
            "expected": expected,
            "found": found,
        }

    def _located(self, way: Sequence[str], client: Mapping[str, Any]) -> list[str]:
        base: list[str] = []
        rest = list(way)
        table = self._tables[0] if self._tables else ()
        for _ in range(_DEEPEST):
            place = _best(table, base, rest, client)
            if place is None:
                break
            base = [*base, *_source(place, rest)]
            rest = rest[len(place.target) :]
            if place.then is None:
                break
            table = self._tables[place.then]
        return [*base, *rest]


def tokens(pointer: str) -> list[str]:
    """The keys and indexes of an RFC 6901 pointer."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _best(
    table: Sequence[Place], base: Sequence[str], way: Sequence[str], client: Mapping[str, Any]
) -> Place | None:
    """The place that leads furthest along the way; of several, one that the client filled."""
    fitting = [place for place in table if _fits(place.target, way)]

    def rank(place: Place) -> tuple[int, int, bool]:
        source = [*base, *_source(place, way)]
        plain = sum(step != _EACH for step in place.target)
        return len(place.target), plain, len(_known(source, client)) == len(source)

    return max(fitting, key=rank, default=None)


def _fits(target: Sequence[str], way: Sequence[str]) -> bool:
    return len(target) <= len(way) and all(
        step in (_EACH, _written(here)) for step, here in zip(target, way, strict=False)
    )


def _written(step: str) -> str:
    return step.replace(_EACH, "\\*")


def _source(place: Place, way: Sequence[str]) -> list[str]:
    """The place's source, with the items that the way leads through."""
    items = iter([here for step, here in zip(place.target, way, strict=False) if step == _EACH])
    return [
        next(items, "0") if step == _EACH else step.replace("\\*", _EACH) for step in place.source
    ]


def _known(way: Sequence[str], client: Any) -> list[str]:
    """As much of a way as leads somewhere in the client's own message."""
    kept: list[str] = []
    for step in way:
        if isinstance(client, dict) and step in client:
            client = client[step]
        elif isinstance(client, list) and step.isdigit() and int(step) < len(client):
            client = client[int(step)]
        else:
            break
        kept.append(step)
    return kept
