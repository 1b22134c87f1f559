"""Topics between workers: what is published reaches everybody, or what is declared happens."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid.errors import DeniedError, TopicFullError, TopicValueError
from gatid.lifecycle.threads import run as in_thread
from gatid.observe.meters import Meters
from gatid.observe.pages import MeterPages
from gatid.services.topics import Topics, WorkerFabric, inboxes
from gatid.services.topics.subscriber import LEFT
from gatid.services.topics.waiting import Waiting
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from tests.gatid.services.plans import plan

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.gatid.services.conftest import Hosted

OVERFLOWS: list[p.Overflow] = ["drop_oldest", "drop_newest", "refuse", "wait"]


def topic(
    capacity: int = 1000, overflow: p.Overflow = "wait", type: m.GType | None = None
) -> p.Topic:
    return p.Topic("told", "", m.Int() if type is None else type, {}, capacity, overflow)


class Heard:
    """A receiver that takes nothing by itself."""

    def __init__(self, spec: p.Topic) -> None:
        self.lost = 0
        self.waiting = Waiting(spec, self._lose)

    def _lose(self) -> None:
        self.lost += 1

    def take_all(self) -> list[int]:
        return [json.loads(self.waiting.take()) for _ in range(len(self.waiting))]


class Workers:
    """The fabrics of some workers, on one event loop."""

    def __init__(self, count: int) -> None:
        pages = MeterPages.create(count)
        self._boxes = inboxes(count)
        self.fabrics = [WorkerFabric(Meters(pages, i)) for i in range(count)]
        for i, fabric in enumerate(self.fabrics):
            fabric.join(self._boxes, i)

    def close(self) -> None:
        for fabric in self.fabrics:
            fabric.close()
        for box in self._boxes:
            box.read.close()
            box.write.close()


def run(count: int, body: Callable[[list[WorkerFabric]], Awaitable[None]]) -> None:
    async def main() -> None:
        workers = Workers(count)
        try:
            await asyncio.wait_for(body(workers.fabrics), 30)
        finally:
            workers.close()

    asyncio.run(main())


async def turns() -> None:
    """Lets everything happen that needs nobody."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.prop(31)
@settings(deadline=None)
@given(
    st.integers(1, 4),
    st.lists(st.integers(0, 3), max_size=8),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60_000)), max_size=40),
)
def test_every_subscriber_of_every_worker_gets_every_event_in_order(
    workers: int, receivers: list[int], events: list[tuple[int, int]]
) -> None:
    spec = topic(type=m.String())

    async def body(fabrics: list[WorkerFabric]) -> None:
        heard = [(at % workers, Heard(spec)) for at in receivers]
        for at, each in heard:
            fabrics[at].add(each)
        for n, (at, size) in enumerate(events):
            text = json.dumps(f"{at % workers} {n} {'x' * size}").encode()
            await fabrics[at % workers].publish(spec, text)
        for _, each in heard:
            while len(each.waiting) < len(events):
                await each.waiting.changed()
        await turns()
        for _, each in heard:
            got = [json.loads(each.waiting.take()).split(" ") for _ in range(len(each.waiting))]
            assert sorted(int(n) for _, n, _ in got) == list(range(len(events)))
            for publisher in range(workers):
                mine = [int(n) for by, n, _ in got if int(by) == publisher]
                assert mine == sorted(mine)

    run(workers, body)


@given(st.sampled_from(OVERFLOWS), st.integers(1, 5), st.lists(st.booleans(), max_size=60))
def test_one_more_than_the_capacity_is_what_is_declared(
    overflow: p.Overflow, capacity: int, steps: list[bool]
) -> None:
    """Against a list: True publishes, False takes one."""
    spec = topic(capacity, overflow)

    async def body(fabrics: list[WorkerFabric]) -> None:
        (fabric,) = fabrics
        heard = Heard(spec)
        fabric.add(heard)
        expected: list[int] = []
        lost = 0
        publishing: list[asyncio.Task[None]] = []
        for n, publishes in enumerate(steps):
            if not publishes:
                if len(heard.waiting):
                    assert json.loads(heard.waiting.take()) == expected.pop(0)
                await turns()
                continue
            full = len(expected) >= (10**9 if overflow == "wait" else capacity)
            if overflow == "refuse" and full:
                with pytest.raises(TopicFullError):
                    await fabric.publish(spec, str(n).encode())
                continue
            publishing.append(asyncio.ensure_future(fabric.publish(spec, str(n).encode())))
            await turns()
            assert len(heard.waiting) <= capacity
            if full:
                lost += 1
            if full and overflow == "drop_newest":
                continue
            expected.append(n)
            if full:
                expected.pop(0)
        while len(heard.waiting):
            assert json.loads(heard.waiting.take()) == expected.pop(0)
            await turns()
        assert expected == []
        assert heard.lost == lost
        await asyncio.gather(*publishing)

    run(1, body)


@pytest.mark.parametrize("overflow", OVERFLOWS)
def test_a_slow_worker_is_bounded_for_the_others(overflow: p.Overflow) -> None:
    spec = topic(3, overflow, m.String())
    event = json.dumps("x" * 50_000).encode()

    async def body(fabrics: list[WorkerFabric]) -> None:
        one, two = fabrics
        slow, other = Heard(spec), Heard(topic(1000, "wait", m.String()))
        two.add(slow)
        sent = 0
        if overflow in ("drop_oldest", "drop_newest"):
            for _ in range(50):
                await one.publish(spec, event)
                await turns()
            assert len(slow.waiting) == 3
            assert slow.lost == 47
            return
        one.add(other)
        with suppress(TopicFullError, TimeoutError):
            while sent < 100:
                async with asyncio.timeout(0.2):
                    await one.publish(spec, event)
                sent += 1
                await turns()
        # What the subscriber, the kernel and the link hold, and no more.
        assert 3 < sent < 20
        assert len(other.waiting) == sent
        got = 0
        while got < sent:
            got += len(slow.take_all())
            await asyncio.sleep(0)
        assert slow.lost == 0
        await asyncio.wait_for(one.publish(spec, event), 5)
        await turns()

    run(2, body)


@settings(deadline=None)
@given(st.integers(1, 3), st.integers(1, 40), st.sets(st.integers(0, 39)))
def test_who_waits_for_room_is_served_in_turn(
    capacity: int, count: int, given_up: set[int]
) -> None:
    spec = topic(capacity, "wait")

    async def body(fabrics: list[WorkerFabric]) -> None:
        (fabric,) = fabrics
        heard, got = Heard(spec), list[int]()
        fabric.add(heard)
        asked = [asyncio.create_task(fabric.publish(spec, b"%d" % n)) for n in range(count)]
        await turns()
        lost = {n for n in given_up if capacity <= n < count}
        for n in lost:
            asked[n].cancel()
        while len(heard.waiting):
            if not got:
                # Comes when there is room for a moment, and does not pass those who wait for it.
                asked.append(asyncio.create_task(fabric.publish(spec, b"%d" % count)))
            got.append(json.loads(heard.waiting.take()))
            await turns()
        assert got == [n for n in range(count + 1) if n not in lost]
        await asyncio.gather(*asked, return_exceptions=True)

    run(1, body)


class Looked(Waiting):
    """Counts how often somebody looked whether there is room."""

    looks = 0

    @property
    def full(self) -> bool:
        self.looks += 1
        return super().full


def test_a_free_place_wakes_one_of_those_who_wait_for_it() -> None:
    """All of them at once would hold up the requests that publish nothing."""
    spec = topic(1, "wait")

    async def body(fabrics: list[WorkerFabric]) -> None:
        (fabric,) = fabrics
        heard = Heard(spec)
        waiting = heard.waiting = Looked(spec, lambda: None)
        fabric.add(heard)
        asked = [asyncio.create_task(fabric.publish(spec, b"%d" % n)) for n in range(500)]
        await turns()
        before = waiting.looks
        waiting.take()
        await turns()
        assert len(waiting) == 1
        assert waiting.looks - before < 20
        for each in asked:
            each.cancel()
        await asyncio.gather(*asked, return_exceptions=True)

    run(1, body)


def test_a_cancelled_publication_is_sent_to_nobody() -> None:
    spec = topic(1, "wait")

    async def body(fabrics: list[WorkerFabric]) -> None:
        (fabric,) = fabrics
        full, empty = Heard(spec), Heard(spec)
        fabric.add(full)
        await fabric.publish(spec, b"1")
        fabric.add(empty)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await fabric.publish(spec, b"2")
        assert (len(full.waiting), len(empty.waiting)) == (1, 0)
        waits = asyncio.ensure_future(fabric.publish(spec, b"3"))
        await turns()
        # Who has gone is waited for by nobody.
        fabric.remove(full)
        full.waiting.close()
        await waits
        assert empty.take_all() == [3]

    run(1, body)


def topics(hosted: Hosted, *specs: p.Topic, subscriptions: tuple[Any, ...] = ()) -> Topics:
    import dataclasses

    whole = dataclasses.replace(
        plan(), topics={spec.name: spec for spec in specs}, subscriptions=subscriptions
    )
    host = hosted.host
    return Topics(whole, host.topics, host.log, host.meters, host.pool)


def test_what_is_not_of_the_type_is_the_publishers_fault(hosted: Hosted) -> None:
    made = topics(hosted, topic())
    given = made.given(("told",), "route `r`", "emits")
    narrow = made.given((), "route `r`", "emits")

    async def main() -> None:
        with pytest.raises(TopicValueError, match="not of its type, which wants the whole") as e:
            await given.publish("told", "planted")
        assert "planted" not in str(e.value)
        with pytest.raises(DeniedError, match="write `emits told` in route `r`"):
            await narrow.publish("told", 1)
        with pytest.raises(DeniedError, match="no topic `other` is declared"):
            await given.publish("other", 1)
        with pytest.raises(DeniedError, match="no topic `other` is declared"):
            made.subscribe("other", print)

    asyncio.run(main())


def test_what_is_too_large_is_refused_however_many_workers_there_are(hosted: Hosted) -> None:
    given = topics(hosted, topic(type=m.String())).given(("told",), "", "")
    with pytest.raises(TopicValueError, match="has 70002 bytes as JSON, of at most 65536"):
        asyncio.run(given.publish("told", "x" * 70_000))


def test_a_subscriber_that_fails_gets_the_next_event(hosted: Hosted) -> None:
    made = topics(hosted, topic())
    given = made.given(("told",), "", "")
    heard: list[int] = []

    async def fails(event: int) -> None:
        heard.append(event)
        if event == 1:
            raise ValueError("so it is")
        if event == 2:
            raise SystemExit(3)

    def sync(event: int) -> None:
        heard.append(event * 100)

    async def main() -> None:
        made.begin()
        first = made.subscribe("told", fails)
        second = await asyncio.to_thread(made.subscribe, "told", sync)
        await turns()
        for n in (1, 2, 3):
            await given.publish("told", n)
        await first.done()
        await second.done()
        first.cancel()
        third = made.subscribe("told", fails)
        await asyncio.to_thread(third.cancel)
        await turns()
        await given.publish("told", 4)
        await second.done()
        await made.stop()
        await given.publish("told", 5)

    asyncio.run(main())
    assert sorted(heard) == [1, 2, 3, 100, 200, 300, 400]
    events = [e for e in hosted.events() if e["level"] == "error"]
    assert [(e["message"], e["topic"]) for e in events] == [("a subscriber raised", "told")] * 2


def test_a_sync_subscriber_that_hangs_leaves_threads_for_others(hosted: Hosted) -> None:
    said = p.Subscription("told", p.PyRef("m", "f"), 10)
    made = topics(hosted, topic(), subscriptions=(said,))
    given = made.given(("told",), "", "")
    late = hosted.host.meters._running_late
    heard: list[int] = []
    gate = threading.Event()

    def hangs(event: int) -> None:
        heard.append(event)
        gate.wait()

    async def main() -> None:
        made.declare(said, hangs)
        made.begin()
        for n in range(50):
            await given.publish("told", n)
        try:
            async with asyncio.timeout(20):
                while late.value < LEFT:  # noqa: ASYNC110 - a page of numbers tells nobody
                    await asyncio.sleep(0.001)
            await turns()
            assert len(heard) == LEFT
            # As a sync handler.
            assert await in_thread(hosted.host.pool, str, 7) == "7"
        finally:
            gate.set()
        await made.stop()
        while late.value:  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    asyncio.run(main())
    assert len(heard) > LEFT


def test_subscribers_are_handed_over(hosted: Hosted) -> None:
    """What is published before the commit comes to the old ones, though they are slow."""
    said = p.Subscription("told", p.PyRef("m", "f"), None)
    old, new = (topics(hosted, topic(), subscriptions=(said,)) for _ in range(2))
    heard: list[tuple[str, int]] = []
    gate = asyncio.Event()

    async def slow(event: int) -> None:
        await gate.wait()
        heard.append(("old", event))

    async def quick(event: int) -> None:
        heard.append(("new", event))

    async def main() -> None:
        old.declare(said, slow)
        new.declare(said, quick)
        given = old.given(("told",), "", "")
        old.begin()
        await given.publish("told", 1)
        await given.publish("told", 2)
        new.begin()
        old.retire()
        await given.publish("told", 3)
        await turns()
        assert heard == [("new", 3)]
        gate.set()
        await old.stop()
        await given.publish("told", 4)
        await new.stop()

    asyncio.run(main())
    assert heard == [("new", 3), ("old", 1), ("old", 2), ("new", 4)]
