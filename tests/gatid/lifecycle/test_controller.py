"""Requests take the roads of the controller's table, whatever they do and whoever goes away.

A state machine serves several requests at once, each with hooks and a handler that wait until
they are told how to go on. A model walks the same table; after every step all must agree.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gatid.endpoint.faults import CATCH_GRACE
from gatid.errors import HTTPError
from gatid.lifecycle.controller import RUNS, TABLE, Outcome, State, road, skipped
from gatid.lifecycle.events import Event, Kind
from tests.gatid.endpoint.build import ask
from tests.gatid.endpoint.wire import Ask, Wire
from tests.gatid.virtual import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.lifecycle.observed import ObservedContext
    from tests.gatid.lifecycle.told import Told

HOOKS = 2
TIMEOUT = 10.0
POINTS = {
    State.BEFORE: HOOKS,
    State.HANDLER: 1,
    State.AFTER: HOOKS,
    State.CATCH: HOOKS,
}


def test_every_state_is_reached_and_leads_to_the_end() -> None:
    assert set(TABLE) == set(State) == set(RUNS)
    reached = {State.VALIDATED} | {to for row in TABLE.values() for to in row.values()}
    assert reached == set(State)
    ends = {State.ENDED}
    for _ in State:
        ends |= {state for state, row in TABLE.items() if set(row.values()) & ends}
    assert ends == set(State)
    assert list(road())[-1] is State.ENDED
    assert skipped() == {State.HANDLER}


@dataclass
class Modelled:
    """A request as the table has it."""

    wire: Wire
    task: asyncio.Task[Any]
    number: int
    state: State = State.BEFORE
    trail: list[State] = field(default_factory=lambda: [State.VALIDATED, State.BEFORE])
    due: float = 0.0
    late: bool = False
    wrong: bool = False
    status: int = 0

    def to(self, outcome: Outcome) -> None:
        self.state = TABLE[self.state][outcome]
        self.trail.append(self.state)

    def ends(self, outcome: Outcome = Outcome.PASSED) -> None:
        """Nothing after CHECK and CATCH waits: the request goes to its end."""
        self.to(outcome)
        while self.state is not State.ENDED:
            self.to(Outcome.PASSED)


class Lives(RuleBasedStateMachine):
    told: Told

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.waiting: dict[tuple[int, State, int], asyncio.Future[str]] = {}
        self.requests: list[Modelled] = []
        self.events: dict[str, list[Event]] = {}
        self.undone: list[tuple[str, int]] = []
        self.unsubscribe = self.told.host.events.subscribe(self.listen)
        names = {
            "before": [f"b{i}" for i in range(HOOKS)],
            "after": [f"a{i}" for i in range(HOOKS)],
            "catch": [f"c{i}" for i in range(HOOKS)],
        }
        functions = {
            **{f"b{i}": self.hook(State.BEFORE, i) for i in range(HOOKS)},
            **{f"a{i}": self.hook(State.AFTER, i) for i in range(HOOKS)},
            **{f"c{i}": self.catch(i) for i in range(HOOKS)},
        }
        self.serving = self.told.serve(
            self.handler,
            timeout=int(TIMEOUT * 1000),
            functions=functions,
            **{kind: tuple(of) for kind, of in names.items()},
        )

    def listen(self, event: Event, context: ObservedContext) -> None:
        assert context.state is event.state
        self.events.setdefault(event.request_id, []).append(event)

    async def point(self, req: Any, res: Any, state: State, number: int) -> Any:
        key = int(req.headers["x-number"]), state, number
        how = self.waiting[key] = self.loop.create_future()
        try:
            said = await how
        finally:
            del self.waiting[key]
        if said == "raise":
            raise RuntimeError
        if said == "refuse":
            raise HTTPError(409)
        if said == "answer":
            res.status(200).json("answered")
        return said

    def hook(self, state: State, number: int) -> Any:
        async def hook(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
            if state is State.BEFORE and number == 0:
                mine = int(req.headers["x-number"])
                lctx.on_cleanup(lambda: self.undone.append(("cleanup", mine)))
                lctx.compensate(lambda: self.undone.append(("compensation", mine)))
            await self.point(req, res, state, number)

        return hook

    def catch(self, number: int) -> Any:
        async def hook(error: Any, req: Any, res: Any, gctx: Any, lctx: Any) -> None:
            await self.point(req, res, State.CATCH, number)

        return hook

    async def handler(self, req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        said = await self.point(req, res, State.HANDLER, 0)
        return {1, 2} if said == "wrong type" else said

    def turn(self, seconds: float = 0.0) -> None:
        async def turns() -> None:
            if seconds:
                await asyncio.sleep(seconds)
            for _ in range(15):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())

    @property
    def live(self) -> list[Modelled]:
        return [each for each in self.requests if each.state is not State.ENDED]

    def pick(self, data: st.DataObject) -> Modelled:
        return self.live[data.draw(st.integers(0, len(self.live) - 1))]

    def where(self, one: Modelled) -> int:
        """The hook that waits; the table says in which state that is."""
        (at,) = [(state, i) for number, state, i in self.waiting if number == one.number]
        assert at[0] is one.state
        return at[1]

    @precondition(lambda self: len(self.live) < 4)
    @rule()
    def begin(self) -> None:
        number = len(self.requests)
        wire = Wire()
        asking = Ask("GET", "/", fields=(("x-number", str(number)),))
        task = self.loop.create_task(ask(self.serving, asking, wire))
        self.requests.append(Modelled(wire, task, number))
        self.turn()
        self.requests[-1].due = self.loop.time() + TIMEOUT

    @precondition(lambda self: self.live)
    @rule(
        data=st.data(),
        said=st.sampled_from(["pass", "pass", "pass", "answer", "raise", "refuse", "wrong type"]),
    )
    def go_on(self, data: st.DataObject, said: str) -> None:
        one = self.pick(data)
        state, point = one.state, self.where(one)
        if state is State.HANDLER:
            one.wrong = said == "wrong type"
        elif said == "answer":
            # It replaces what there was.
            one.wrong = False
        self.waiting[one.number, state, point].set_result(said)
        self.turn()
        last = point + 1 == POINTS[state]
        if state is State.CATCH:
            if said in ("answer", "refuse"):
                one.status = 200 if said == "answer" else 409
            if last:
                one.ends(Outcome.LATE if one.late else Outcome.PASSED)
        elif said in ("raise", "refuse"):
            self.fails(one, 409 if said == "refuse" else 500)
        elif state is State.BEFORE and said == "answer":
            one.to(Outcome.ANSWERED)
        elif last:
            one.to(Outcome.PASSED)
            if one.state is State.CHECK:
                self.checks(one)

    def checks(self, one: Modelled) -> None:
        if one.wrong:
            self.fails(one, 500)
        else:
            one.status = 200
            one.ends()

    def fails(self, one: Modelled, status: int) -> None:
        one.status = status
        one.to(Outcome.FAILED)
        one.due = self.loop.time() + CATCH_GRACE

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def go_away(self, data: st.DataObject) -> None:
        """The client closes its connection: what waits is cancelled, in a catch hook too."""
        one = self.pick(data)
        one.wire.gone.set()
        self.turn()

    @precondition(lambda self: self.live)
    @rule()
    def time_passes(self) -> None:
        self.turn(0.5)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def the_deadline_comes(self, data: st.DataObject) -> None:
        one = self.pick(data)
        self.turn(max(0.0, one.due - self.loop.time()) + 0.001)

    @invariant()
    def all_agree(self) -> None:
        for one in self.requests:
            told = self.told_of(one)
            walked = [event.state for event in told if event.kind is Kind.STATE]
            # Every step is one of the table.
            for state, to in itertools.pairwise(walked):
                assert to in TABLE[state].values(), walked
            if one.task.done() and one.state is not State.ENDED:
                # Its deadline came, or its client went: the table knows the way.
                assert one.wire.gone.is_set() or walked[-1] is State.ENDED
                if one.state is not State.CATCH:
                    one.status = 504
                one.state = State.ENDED
                one.trail = walked
            elif one.state is not State.ENDED and walked != one.trail:
                assert walked[: len(one.trail)] == one.trail
                assert walked[len(one.trail)] is State.CATCH, (walked, one.trail)
                one.late, one.status = True, 504
                one.state, one.trail = walked[-1], walked
                one.due = self.loop.time() + CATCH_GRACE
            assert walked == one.trail
            self.in_order(told, ended=one.state is State.ENDED)

    def in_order(self, told: list[Event], *, ended: bool) -> None:
        """Every begin has one end, and nothing begins before what runs has ended."""
        running: Event | None = None
        for event in told:
            if event.kind.value.endswith("start"):
                assert running is None
                running = event
            elif event.kind is not Kind.STATE:
                assert running is not None
                assert running.name == event.name
                assert event.kind.value.split()[0] == running.kind.value.split()[0]
                assert event.duration is not None
                running = None
        assert not (ended and running)

    def told_of(self, one: Modelled) -> list[Event]:
        for events in self.events.values():
            if events[0].request_id == self.ids.get(one.number):
                return events
        raise AssertionError

    @property
    def ids(self) -> dict[int, str]:
        # Requests are told of in the order in which they began.
        return dict(enumerate(self.events))

    def teardown(self) -> None:
        for _ in range(40):
            if not self.live:
                break
            self.turn(5.0)
            self.all_agree()
        for one in self.requests:
            assert one.task.done()
            gone = one.wire.answers == 0
            assert gone or (one.wire.answers, one.wire.status) == (1, one.status)
            undone = [what for what, number in self.undone if number == one.number]
            failed = gone or one.wire.status >= 400
            assert undone == (["compensation", "cleanup"] if failed else ["cleanup"])
        self.unsubscribe()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


@pytest.mark.prop(20)
def test_requests_take_the_roads_of_the_table(
    told: Told, record_property: Callable[[str, object], None]
) -> None:
    Lives.told = told
    ran = settings(max_examples=100, stateful_step_count=20)
    run_state_machine_as_test(Lives, settings=ran)
    record_property("examples", 100)
    told.lines()
