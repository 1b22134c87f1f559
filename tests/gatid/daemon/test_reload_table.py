"""The reload's tables: every state with every event, and a whole daemon simulated on them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gatid.daemon import holding, reload
from gatid.daemon.holding import Duty, Hold, Holdings, News
from gatid.daemon.reload import Action, Event, Happened, Phase, Reload, step

if TYPE_CHECKING:
    from collections.abc import Callable

BUSY = (Phase.COMPILING, Phase.SCOUTING, Phase.PREPARING, Phase.COMMITTING)
ANSWERS = {
    Action.ANSWER_SWAPPED,
    Action.ANSWER_UNCHANGED,
    Action.ANSWER_REFUSED,
    Action.ANSWER_STOPPING,
}


def states(phase: Phase) -> list[Reload]:
    waiting = frozenset({1, 2}) if phase is Phase.PREPARING else frozenset()
    queued = (False, True) if phase in BUSY else (False,)
    return [Reload(phase, 7, waiting, each) for each in queued]


def events() -> list[Happened]:
    about = [Happened(event, 7, 1, frozenset({1, 2})) for event in Event]
    return [*about, *(Happened(event, 6, 1) for event in (Event.READY, Event.FAILED))]


@pytest.mark.parametrize("happened", events(), ids=lambda h: f"{h.event.name}-{h.generation}")
@pytest.mark.parametrize("phase", list(Phase))
def test_every_event_in_every_phase(phase: Phase, happened: Happened) -> None:
    """What holds of all of them, written down apart from the table."""
    for state in states(phase):
        after, actions = step(state, happened)
        if happened.generation == 6 or (phase, happened.event) not in reload.TABLE:
            assert (after, actions) == (state, ())
            continue
        if phase is Phase.STOPPING:
            assert after.phase is Phase.STOPPING
        # A reload that ends is answered once, one that goes on not yet.
        ends = phase in BUSY and (
            after.phase in (Phase.IDLE, Phase.STOPPING) or Action.COMPILE in actions
        )
        assert len(ANSWERS & set(actions)) == (
            ends or (phase is Phase.STOPPING and happened.event is Event.REQUESTED)
        )
        # The epoch moves in one way only.
        if Action.COMMIT in actions:
            assert (phase, happened.event) == (Phase.COMMITTING, Event.RECORDED)
        # What was prepared and is not committed is aborted.
        if phase in (Phase.PREPARING, Phase.COMMITTING) and ends:
            assert (Action.COMMIT in actions) != (Action.ABORT in actions)
        # A worker that died is replaced, unless all are to go.
        if happened.event is Event.DIED and phase is not Phase.STOPPING:
            assert Action.RESPAWN in actions
        # Whoever asked meanwhile is served by exactly one more reload.
        if ends and state.queued and after.phase is not Phase.STOPPING:
            assert after.phase is Phase.COMPILING
            assert not after.queued
        assert (after.phase is Phase.PREPARING) == bool(after.waiting)


def test_each_phase_but_idle_is_reached_and_left() -> None:
    reached = {row.phase for row in reload.TABLE.values()}
    assert reached == set(Phase)
    left = {phase for (phase, _), row in reload.TABLE.items() if row.phase is not phase}
    assert left == set(Phase) - {Phase.STOPPING}


def test_only_the_last_ready_is_all_ready() -> None:
    state = Reload(Phase.PREPARING, 3, frozenset({1, 2}))
    state, actions = step(state, Happened(Event.READY, 3, 1))
    assert (state.waiting, actions) == (frozenset({2}), ())
    assert step(state, Happened(Event.READY, 3, 1)) == (state, ())  # it says so twice
    state, actions = step(state, Happened(Event.READY, 3, 2))
    assert (state.phase, actions) == (Phase.COMMITTING, (Action.RECORD,))


def test_many_requests_become_one() -> None:
    state = Reload()
    compiled = 0
    for _ in range(10):
        state, actions = step(state, Happened(Event.REQUESTED))
        compiled += actions.count(Action.COMPILE)
    state, actions = step(state, Happened(Event.REFUSED))
    compiled += actions.count(Action.COMPILE)
    assert (compiled, state.phase, state.queued) == (2, Phase.COMPILING, False)


@pytest.mark.parametrize("news", list(News))
@pytest.mark.parametrize("hold", list(Hold))
def test_every_news_of_every_hold(hold: Hold, news: News) -> None:
    row = holding.TABLE.get((hold, news))
    if hold is Hold.GONE:
        assert row is None  # what is gone stays gone
    if row is None:
        return
    after, duty = row
    # Nothing that was built is forgotten without being thrown away.
    if after is Hold.GONE and (hold in (Hold.READY, Hold.DRAINING) or news is News.BUILT):
        assert duty in (Duty.DISCARD, Duty.DROP)
    assert (duty is Duty.FLIP) == (after is Hold.CURRENT)
    assert after is not Hold.NONE


def test_an_abort_overtakes_its_prepare() -> None:
    holdings = Holdings()
    assert holdings.tell(4, News.ABORT) is None
    assert holdings.tell(4, News.PREPARE) is None
    assert holdings.tell(5, News.PREPARE) is Duty.BUILD
    assert holdings.tell(5, News.ABORT) is None
    assert holdings.tell(5, News.BUILT) is Duty.DISCARD
    assert holdings[5] is Hold.GONE


@dataclass
class SimWorker:
    """A worker on the real table: messages in order, work that ends whenever it likes."""

    serial: int
    prepares: int
    inbox: deque[tuple[str, int]] = field(default_factory=deque)
    outbox: deque[tuple[str, int]] = field(default_factory=deque)
    holdings: Holdings = field(default_factory=Holdings)
    building: set[int] = field(default_factory=set)
    built: set[int] = field(default_factory=set)
    current: int = 0
    draining: set[int] = field(default_factory=set)


class Daemon(RuleBasedStateMachine):
    """A supervisor and its workers as the two tables run them, in any interleaving.

    Messages keep their order on each socket, everything else happens whenever it likes:
    builds end late, workers die, requests come, reloads are asked for, and stopped.
    """

    @initialize(size=st.integers(1, 3))
    def start(self, size: int) -> None:
        self.size = size
        self.state = Reload()
        self.epoch = 0
        self.last = 0
        self.served: list[int] = []
        self.serials = 0
        self.compiled = self.answered = 0
        self.workers: list[SimWorker] = []
        self.happen(Event.REQUESTED)

    def spawn(self, gen: int) -> None:
        self.serials += 1
        worker = SimWorker(self.serials, gen)
        worker.inbox.append(("PREPARE", gen))
        self.workers.append(worker)

    def happen(self, event: Event, generation: int = 0, worker: int = 0) -> None:
        workers: frozenset[int] = frozenset()
        if event is Event.SCOUTED and self.state.phase is Phase.SCOUTING:
            self.last = generation = self.last + 1
            for _ in range(self.size - len(self.workers)):
                self.spawn(generation)
            workers = frozenset(w.serial for w in self.workers)
        self.state, actions = step(self.state, Happened(event, generation, worker, workers))
        for action in actions:
            self.do(action)
        if Action.ABORT in actions:
            # One that was started for the candidate has nothing to serve, and is ended.
            for useless in [w for w in self.workers if not w.current and w.prepares != self.epoch]:
                self.workers.remove(useless)
                self.happen(Event.DIED, worker=useless.serial)

    def do(self, action: Action) -> None:
        if action is Action.PREPARE:
            for worker in self.workers:
                if worker.prepares != self.last:
                    worker.inbox.append(("PREPARE", self.last))
        elif action is Action.RECORD:
            self.happen(Event.RECORDED, self.last)
        elif action is Action.COMMIT:
            # All or none: every worker that lives has said READY to this number.
            assert all(w.holdings[self.last] is Hold.READY for w in self.workers)
            assert len(self.workers) == self.size
            assert self.last > self.epoch
            self.epoch = self.last
            for worker in self.workers:
                worker.inbox.append(("COMMIT", self.last))
        elif action is Action.ABORT:
            for worker in self.workers:
                worker.inbox.append(("ABORT", self.last))
        elif action in ANSWERS:
            self.answered += 1
        elif action is Action.COMPILE:
            self.compiled += 1

    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        """One of what can happen now, each as likely as it is written often."""
        moves: list[Callable[[], None]] = [partial(self.happen, Event.REQUESTED)]
        if self.state.phase in (Phase.COMPILING, Phase.SCOUTING):
            compiling = self.state.phase is Phase.COMPILING
            well = Event.COMPILED if compiling else Event.SCOUTED
            moves += [partial(self.happen, well)] * 12 + [partial(self.happen, Event.REFUSED)]
        if self.state.phase is Phase.PREPARING:
            moves.append(partial(self.happen, Event.TIMED_OUT, self.state.generation))
        elif self.epoch and len(self.workers) < self.size:
            moves += [partial(self.spawn, self.epoch)] * 6
        for worker in self.workers:
            moves.append(partial(self.die, worker))
            if worker.inbox:
                moves += [partial(self.read, worker)] * 12
            for gen in sorted(worker.building):
                moves += [partial(self.built, worker, gen, True)] * 12
                moves.append(partial(self.built, worker, gen, False))
            if worker.outbox:
                moves += [partial(self.hear, worker)] * 12
            if worker.current:
                moves.append(partial(self.request, worker))
            for gen in sorted(worker.draining):
                moves.append(partial(self.empty, worker, gen))
        data.draw(st.sampled_from(moves))()

    def read(self, worker: SimWorker) -> None:
        word, gen = worker.inbox.popleft()
        if word == "PREPARE":
            if worker.holdings.tell(gen, News.PREPARE) is Duty.BUILD:
                worker.building.add(gen)
        elif word == "ABORT":
            if worker.holdings.tell(gen, News.ABORT) is Duty.DISCARD:
                worker.built.remove(gen)
        else:
            self.turn(worker)

    def built(self, worker: SimWorker, gen: int, well: bool) -> None:
        worker.building.remove(gen)
        duty = worker.holdings.tell(gen, News.BUILT if well else News.BROKE)
        if duty is Duty.SAY_READY:
            worker.built.add(gen)
            worker.outbox.append(("READY", gen))
        elif duty is Duty.SAY_FAILED:
            worker.outbox.append(("FAILED", gen))

    def hear(self, worker: SimWorker) -> None:
        word, gen = worker.outbox.popleft()
        if gen != self.epoch:
            self.happen(Event.READY if word == "READY" else Event.FAILED, gen, worker.serial)
        elif word == "READY" and not worker.current:
            worker.inbox.append(("COMMIT", gen))
        elif word == "FAILED":
            self.die(worker)

    def die(self, worker: SimWorker) -> None:
        self.workers.remove(worker)
        self.happen(Event.DIED, worker=worker.serial)

    def request(self, worker: SimWorker) -> None:
        if worker.current != self.epoch:
            self.turn(worker)
        # Whatever came before, it is answered by what is committed.
        assert worker.current == self.epoch
        self.served.append(worker.current)

    def empty(self, worker: SimWorker, gen: int) -> None:
        assert worker.holdings.tell(gen, News.IDLE) is Duty.DROP
        worker.draining.remove(gen)

    def turn(self, worker: SimWorker) -> None:
        gen = self.epoch
        if worker.holdings.tell(gen, News.COMMIT) is Duty.FLIP:
            worker.built.remove(gen)
            for older in worker.holdings.older(gen):
                duty = worker.holdings.tell(older, News.REPLACED)
                if duty is Duty.DISCARD:
                    worker.built.remove(older)
                elif duty is Duty.RETIRE:
                    worker.draining.add(older)
            worker.current = gen

    @invariant()
    def answers_never_get_older(self) -> None:
        assert self.__dict__.get("served", []) == sorted(self.__dict__.get("served", []))

    @invariant()
    def a_worker_can_always_serve_the_epoch(self) -> None:
        """Whoever serves holds what the epoch names: a request never finds it missing."""
        for worker in self.__dict__.get("workers", []):
            if worker.current and worker.current != self.epoch:
                assert self.epoch in worker.built

    @invariant()
    def every_reload_is_answered_once(self) -> None:
        if self.__dict__.get("state") is not None:
            under_way = self.state.phase in BUSY
            assert self.compiled == self.answered + under_way
            assert under_way or not self.state.queued

    def teardown(self) -> None:
        """Left alone, everything comes to rest: all workers on the epoch, or none yet."""
        if not hasattr(self, "state"):
            return
        if self.state.phase is Phase.PREPARING:
            self.happen(Event.TIMED_OUT, self.state.generation)
        for worker in list(self.workers):
            while worker in self.workers and (worker.inbox or worker.building or worker.outbox):
                if worker.inbox:
                    self.read(worker)
                elif worker.building:
                    self.built(worker, min(worker.building), True)
                else:
                    self.hear(worker)
        for worker in self.workers:
            assert set(worker.holdings.held(*set(Hold) - {Hold.DRAINING})) <= {self.epoch}
            assert worker.current in (self.epoch, 0)


Daemon.TestCase.settings = settings(max_examples=300, stateful_step_count=60, deadline=None)
TestDaemon = Daemon.TestCase
