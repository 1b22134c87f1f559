"""A random mix of handlers that misbehave: every request is answered rightly, and none notices."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
import uvloop

from gatid.lifecycle.controller import TABLE, State
from gatid.lifecycle.events import Event, Kind
from tests.gatid.lifecycle.misbehaving import Mix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gatid.lifecycle.observed import ObservedContext

REQUESTS = 100_000
WATCHED = 3_000


@pytest.mark.prop(6)
@pytest.mark.prop(8)
def test_whatever_handlers_do_all_are_answered(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    mix = Mix(tmp_path)
    uvloop.run(mix.run(iter(range(REQUESTS)), 500))
    faults = mix.faults()
    mix.close()
    assert faults[:10] == []
    assert sum(mix.asked.values()) == REQUESTS
    assert all(mix.asked[name] for name, kind in mix.kinds.items() if kind.weight)
    record_property("examples", REQUESTS)


@pytest.mark.prop(20)
def test_whatever_handlers_do_all_is_told(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Who watches sees each request walk the table to its end, and changes nothing."""
    mix = Mix(tmp_path, seed=1)
    told: defaultdict[str, list[Event]] = defaultdict(list)

    def listen(event: Event, context: ObservedContext) -> None:
        told[event.request_id].append(event)

    mix.host.events.subscribe(listen)
    uvloop.run(mix.run(iter(range(WATCHED)), 200))
    faults = mix.faults()
    mix.close()
    assert faults[:10] == []
    assert len(told) == WATCHED
    for events in told.values():
        walked = [event.state for event in events if event.kind is Kind.STATE]
        assert (walked[0], walked[-1]) == (State.VALIDATED, State.ENDED)
        for state, to in itertools.pairwise(walked):
            assert to in TABLE[state].values(), walked
        begun = [event.name for event in events if event.kind.value.endswith("start")]
        ended = [event.name for event in events if event.kind.value.endswith((" end", " error"))]
        assert sorted(begun) == sorted(ended)
    record_property("examples", WATCHED)
