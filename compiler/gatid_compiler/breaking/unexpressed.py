"""What two sources say that no plan does: where that changed, nobody knows whom it breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.breaking.change import Change, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REASON = "it takes no part in what is compared; `gatid import` lists why"


def unexpressed(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    """The places (RFC 6901 pointers into the source) whose texts differ."""
    for place in {**old, **new}:
        if old.get(place) != new.get(place):
            rule = "unexpressed-changed"
            yield Change(rule, "unknown", sentence(rule, place), reason=_REASON)
