"""One generated function does what all hops do, one after the other."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from gatid_compiler import plan
from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.values import member
from gatid_compiler.timescape.contracts import stretches
from gatid_compiler.timescape.fuse.fuse import backward, forward
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.messages import PARTS
from gatid_compiler.timescape.proofs.judge import Judge
from tests.compiler.timescape.histories import histories
from tests.compiler.timescape.hops import Hops
from tests.compiler.timescape.members import members
from tests.compiler.timescape.projects import function, project

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid_compiler.timescape.fuse.fuse import Fused
    from tests.compiler.timescape.projects import Project

PART_OF = {part: word for word, part in PARTS.items()}


FAILED = {"no": "translation"}


CARRIERS = {"up": lambda value, _way: value[0], "down": lambda value, _way: [value]}


def called(fused: Fused | None) -> bool:
    """Whether functions of the project carry: what they give is validated where they are called,
    which is not done here.
    """
    return fused is not None and bool(fused.calls)


def attempt(run: Callable[[], Any]) -> Any:
    """What is not proved may fail."""
    try:
        return run()
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError):
        return FAILED


def carried(
    fused: Fused | None, name: str, message: dict[str, Any], *, proved: bool = False
) -> dict[str, Any]:
    """What generated code makes of a message, its parts given and taken as the plan says."""
    if fused is None:
        return message
    note(fused.source)
    calls = {call.name: CARRIERS[call.target.name] for call in fused.calls}
    run = function(fused.source, name, calls)
    given_ = [message.get(PART_OF[part], {}) for part in fused.parts]
    results = run(*given_) if proved else attempt(lambda: run(*given_))
    if results is FAILED:
        return FAILED
    if len(fused.parts) == 1:
        results = (results,)
    return message | {PART_OF[p]: r for p, r in zip(fused.parts, results, strict=True)}


def text(value: Any) -> str:
    """JSON text: `1`, `1.0` and `true` differ in it, the order of keys does not."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.prop(17)
@settings(max_examples=100)
@given(histories(), st.data())
def test_fused_is_hop_by_hop(read: Project, data: st.DataObject) -> None:
    hold(read, data)


@pytest.mark.parametrize("case", ["into-one-another", "through-itself", "merged", "spread"])
@settings(max_examples=40)
@given(st.data())
def test_shapes_are_carried_hop_by_hop(case: str, data: st.DataObject) -> None:
    hold(written(case), data)


@cache
def written(case: str) -> Project:
    """A golden case."""
    path = Path(__file__).with_name("cases") / f"{case}.gati"
    return project(path.read_text(encoding="utf-8"))


def hold(read: Project, data: st.DataObject) -> None:
    """Some message of each kind, carried by what is generated and hop by hop."""
    note(read.text)
    derived = read.derived()
    history = derived.history
    hops = Hops(derived, read.changes)
    judge = Judge(history)
    head = len(history.states) - 1
    name = data.draw(st.sampled_from([route.name for route in read.routes]))
    route = next(route for route in read.routes if route.name == name)
    release = data.draw(st.sampled_from(range(len(history.releases))))
    start = history.releases[release]

    key = keys.request(route.name)
    if history.states[start][key].fields:
        asked = data.draw(members(history.states[start][key], history.states[start]))
        before = copy.deepcopy(asked)
        fused = forward(history, route.name, start, head)
        proved = not called(fused) and judge.proves(key, start, head)
        now = carried(fused, "forward", asked, proved=proved)
        assert text(asked) == text(before), "the input was changed in place"
        if not proved:
            known = attempt(lambda: hops.forward(key, asked, start, head))
            assert FAILED in (now, known) or text(now) == text(known)
        else:
            assert text(now) == text(hops.forward(key, asked, start, head))
        if proved:
            assert member(now, model.Schema(history.states[head][key], history.states[head]))

    for answer in route.shape.answers:
        key = keys.response(route.name, answer.status)
        given_ = data.draw(members(history.states[head][key], history.states[head]))
        before = copy.deepcopy(given_)
        fused = backward(history, route.name, answer.status, head, start)
        proved = not called(fused) and judge.proves(key, head, start)
        then = carried(fused, "backward", given_, proved=proved)
        assert text(given_) == text(before), "the input was changed in place"
        if not proved:
            known = attempt(lambda k=key, g=given_: hops.backward(k, g, head, start))
            assert FAILED in (then, known) or text(then) == text(known)
        else:
            assert text(then) == text(hops.backward(key, given_, head, start))
        if proved:
            assert member(then, model.Schema(history.states[start][key], history.states[start]))


@settings(max_examples=50)
@given(histories(most=3), st.data())
def test_contracts_are_apart_only_where_messages_change(read: Project, data: st.DataObject) -> None:
    note(read.text)
    derived = read.derived()
    name = data.draw(st.sampled_from([route.name for route in read.routes]))
    route = next(route for route in read.routes if route.name == name)
    found = stretches(route.name, derived)
    assert [s.since for s in found[1:]] == [s.until for s in found[:-1]]
    assert found[0].since == 0
    assert found[-1].until is None
    history = derived.history
    for stretch in found:
        newest = len(history.releases) if stretch.until is None else stretch.until
        low, high = history.releases[stretch.since], history.releases[newest - 1]
        assert forward(history, route.name, low, high) is None


@settings(max_examples=60)
@given(histories(most=4), st.data())
def test_messages_are_carried_to_the_release_of_their_handler(
    read: Project, data: st.DataObject
) -> None:
    """Where a handler is kept, the hops after it are none of its clients'."""
    name = data.draw(st.sampled_from([route.name for route in read.routes]))
    index = data.draw(st.integers(1, len(read.releases) - 1))
    line = f"change v{index + 1} {{ route {name} {{ handler m:old }} }}"
    kept = read.changed([*(change.span.source.text for change in read.changes), line])
    note(kept.text)
    unfolded = kept.unfolded()
    derived, contracts = unfolded.derived, unfolded.contracts[name]
    assert derived is not None
    history = derived.history
    hops = Hops(derived, kept.changes)
    assert [c.handler == plan.PyHandler(plan.PyRef("m", "old")) for c in contracts] == [
        c.since < index for c in contracts
    ]
    contract = data.draw(st.sampled_from([c for c in contracts if c.since < index]))
    assert contract.until is not None
    start, end = history.releases[contract.until - 1], history.releases[index - 1]
    era = derived.standings[contract.until - 1][name].era
    asked = data.draw(members(history.states[start][keys.request(era.key)], history.states[start]))
    fused = forward(history, era.key, start, end)
    proved = not called(fused) and Judge(history).proves(keys.request(era.key), start, end)
    assert (contract.up and contract.up.source) == (fused and fused.source)
    now = carried(fused, "forward", asked)
    known = attempt(lambda: hops.forward(keys.request(era.key), asked, start, end))
    assert FAILED in (now, known) or text(now) == text(known)
    shape = contract.handler_shape
    for part, word in PART_OF.items():
        t = getattr(shape, part)
        if now is not FAILED and t is not None and proved:
            assert member(now.get(word, {}), model.Schema(t, unfolded.types))
