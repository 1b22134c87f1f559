"""The end of a request: everything registered runs, in reverse, whatever it does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.lifecycle.ending import GRACE
from tests.gatid.lifecycle.requests import Life
from tests.gatid.virtual import run

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = ("sync", "async", "waits")
BAD = ("raises", "raises later", "exits", "hangs", "ignores", "waits for a cancelled one")
behaviours = st.lists(st.sampled_from(GOOD + BAD), max_size=6)


def behave(how: str, ran: list[Any], mark: object) -> Callable[[], Any]:
    async def later() -> None:
        if how == "async":
            return
        if how in ("waits", "raises later"):
            await asyncio.sleep(0)
        if how == "raises later":
            raise ValueError(mark)
        if how == "hangs":
            await asyncio.Event().wait()
        if how == "ignores":
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                await asyncio.sleep(3600)
        if how == "waits for a cancelled one":
            other = asyncio.ensure_future(asyncio.sleep(1))
            other.cancel()
            await other

    def function() -> Any:
        ran.append(mark)
        if how == "raises":
            raise KeyError(mark)
        if how == "exits":
            raise SystemExit(3)
        return None if how == "sync" else later()

    return function


@given(behaviours, behaviours, st.booleans())
def test_everything_runs_in_reverse(
    compensations: list[str], cleanups: list[str], failed: bool
) -> None:
    ran: list[Any] = []

    async def request(life: Life) -> float:
        for number, how in enumerate(compensations):
            life.lctx.compensate(behave(how, ran, ("compensate", number)))
        for number, how in enumerate(cleanups):
            life.lctx.on_cleanup(behave(how, ran, ("cleanup", number)))
        assert life.lctx.pending == bool(compensations or cleanups)
        await life.lctx.finish(failed)
        assert not life.lctx.pending
        return asyncio.get_running_loop().time()

    with Life() as life:
        took = run(request(life))
        undone = [("compensate", n) for n in range(len(compensations))] if failed else []
        cleaned = [("cleanup", n) for n in range(len(cleanups))]
        assert ran == undone[::-1] + cleaned[::-1]
        run_at_all = (compensations if failed else []) + cleanups
        late = {"hangs", "ignores"} & set(run_at_all)
        at_least = sum(how in BAD for how in run_at_all)
        # Behind one that used up the grace, those that wait are cancelled too.
        assert at_least <= life.counts.local_faults.value <= len(run_at_all)
        assert late or life.counts.local_faults.value == at_least
        assert took <= GRACE + 0.1 * len(run_at_all) + 0.01
        errors = life.events()
        assert len(errors) == life.counts.local_faults.value
        assert all(e["request_id"] == "r-1" and "traceback" in e for e in errors)


@pytest.mark.parametrize("times", [1, 3])
def test_a_cancelled_caller_still_cleans_up(times: int) -> None:
    """The client went away, or the worker is told to hurry: the rest runs, then it is raised."""
    ran: list[str] = []

    async def slow(name: str) -> None:
        await asyncio.sleep(1)
        ran.append(name)

    async def main(life: Life) -> bool:
        life.lctx.on_cleanup(lambda: slow("first"))
        life.lctx.on_cleanup(lambda: slow("second"))
        task = asyncio.ensure_future(life.lctx.finish(failed=False))
        for _ in range(times):
            await asyncio.sleep(0.1)
            task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    with Life() as life:
        assert run(main(life))
        assert ran == ["second", "first"]
        assert life.counts.local_faults.value == 0


def test_cleanup_has_a_grace_of_its_own_and_it_can_be_set() -> None:
    async def main(life: Life) -> float:
        life.lctx.on_cleanup(lambda: asyncio.sleep(60))
        await life.lctx.finish(failed=True, grace=0.5)
        return asyncio.get_running_loop().time()

    with Life(deadline=0.0) as life:
        assert 0.5 <= run(main(life)) < 0.7
        (event,) = life.events()
        assert event["message"] == "cleanup took too long"


def test_what_cleanup_registers_is_too_late_but_not_lost_silently() -> None:
    """The list is taken when the end begins; what comes later is told to whoever registers."""
    caught: list[BaseException] = []

    async def main(life: Life) -> None:
        async def late() -> None:
            try:
                life.lctx.on_cleanup(print)
            except RuntimeError as error:
                caught.append(error)

        life.lctx.on_cleanup(late)
        await life.lctx.finish(failed=False)

    with Life() as life:
        run(main(life))
    assert len(caught) == 1
