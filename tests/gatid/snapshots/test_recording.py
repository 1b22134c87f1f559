"""Requests through the whole endpoint, and the snapshots that are kept of them."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.errors import HTTPError
from gatid.lifecycle.local_context import LocalContext
from gatid.snapshots import asked, restore
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from tests.gatid import virtual
from tests.gatid.endpoint.build import ask, obj, shape
from tests.gatid.endpoint.wire import Wire
from tests.gatid.snapshots.data import exactly, local_data
from tests.gatid.snapshots.kept import post

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gatid.snapshots.kept import Kept

ALWAYS = p.Snapshots(sample=1.0)
ERRORS = p.Snapshots(errors=True)


ANY = shape(body=m.Any(), answers=(p.Answer(200, m.Any()),))


@pytest.mark.prop(21)
@pytest.mark.prop(44)
@pytest.mark.prop(47)
@given(states=st.lists(local_data(), min_size=1, max_size=3), fails=st.booleans())
def test_all_points_have_what_was_there(
    kept: Kept, states: list[dict[str, Any]], fails: bool
) -> None:
    """A handler and hooks note by themselves what is there, which is what the snapshot must say."""
    noted: list[tuple[str, Any]] = []

    def sets(name: str, data: dict[str, Any]) -> Callable[..., Any]:
        async def run(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
            noted.append((name, exactly(dict(lctx._data or {}))))
            lctx.clean()
            for key, value in data.items():
                lctx.set(key, value)
            noted.append((name, exactly(data)))
            if fails and name == "one":
                raise ZeroDivisionError("no")
            return "ok"

        run.__qualname__ = name
        return run

    names = ["one", *(f"hook{i}" for i in range(len(states) - 1))]
    functions = {name: sets(name, data) for name, data in zip(names, states, strict=True)}
    made = kept.serve(functions["one"], ALWAYS, ANY, before=tuple(names[1:]), functions=functions)
    virtual.run(ask(made, post({"a": 1})))
    kept.told.lines()
    [document] = kept.taken()

    starts_and_ends = [
        (i, point)
        for i, point in enumerate(document["points"])
        if point["kind"].split()[-1] in ("start", "end", "error") and point["kind"] != "cleanup"
    ]
    assert [
        (point["name"].rpartition(":")[2], exactly(dict(restore(document, i).data)))
        for i, point in starts_and_ends
    ] == noted
    assert document["contract"] == "tsv:0-one-1"
    assert document["manifest"] == "manifest of tsv:0-one-1"
    assert (document["plan"], document["generation"]) == ("ab" * 32, 1)
    assert document["missing"] == []
    assert document["cut"] == []
    assert document["why"] == (["sampled", "failed"] if fails else ["sampled"])
    assert document["answer"]["status"] == (500 if fails else 200)
    # The number and the name of the hook that began last.
    for number, (_, point) in enumerate(starts_and_ends):
        assert point["hook"]["index"] == number // 2
        assert point["hook"]["name"] == point["name"]
        running = number % 2 == 0
        assert point["hook"]["running"] == ([point["name"]] if running else [])
    states_told = [point["state"] for point in document["points"] if point["kind"] == "state"]
    assert states_told[0] == "validated"
    assert states_told[-1] == "ended"

    # And into another request.
    context = LocalContext(None, None, None)  # type: ignore[arg-type]
    context.restore(restore(document))
    assert exactly(dict(context.snapshot().data)) == exactly(states[0])


def test_the_request_is_there_as_it_was_sent_and_seen(kept: Kept) -> None:
    async def run(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        req.body["more"] = "of the handler"
        req.query["page"] = 7
        res.header("x-made", "by hand")
        return {"it": [1, 2.5]}

    typed = shape(
        query=obj(page_=m.Int()), body=obj(m.Any(), a=m.Int()), answers=(p.Answer(200, m.Any()),)
    )
    made = kept.serve(run, ALWAYS, typed)
    sent = post({"a": 1}, "page=3", ("x-one", "1"), ("traceparent", f"00-{'a' * 32}-{'b' * 16}-01"))
    wire = virtual.run(ask(made, sent))
    [document] = kept.taken()
    again = asked(document)
    assert (again.method, again.path, again.body) == ("POST", "/", sent.body)
    assert again.query == (("page", "3"),)
    assert again.headers == tuple(sent.headers.items())
    assert again.missing == ()
    assert document["seen"] == {"params": {}, "query": {"page": 3}, "body": {"a": 1}}
    assert document["answer"]["body"] == {"text": wire.content.decode()}
    assert document["answer"]["headers"] == [[name, value] for name, value in wire.fields]
    assert document["trace"]["trace_id"] == "a" * 32
    assert document["principal"] == {"name": "", "roles": []}


def test_outstanding_tasks_are_named_with_what_they_wait_for(kept: Kept) -> None:
    async def sleeper() -> None:
        await asyncio.sleep(3600)

    async def run(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        lctx.set("task", asyncio.create_task(sleeper(), name="the sleeper"))
        await asyncio.sleep(0)
        await asyncio.sleep(100)

    made = kept.serve(run, ERRORS, ANY, timeout=1000)
    assert virtual.run(ask(made, post(1))).status == 504
    kept.told.lines()
    [document] = kept.taken()
    assert document["why"] == ["failed"]
    [point] = [each for each in document["points"] if each["kind"] == "handler end"]
    own, task = point["outstanding"]
    assert own["status"] == "cancelled"
    assert any("run (" in place for place in own["waits"])
    assert task["status"] == "waiting"
    assert task["task"] == "the sleeper"
    assert task["function"].endswith("sleeper")
    assert "sleeper (" in task["waits"][0]
    assert point["left"] == 0
    assert point["error"]["type"].endswith("CancelledError")
    [missing] = {(each["at"], each["why"]) for each in document["missing"]}
    assert missing[0].endswith("/task")


@pytest.mark.parametrize(
    ("act", "status", "failed"),
    [
        ("answers", 200, False),
        ("refuses", 409, False),
        ("raises", 500, True),
        ("declines", 503, True),
        ("saved", 200, True),
        ("cleanup", 200, True),
        ("bad answer", 500, True),
    ],
)
def test_which_requests_failed(kept: Kept, act: str, status: int, failed: bool) -> None:
    def breaks() -> None:
        raise ValueError("no")

    async def run(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        match act:
            case "refuses":
                raise HTTPError(409)
            case "declines":
                raise HTTPError(503)
            case "raises" | "saved":
                raise ValueError("no")
            case "cleanup":
                lctx.on_cleanup(breaks)
            case "bad answer":
                return "not a number"
        return 1

    async def saves(error: Any, req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        res.status(200).json(2)

    typed = shape(body=m.Any(), answers=(p.Answer(200, m.Int()),))
    more: dict[str, Any] = {"catch": ("saves",)} if act == "saved" else {}
    made = kept.serve(run, ERRORS, typed, functions={"saves": saves}, **more)
    assert virtual.run(ask(made, post(1))).status == status
    kept.told.lines()
    assert [d["why"] for d in kept.taken()] == ([["failed"]] if failed else [])


def test_a_client_that_has_gone_is_no_failure(kept: Kept) -> None:
    async def run(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        await asyncio.sleep(100)

    made = kept.serve(run, ERRORS, ANY)

    async def goes() -> None:
        wire = Wire(b"1")
        asked_ = asyncio.ensure_future(ask(made, post(1), wire))
        await asyncio.sleep(1)
        wire.gone.set()
        await asked_

    virtual.run(goes())
    assert kept.taken() == []


def test_a_share_of_requests_is_kept(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        return type(lctx).__name__

    drawn = itertools.cycle([0.0, 0.249, 0.25, 0.9])
    monkeypatch.setattr("random.random", lambda: next(drawn))
    made = kept.serve(run, p.Snapshots(sample=0.25), ANY)
    told = [virtual.run(ask(made, post(i))).content for i in range(8)]
    assert [document["sent"]["body"]["text"] for document in kept.taken()] == ["0", "1", "4", "5"]
    # The others do not even tell events.
    watched, plain = b'"ObservedContext"', b'"RequestLife"'
    assert told == [watched, watched, plain, plain] * 2


def test_subscribers_hear_of_all_requests(kept: Kept) -> None:
    async def run(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        return 1

    made = kept.serve(run, p.Snapshots(sample=0.5), ANY)
    heard: list[str] = []
    end = kept.told.host.events.subscribe(lambda event, _: heard.append(event.request_id))
    for _ in range(40):
        virtual.run(ask(made, post(1)))
    end()
    assert len(set(heard)) == 40
    assert 0 < len(kept.taken()) < 40
