"""Modules over reloads: shared while unchanged, ended after the last generation and its calls."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from gatid.errors import ModuleCrashedError, ModuleError, ModuleUnavailableError
from gatid.observe.logs import Log, Output
from gatid.observe.sink import Sink
from gatid.services.host import Host
from gatid.services.modules.pool import ModulePool
from tests.gatid.services.plans import module, plan
from tests.gatid.services.test_instance import PACE, Scripted, World
from tests.gatid.virtual import VirtualLoop

if TYPE_CHECKING:
    from gatid.services.modules.pool import Lease
    from gatid.services.modules.running import Asked

NAMES = ("a", "b", "c")
Key = tuple[str, int]
"""A module and the version of its configuration: what makes an instance."""

versions = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 3), max_size=3)


class Waits:
    """What the scripted modules seem to be."""

    def __init__(self, mctx: Any) -> None: ...

    async def wait(self) -> None: ...


class Reloads(RuleBasedStateMachine):
    """Generations come and go while calls run and modules crash."""

    waiting: Bundle[Any] = Bundle("waiting")

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.worlds: dict[Key, World] = {}
        self.broken: set[str] = set()
        self.generations: list[tuple[Lease, dict[str, int]]] = []
        self.pending: list[Any] = []
        self.fd = os.open(os.devnull, os.O_WRONLY)
        host = Host.create(base=Path(tempfile.gettempdir()), log=Log(Output(Sink(self.fd))))
        self.host = host
        self.pool = ModulePool(
            host.base, host.secrets, host.log, host.metrics, host.topics, PACE, {"none": self.make}
        )

    def make(self, asked: Asked) -> Scripted:
        key = asked.module.name, int(str(asked.module.config["version"]))
        world = self.worlds.setdefault(key, World())
        world.start = "raise" if key[0] in self.broken else "well"
        return Scripted(world)

    def run(self, work: Any) -> Any:
        async def timed() -> Any:
            return await work

        return self.loop.run_until_complete(timed())

    def held(self) -> Counter[Key]:
        return Counter(key for _, said in self.generations for key in said.items())

    def current(self, key: Key) -> Scripted | None:
        """The one of a key that is started and neither ended nor being ended."""
        made = self.worlds[key].made if key in self.worlds else []
        alive = [
            each
            for each in made
            if each.seen["started"] and not each.seen["stop"] and not each.died.done()
        ]
        return alive[-1] if alive else None

    @rule(said=versions, broken=st.sets(st.sampled_from(NAMES), max_size=1))
    def reload(self, said: dict[str, int], broken: set[str]) -> None:
        """All modules of the new generation run, or none that was started for it does."""
        self.broken = broken
        before = self.held()
        modules = [module(name, config={"version": said[name]}) for name in sorted(said)]
        lease = self.pool.lease(plan(*modules), lambda _: Waits)
        fails = any(name in broken and not before[name, said[name]] for name in said)
        if fails:
            with pytest.raises(ModuleError, match="it did not start: OSError: no"):
                self.run(lease.start())
        else:
            self.run(lease.start())
            self.generations.append((lease, dict(said)))
        self.broken = set()

    @rule(at=st.integers(0, 5))
    def drained(self, at: int) -> None:
        """A generation ends; it waits for the calls of what it is the last to hold, so long."""
        if at < len(self.generations):
            lease, _ = self.generations.pop(at)
            self.run(lease.stop())

    @rule(target=waiting, at=st.integers(0, 5), name=st.sampled_from(NAMES))
    def call(self, at: int, name: str) -> Any:
        if at >= len(self.generations) or name not in self.generations[at][1]:
            return None
        lease, said = self.generations[at]

        async def main() -> Any:
            task = asyncio.ensure_future(getattr(lease.clients, name).wait())
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            await asyncio.sleep(0)
            return task

        expected = self.current((name, said[name]))
        task = self.run(main())
        if task.done():
            with pytest.raises(ModuleUnavailableError):
                task.result()
            return None
        began = self.current((name, said[name]))
        assert began is not None
        # Every generation that holds the same module has the same one.
        assert expected is None or began is expected
        return task, began, began.pending[-1]

    @rule(call=consumes(waiting))
    def finish(self, call: Any) -> None:
        if call is None:
            return
        task, began, done = call
        if began.died.done():
            with pytest.raises(ModuleCrashedError):
                self.run(task)
        else:
            done.set_result(None)
            assert self.run(task) == began.number

    @rule(name=st.sampled_from(NAMES), version=st.integers(1, 3))
    def crash(self, name: str, version: int) -> None:
        found = self.current((name, version))
        if found is not None and self.held()[name, version]:
            found.die()
            self.run(asyncio.sleep(0.01))

    @rule(at=st.integers(0, 5), name=st.sampled_from(NAMES))
    def asked(self, at: int, name: str) -> None:
        """Started again for one generation is started again for all that share it."""
        if at < len(self.generations) and name in self.generations[at][1]:
            lease, said = self.generations[at]
            before = self.current((name, said[name]))
            self.run(lease.restart(name))
            after = self.current((name, said[name]))
            assert after is not None
            assert after is not before

    @rule()
    def time_passes(self) -> None:
        """Then what is held runs, once each, and nothing else does."""
        self.run(asyncio.sleep(PACE.longest + 2 * PACE.stop))
        held = self.held()
        for key, world in self.worlds.items():
            alive = [
                each
                for each in world.made
                if each.seen["started"] and not each.seen["stop"] and not each.died.done()
            ]
            assert len(alive) == bool(held[key]), key

    @invariant()
    def nothing_that_is_held_is_ended(self) -> None:
        for key in self.held():
            instance = next(
                each
                for lease, said in self.generations
                for _, each in lease._held
                if each.name == key[0] and said.get(key[0]) == key[1]
            )
            assert instance.held == self.held()[key]
            assert instance._running is None or not instance._running.seen["stop"]  # type: ignore[attr-defined]

    def teardown(self) -> None:
        try:
            for lease, _ in self.generations:
                self.run(lease.stop())
            self.generations.clear()
            self.time_passes()
        finally:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.run(asyncio.sleep(0.01))
            self.loop.close()
            self.host.close()
            os.close(self.fd)


Reloads.TestCase.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
TestReloads = pytest.mark.prop(28)(Reloads.TestCase)
