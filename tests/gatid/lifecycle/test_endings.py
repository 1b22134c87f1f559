"""How requests end: who is answered what and when, and what has run by then."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.errors import HTTPError
from gatid_compiler.gtypes import model as m
from tests.gatid import virtual
from tests.gatid.endpoint.build import ask
from tests.gatid.endpoint.wire import Wire
from tests.gatid.lifecycle.told import GET

if TYPE_CHECKING:
    from gatid.endpoint.generation import Generation
    from tests.gatid.lifecycle.told import Told

GRACE = 5.0


async def moment(made: Generation) -> tuple[Wire, float, float]:
    """The answer, when it came, and when the request had ended."""
    loop = asyncio.get_running_loop()
    wire = Wire()
    begun = loop.time()
    asking = asyncio.create_task(ask(made, GET, wire))
    await wire.answered.wait()
    answered = loop.time() - begun
    await asking
    return wire, answered, loop.time() - begun


@pytest.mark.prop(8)
@given(
    st.lists(st.sampled_from([0.0, 0.3, 2.0]), max_size=3),
    st.lists(st.sampled_from([0.0, 0.3, 2.0]), max_size=3),
    st.sampled_from(["returns", "raises", "late", "refuses"]),
)
def test_the_end_comes_before_the_answer_as_far_as_there_is_time(
    told: Told, compensations: list[float], cleanups: list[float], how: str
) -> None:
    """All of it runs, in reverse; the answer waits for it until the deadline, and no longer."""
    ran: list[tuple[str, int]] = []

    def takes(kind: str, number: int, seconds: float) -> Any:
        async def slow() -> None:
            await asyncio.sleep(seconds)
            ran.append((kind, number))

        return slow if seconds else lambda: ran.append((kind, number))

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        for number, seconds in enumerate(compensations):
            lctx.compensate(takes("compensation", number, seconds))
        for number, seconds in enumerate(cleanups):
            lctx.on_cleanup(takes("cleanup", number, seconds))
        if how == "late":
            await asyncio.sleep(3600)
        if how == "raises":
            raise RuntimeError
        return res.problem(409) if how == "refuses" else "ok"

    wire, answered, ended = virtual.run(moment(told.serve(handler, timeout=1000)))
    told.lines()
    failed = how != "returns"
    assert wire.status == {"returns": 200, "raises": 500, "late": 504, "refuses": 409}[how]
    undone = compensations if failed else []
    takes_all = min(sum(undone) + sum(cleanups), GRACE)
    expected = [("compensation", n) for n in reversed(range(len(undone)))]
    expected += [("cleanup", n) for n in reversed(range(len(cleanups)))]
    if sum(undone) + sum(cleanups) < GRACE:
        assert ran == expected
    begins = 1.0 if how == "late" else 0.0
    assert answered == pytest.approx(begins if how == "late" else min(takes_all, 1.0))
    assert begins + takes_all <= ended + 1e-6 <= begins + takes_all + 1.0


@pytest.mark.prop(6)
@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (GeneratorExit, 500),
        (StopIteration, 500),
        (StopAsyncIteration, 500),
        (asyncio.CancelledError, 500),
        (RecursionError, 500),
        (MemoryError, 500),
        (lambda: HTTPError(418), 418),
        (lambda: ExceptionGroup("of one", [HTTPError(418)]), 418),
        (lambda: ExceptionGroup("of two", [HTTPError(418), ValueError()]), 500),
        (lambda: BaseExceptionGroup("deep", [ExceptionGroup("", [HTTPError(403)])]), 403),
        (lambda: BaseExceptionGroup("exits", [SystemExit()]), 500),
    ],
)
def test_whatever_is_raised_is_answered_for(told: Told, raised: Any, status: int) -> None:
    seen: list[str] = []

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        lctx.compensate(lambda: seen.append("compensated"))
        lctx.on_cleanup(lambda: seen.append("cleaned"))
        raise raised()

    async def catch(error: BaseException, req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        seen.append("caught")

    made = told.serve(handler, catch=("catch",), functions={"catch": catch})
    wire = virtual.run(ask(made, GET))
    assert (wire.status, wire.answers) == (status, 1)
    assert seen == ["caught", "compensated", "cleaned"]
    told.lines()


@pytest.mark.prop(6)
@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (lambda: HTTPError(410, "gone from here"), 410),
        (lambda: HTTPError(299), 418),
        (lambda: HTTPError.__new__(HTTPError), 418),
        (ValueError, 418),
    ],
)
def test_what_a_catch_hook_refuses_is_its_answer(
    told: Told, raised: Any, status: int, local: bool
) -> None:
    ran: list[str] = []

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        if local:
            lctx.catch(catch)
        raise HTTPError(418)

    async def catch(error: BaseException, req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        ran.append("raised")
        raise raised()

    async def last(error: BaseException, req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        ran.append("last")

    declared = ("last",) if local else ("last", "catch")
    made = told.serve(handler, catch=declared, functions={"catch": catch, "last": last})
    wire = virtual.run(ask(made, GET))
    assert (wire.status, wire.answers) == (status, 1)
    assert sorted(ran) == ["last", "raised"]
    told.lines()


@pytest.mark.prop(6)
@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("where", ["handler", "before", "after"])
def test_who_cancels_itself_is_answered_for(told: Told, where: str, waits: bool) -> None:
    seen: list[str] = []

    async def cancels(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        lctx.on_cleanup(lambda: seen.append("cleaned"))
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        if waits:
            await asyncio.sleep(1)

    async def passes(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        await asyncio.sleep(0)
        return "ok"

    hooks = {} if where == "handler" else {where: ("hook",), "functions": {"hook": cancels}}
    made = told.serve(cancels if where == "handler" else passes, **hooks)

    async def go() -> Wire:
        wire = Wire()
        await asyncio.wait([asyncio.ensure_future(ask(made, GET, wire))])
        return wire

    wire = virtual.run(go())
    # Where nothing is awaited any more there is nothing that a cancellation could end.
    assert wire.answers == 1
    assert wire.status == 500 or (not waits and where != "before")
    assert seen == ["cleaned"]
    told.lines()


def test_compensation_that_fails_is_an_alert(told: Told) -> None:
    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        lctx.compensate(lambda: 1 / 0)
        lctx.on_cleanup(lambda: 1 / 0)
        raise HTTPError(409)

    counts = told.host.meters
    before = counts.compensation_faults.value, counts.local_faults.value
    assert virtual.run(ask(told.serve(handler), GET)).status == 409
    levels = [(line["level"], line["message"]) for line in told.lines()]
    assert levels == [("alert", "compensation failed"), ("error", "cleanup failed")]
    assert (
        counts.compensation_faults.value - before[0],
        counts.local_faults.value - before[1],
    ) == (
        1,
        2,
    )


def test_a_stream_is_cleaned_up_after(told: Told) -> None:
    seen: list[str] = []

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        lctx.on_cleanup(lambda: seen.append("cleaned"))
        queue: asyncio.Queue[str] = asyncio.Queue()

        async def fill() -> None:
            for word in ("a", "b", ""):
                await asyncio.sleep(1)
                await queue.put(word)

        filling = asyncio.create_task(fill())

        async def chunks() -> Any:
            while word := await queue.get():
                seen.append(word)
                yield word
            await filling

        res.stream(chunks(), "text/plain")

    wire = virtual.run(ask(told.serve(handler, m.Bytes()), GET))
    assert (wire.content, seen) == (b"ab", ["a", "b", "cleaned"])
    assert told.lines() == []


def test_sync_functions_left_behind_are_counted(told: Told) -> None:
    release = threading.Event()

    def late(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        release.wait()

    counts = told.host.meters

    async def go() -> list[float]:
        seen = [counts._left_behind.value, counts._running_late.value]
        assert (await ask(told.serve(late, timeout=10), GET)).status == 504
        seen += [counts._left_behind.value, counts._running_late.value]
        release.set()
        while counts._running_late.value > seen[1]:  # noqa: ASYNC110
            await asyncio.sleep(0)
        return seen

    before, late_before, after, late_after = asyncio.run(go())
    assert (after - before, late_after - late_before) == (1, 1)
    told.lines()


def test_attempts_end_with_the_deadline(told: Told) -> None:
    """A hook that would wait past the deadline says what failed, not that it was late."""
    moments: list[float] = []

    def fails(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        moments.append(asyncio.get_running_loop().time())
        raise OSError("not there")

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        lctx.after(fails, retries=1000)
        await asyncio.sleep(0)

    made = told.serve(handler, timeout=2000)
    wire, answered, _ = virtual.run(moment(made))
    assert wire.status == 500
    assert answered < 2.0
    assert 5 <= len(moments) <= 12
    assert all(b - a <= 1.0 + 1e-6 for a, b in itertools.pairwise(moments))
    (line,) = told.lines()
    assert "not there" in line["traceback"]


def test_an_id_replaces_and_removes_hooks(told: Told) -> None:
    seen: list[str] = []

    def says(word: str) -> Any:
        return lambda *_: seen.append(word)

    async def first(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        lctx.before(says("before 1"), id="a")
        lctx.before(says("before 2"), id="b")
        lctx.before(says("before 3"), id="a")
        lctx.before(says("never"), id="c")
        assert lctx.remove("c")
        assert not lctx.remove("c")

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        assert not lctx.remove("a")
        lctx.after(says("after 1"), id="a")
        lctx.after(says("after 2"))
        lctx.after(says("after 3"), id="a")
        lctx.catch(says("never"), id="x")
        lctx.after(says("never"), id="x")
        assert lctx.remove("x")
        return "ok"

    made = told.serve(handler, before=("first",), functions={"first": first})
    assert virtual.run(ask(made, GET)).status == 200
    assert seen == ["before 3", "before 2", "after 2", "after 3"]


def test_after_its_end_every_request_refuses(told: Told) -> None:
    """Also one that registered nothing: what a stranger kept of it is of no use."""
    kept: list[Any] = []

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        kept.append(lctx)
        return "ok"

    assert virtual.run(ask(told.serve(handler), GET)).status == 200
    for use in (lambda c: c.set("a", 1), lambda c: c.get("a"), lambda c: c.on_cleanup(print)):
        with pytest.raises(RuntimeError, match=r"ended|ending"):
            use(kept[0])
    assert json.dumps(kept[0].meta.request_id)


@pytest.mark.parametrize("answered_by", ["handler", "catch hook"])
def test_a_stream_that_hangs_ends_with_its_client(told: Told, answered_by: str) -> None:
    """A stream has no deadline, but nobody streams to someone who has gone."""
    seen: list[str] = []

    async def chunks() -> Any:
        try:
            yield "a"
            await asyncio.Event().wait()
        finally:
            seen.append("closed")

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        lctx.on_cleanup(lambda: seen.append("cleaned"))
        if answered_by == "catch hook":
            raise RuntimeError
        res.stream(chunks(), "text/plain")

    async def catch(error: Any, req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        res.status(200).stream(chunks(), "text/plain")

    async def go() -> float:
        wire = Wire()
        made = told.serve(handler, m.Bytes(), catch=("catch",), functions={"catch": catch})
        asking = asyncio.create_task(ask(made, GET, wire))
        await wire.answered.wait()
        await asyncio.sleep(3600)
        assert not asking.done()
        wire.gone.set()
        await asking
        return asyncio.get_running_loop().time()

    assert virtual.run(go()) == pytest.approx(3600)
    assert seen == ["closed", "cleaned"]
    told.lines()


def test_a_stream_of_a_catch_hook_may_break_too(told: Told) -> None:
    seen: list[str] = []

    async def chunks() -> Any:
        yield "a"
        raise ValueError

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        lctx.compensate(lambda: seen.append("compensated"))
        raise RuntimeError

    async def catch(error: Any, req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        res.status(200).stream(chunks(), "text/plain")

    made = told.serve(handler, m.Bytes(), catch=("catch",), functions={"catch": catch})
    wire = virtual.run(ask(made, GET))
    assert (wire.answers, wire.content, seen) == (1, b"a", ["compensated"])
    assert "the stream of an answer failed" in [line["message"] for line in told.lines()]


def test_very_many_tasks_are_counted_and_a_few_named(told: Told) -> None:
    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        tasks = [asyncio.create_task(asyncio.sleep(3600)) for _ in range(1000)]
        await asyncio.sleep(0)
        del tasks
        return "ok"

    before = told.host.meters.outlived_tasks.value
    assert virtual.run(ask(told.serve(handler), GET)).status == 200
    lines = told.lines()
    assert len(lines) == 11
    assert lines[-1]["count"] == 990
    assert told.host.meters.outlived_tasks.value - before == 1000
