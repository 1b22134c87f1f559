"""A module that is kept running, whatever happens to what runs it: in virtual time."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

from gatid.errors import (
    HTTPError,
    ModuleCrashedError,
    ModuleError,
    ModuleTimeoutError,
    ModuleUnavailableError,
)
from gatid.observe.logs import Log, Output
from gatid.observe.sink import Sink
from gatid.services.modules.client import ModuleClient
from gatid.services.modules.instance import Checks, Instance, Pace
from gatid.services.modules.running import Calls, Method
from tests.gatid.services.plans import module
from tests.gatid.virtual import VirtualLoop
from tests.gatid.virtual import run as virtual

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatid.services.modules.running import Call

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)

PACE = Pace(start=30, stop=10, first=1, longest=8, steady=60)
CHECKS = Checks(every=10, timeout=2, failures=3)

Outcome = Literal["well", "raise", "exit", "hang", "deaf"]
OUTCOMES = st.sampled_from(("well", "raise", "exit", "hang", "deaf"))


class World:
    """How what is started behaves from now on, and all that was ever made."""

    def __init__(self) -> None:
        self.start: Outcome = "well"
        self.health: Outcome | Literal["ill"] = "well"
        self.stop: Outcome = "well"
        self.made: list[Scripted] = []
        self.deaf: list[asyncio.Event] = []

    async def play(self, outcome: str) -> bool:
        if outcome == "raise":
            raise OSError("no")
        if outcome == "exit":
            raise SystemExit(1)
        if outcome == "hang":
            await asyncio.Event().wait()
        if outcome == "deaf":
            free = asyncio.Event()
            self.deaf.append(free)
            while not free.is_set():
                try:
                    await free.wait()
                except asyncio.CancelledError:
                    continue
        return outcome != "ill"


class Scripted:
    """Runs a module that does as it is told; `log` is what happened to it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.number = len(world.made)
        world.made.append(self)
        self.calls = Calls("m")
        self.died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.methods: Mapping[str, Method] = {"wait": Method("wait", "async", idempotent=False)}
        self.has_health = True
        self.pending: list[asyncio.Future[None]] = []
        self.seen: Counter[str] = Counter()

    async def start(self) -> None:
        self.seen["start"] += 1
        await self.world.play(self.world.start)
        self.seen["started"] += 1

    def method(self, name: str) -> Call:
        assert name == "wait"
        return self._wait

    async def _wait(self) -> int:
        assert not self.seen["stop"]
        self.calls.enter()
        done = asyncio.get_running_loop().create_future()
        self.pending.append(done)
        try:
            await done
        finally:
            self.pending.remove(done)
            self.calls.leave()
        return self.number

    def die(self) -> None:
        for done in self.pending:
            done.set_exception(ModuleCrashedError("m", "it was killed"))
        self.died.set_result("it was killed")

    async def health(self) -> bool:
        assert not self.seen["stop"]
        assert not self.died.done()
        return await self.world.play(self.world.health)

    async def stop(self) -> None:
        assert not self.died.done()
        self.seen["stop"] += 1
        self.seen["calls at stop"] = len(self.calls)
        await self.world.play(self.world.stop)


class Lives(RuleBasedStateMachine):
    """Calls, crashes, restarts, illness and the end, in any order."""

    waiting: Bundle[Any] = Bundle("waiting")

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.world = World()
        self.dropped = os.open(os.devnull, os.O_WRONLY)
        self.asked: list[asyncio.Future[None]] = []
        self.sure = True

    def run(self, work: Any) -> Any:
        async def timed() -> Any:
            return await work

        return self.loop.run_until_complete(timed())

    def current(self) -> Scripted | None:
        running = self.instance._running
        assert running is None or isinstance(running, Scripted)
        return running

    @initialize()
    def begin(self) -> None:
        async def main() -> None:
            self.instance = Instance(
                "m",
                lambda: Scripted(self.world),
                code=None,
                checks=CHECKS,
                pace=PACE,
                agreed=lambda _: None,
                log=Log(Output(Sink(self.dropped))),
            )
            await self.instance.start()

        self.run(main())

    @rule(start=OUTCOMES)
    def starts(self, start: Outcome) -> None:
        self.world.start = start

    @rule(health=OUTCOMES | st.just("ill"))
    def feels(self, health: Outcome) -> None:
        self.world.health = health
        self.sure = False

    @rule(stop=OUTCOMES)
    def stops(self, stop: Outcome) -> None:
        self.world.stop = stop

    @rule(target=waiting)
    def call(self) -> Any:
        client = ModuleClient(self.instance, module("m"))

        async def main() -> Any:
            task = asyncio.ensure_future(client.wait())
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            # The instance may change before the task begins, and not until it has begun.
            asyncio.get_running_loop().call_soon(lambda: began.append(self.current()))
            await asyncio.sleep(0)
            return task

        began: list[Scripted | None] = []
        task = self.run(main())
        current = began[0]
        if current is None:
            with pytest.raises(ModuleUnavailableError, match="being started again"):
                task.result()
            return None
        assert not task.done()
        return task, current, current.pending[-1]

    @rule(call=consumes(waiting))
    def finish(self, call: Any) -> None:
        """What began on one ends there, whatever runs by now; unless that has died."""
        if call is None:
            return
        task, began, done = call
        if began.died.done():
            with pytest.raises(ModuleCrashedError):
                self.run(task)
            return
        done.set_result(None)
        assert self.run(task) == began.number

    @rule(call=consumes(waiting))
    def give_up(self, call: Any) -> None:
        if call is not None:
            call[0].cancel()
            self.run(asyncio.wait([call[0]]))

    @rule()
    def crash(self) -> None:
        current = self.current()
        if current is not None:
            current.die()
            self.run(asyncio.sleep(0.01))
            assert self.current() is not current

    @rule()
    def ask(self) -> None:
        async def main() -> None:
            self.asked.append(asyncio.ensure_future(self.instance.restart()))
            await asyncio.sleep(0)

        self.run(main())

    @rule(seconds=st.sampled_from((0.5, 3.0, 15.0, 70.0)))
    def time_passes(self, seconds: float) -> None:
        """One that says it is well is left alone."""
        waits = any(not each.done() for each in self.asked)
        quiet = self.instance.up and self.sure and not waits
        before = self.instance.restarts
        self.run(asyncio.sleep(seconds))
        if quiet:
            assert self.instance.up
            assert self.instance.restarts == before

    @rule()
    def all_is_well_again(self) -> None:
        """From any state, it runs again within the longest wait, and who asked is answered."""
        self.world.start = self.world.health = self.world.stop = "well"
        for free in self.world.deaf:
            free.set()
        self.world.deaf.clear()
        # A check or a start that hangs already, then the longest wait.
        self.run(asyncio.sleep(PACE.start + 2 + PACE.longest + CHECKS.timeout + 2))
        assert self.instance.up
        assert all(each.done() for each in self.asked)
        for each in self.asked:
            assert each.exception() is None or isinstance(each.exception(), ModuleError)
        self.asked.clear()
        self.sure = True

    @invariant()
    def each_is_started_and_stopped_once(self) -> None:
        for each in self.world.made:
            assert each.seen["start"] <= 1
            assert each.seen["stop"] <= each.seen["started"]
            assert each is not self.current() or not each.seen["stop"]

    def teardown(self) -> None:
        try:
            if hasattr(self, "instance"):
                self.end()
        finally:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.run(asyncio.sleep(0.01))
            self.loop.close()
            os.close(self.dropped)

    def end(self) -> None:
        """Nothing is left of it, but calls that go on and what ignores that it was cancelled."""
        self.run(self.instance.end())
        assert not self.instance.up
        assert all(each.done() and (each.exception() or True) for each in self.asked)
        for each in self.world.made:
            if each.seen["started"] and not each.died.done():
                assert each.seen["stop"] == 1, each.number
        self.world.start = self.world.stop = "well"
        for free in self.world.deaf:
            free.set()
        for each in self.world.made:
            for done in each.pending:
                done.cancel()
        # What started after all when it was given up has still to be stopped.
        self.run(asyncio.sleep(2 * PACE.stop + 2))
        assert not asyncio.all_tasks(self.loop)


Lives.TestCase.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
TestLives = pytest.mark.prop(18)(Lives.TestCase)


TIMEOUT = 2.0
attempt = st.sampled_from(("well", "raise", "hang", "own timeout", "answer", "exit"))


@pytest.mark.prop(18)
@settings(deadline=None)
@given(
    script=st.lists(attempt, min_size=1, max_size=6),
    retries=st.integers(0, 4),
    idempotent=st.booleans(),
    args=st.lists(values, max_size=2),
    kwargs=st.dictionaries(st.sampled_from("ab"), values),
)
def test_a_call_is_tried_again_in_time(
    script: list[str], retries: int, idempotent: bool, args: list[Any], kwargs: dict[str, Any]
) -> None:
    """What comes back is what was returned, after as many attempts as were needed and allowed,
    with waits between them that grow.
    """
    world = World()
    began: list[float] = []

    class Played(Scripted):
        def __init__(self, world: World) -> None:
            super().__init__(world)
            self.methods = {"play": Method("play", "async", idempotent)}

        def method(self, name: str) -> Call:
            async def call(*args: Any, **kwargs: Any) -> Any:
                loop = asyncio.get_running_loop()
                began.append(loop.time())
                outcome = script[min(len(began), len(script)) - 1]
                if outcome == "own timeout":
                    raise TimeoutError("its own")
                if outcome == "answer":
                    raise HTTPError(409, "no")
                if outcome == "exit":
                    raise EOFError
                await world.play(outcome)
                return args, kwargs

            return call

    async def main() -> tuple[Any, float]:
        instance = Instance(
            "m", lambda: Played(world), code=None, checks=CHECKS, pace=PACE, log=silent,
            agreed=lambda _: None,
        )  # fmt: skip
        await instance.start()
        client = ModuleClient(instance, module("m", retries=retries, timeout=int(TIMEOUT * 1000)))
        loop = asyncio.get_running_loop()
        start = loop.time()
        try:
            return await client.play(*args, **kwargs), loop.time() - start
        except Exception as error:  # noqa: BLE001 - all of them are judged
            return error, loop.time() - start
        finally:
            await instance.end()

    fd = os.open(os.devnull, os.O_WRONLY)
    silent = Log(Output(Sink(fd)))
    try:
        result, took = virtual(main())
    finally:
        os.close(fd)

    allowed = 1 + (retries if idempotent else 0)
    outcomes = [script[min(at, len(script) - 1)] for at in range(allowed)]
    ends = [at for at, outcome in enumerate(outcomes) if outcome in ("well", "answer")]
    tried = outcomes[: ends[0] + 1] if ends else outcomes
    assert len(began) == len(tried)
    kinds = {
        "raise": OSError, "hang": ModuleTimeoutError, "own timeout": TimeoutError,
        "answer": HTTPError, "exit": EOFError,
    }  # fmt: skip
    if tried[-1] == "well":
        assert result == (tuple(args), kwargs)
    else:
        assert type(result) is kinds[tried[-1]]
    hung = sum(TIMEOUT for outcome in tried if outcome == "hang")
    waits = [min(0.01 * 2**at, 1.0) for at in range(len(tried) - 1)]
    assert hung + sum(waits) / 2 - 1e-6 <= took <= hung + sum(waits) + 1e-6


@pytest.mark.prop(18)
@settings(deadline=None)
@given(bound=st.integers(1, 4), lengths=st.lists(st.floats(0.1, 3.0), max_size=10))
def test_calls_wait_in_line(bound: int, lengths: list[float]) -> None:
    """Never more at once than declared, in the order of asking; one that gives up leaves it."""
    running: list[int] = []
    most = 0
    order: list[int] = []

    class Slow(Scripted):
        def method(self, name: str) -> Call:
            async def call(number: int) -> None:
                nonlocal most
                order.append(number)
                running.append(number)
                most = max(most, len(running))
                try:
                    await asyncio.sleep(lengths[number])
                finally:
                    running.remove(number)

            return call

    async def main() -> list[Any]:
        world = World()
        instance = Instance(
            "m", lambda: Slow(world), code=None, checks=CHECKS, pace=PACE, log=silent,
            agreed=lambda _: None, concurrency=bound,
        )  # fmt: skip
        await instance.start()
        client = ModuleClient(instance, module("m", timeout=2000))
        found = await asyncio.gather(
            *(client.wait(number) for number in range(len(lengths))), return_exceptions=True
        )
        await instance.end()
        return found

    fd = os.open(os.devnull, os.O_WRONLY)
    silent = Log(Output(Sink(fd)))
    try:
        found = virtual(main())
    finally:
        os.close(fd)
    # Who leaves the line at 2 s leaves its place to the next one that is there.
    free = [0.0] * bound
    for number, length in enumerate(lengths):
        at = free.index(min(free))
        begins = free[at]
        late = begins + length > 2.0
        if begins < 2.0:
            free[at] = min(begins + length, 2.0)
            assert number in order
        if abs(begins + length - 2.0) > 1e-6:
            assert isinstance(found[number], ModuleTimeoutError) == late
    assert order == sorted(order)
    assert most <= bound
    assert not running
