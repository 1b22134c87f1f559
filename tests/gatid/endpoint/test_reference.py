"""The generated code answers what the reference answers, whatever the plan and the request."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid.observe.logs import Log, Output
from gatid.policies.rate import RateTable
from gatid.services.host import Host
from tests.gatid.endpoint import plans
from tests.gatid.endpoint.behave import Stage
from tests.gatid.endpoint.build import ask, generation
from tests.gatid.endpoint.reference import Data, Expected, Reference

if TYPE_CHECKING:
    from pathlib import Path

    from gatid.lifecycle.events import Event
    from gatid_compiler.plan import Plan
    from tests.gatid.endpoint.behave import Act
    from tests.gatid.endpoint.wire import Ask, Wire

SILENT = Log(Output.to(os.open(os.devnull, os.O_WRONLY)))


@pytest.mark.prop(33)
@pytest.mark.prop(25)
@pytest.mark.prop(20)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans.applications(), st.data())
def test_the_same_answers(
    tmp_path_factory: pytest.TempPathFactory,
    made: tuple[Plan, dict[str, Act]],
    data: st.DataObject,
) -> None:
    plan, acts = made
    asks = data.draw(st.lists(plans.requests(plan), min_size=1, max_size=8))
    watched = data.draw(st.booleans(), "watched")
    asyncio.run(_compare(tmp_path_factory.getbasetemp(), plan, acts, asks, watched=watched))


async def _compare(
    base: Path, plan: Plan, acts: dict[str, Act], asks: list[Ask], *, watched: bool
) -> None:
    rates = RateTable.create(64, clock=lambda: 1_000_000_000_000_000)
    host = Host.create(base=base, rates=rates, log=SILENT, environ={"KEYS": plans.RING})
    stage = Stage(acts)
    reference = Reference(plan, acts, plans.KEYS, plans.NOW)
    told: list[Event] = []
    if watched:
        host.events.subscribe(lambda event, _: told.append(event))
    try:
        serving = generation(host, plan, stage.functions(), clock=lambda: plans.NOW)
        await serving.start()
        for one in asks:
            stage.calls.clear()
            reference.calls.clear()
            expected = reference.answer(one)
            wire = await ask(serving, one)
            same(wire, expected, one)
            assert stage.calls == reference.calls
            if watched:
                _told(told, stage.calls)
                told.clear()
        await serving.stop()
    finally:
        host.close()
        host.pages.close()
        rates.close()


def _told(events: list[Event], calls: list[str]) -> None:
    """Every hook and handler that was called has begun and ended once, in that order."""
    of = {"h": "handler", "b": "hook", "a": "hook", "c": "hook"}
    begun = [(e.kind.value, e.name) for e in events if e.kind.value.endswith("start")]
    named = [name if name[0] != "h" else f"code:{name}" for name in calls]
    assert begun == [
        (f"{of[call[0]]} start", name) for call, name in zip(calls, named, strict=True)
    ]
    ended = [e.name for e in events if e.kind.value.endswith(("end", "error"))]
    assert ended == named
    assert len({e.request_id for e in events}) <= 1


def same(wire: Wire, expected: Expected, one: Ask) -> None:
    """Nothing that the reference says may be otherwise."""
    told = f"{one}: {wire.status} {wire.content!r}, expected {expected}"
    assert wire.answers == 1, told
    assert wire.status == expected.status, told
    assert wire.header("x-request-id"), told
    for name, value in expected.headers.items():
        assert wire.header(name) == value, told
    if expected.body is None or one.method == "HEAD":
        assert wire.content == b"", told
    elif expected.body is ...:
        assert wire.header("content-type") == "application/problem+json", told
        document = json.loads(wire.content)
        assert document["status"] == wire.status, told
        assert document["request_id"] == wire.header("x-request-id"), told
        assert {"type", "title"} <= document.keys(), told
    else:
        assert wire.header("content-type") == "application/json", told
        assert Data(json.loads(wire.content)) == expected.body, told
    assert ("www-authenticate" in dict(wire.fields)) == (wire.status == 401), told
    assert ("retry-after" in dict(wire.fields)) == (wire.status == 429), told
