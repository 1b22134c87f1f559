"""Modules that do what modules should not do: each is told apart, and nothing waits for ever."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from gatid.errors import ModuleError, ModuleTimeoutError
from gatid.services.modules.instance import Pace
from gatid.services.modules.pool import ModulePool
from gatid_compiler.plan import Checks
from tests.gatid.services.plans import module, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gatid.services.modules.pool import Lease
    from tests.gatid.services.conftest import Hosted

PACE = Pace(start=0.1, stop=0.1, first=0.01, longest=0.05)


def lease(hosted: Hosted, cls: type, name: str = "m", **options: Any) -> Lease:
    """A lease on one module, of a pool that has little patience."""
    host = hosted.host
    pool = ModulePool(host.base, host.secrets, host.log, host.metrics, host.topics, PACE)
    return pool.lease(plan(module(name, **options)), lambda _: cls)


FREE = threading.Event()


async def deaf() -> None:
    """Ignores that it is cancelled until the test is over."""
    while not FREE.is_set():
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            continue


@pytest.fixture(autouse=True)
def _free() -> Iterator[None]:
    FREE.clear()
    yield
    FREE.set()


async def freed() -> None:
    """Lets what ignored its cancellation end, and what came of it."""
    FREE.set()
    while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110 - nobody announces it
        await asyncio.sleep(0.01)


def leave() -> None:
    raise SystemExit(3)


async def leave_later() -> None:
    raise SystemExit(3)


async def cancelled_inside() -> None:
    task = asyncio.ensure_future(asyncio.Event().wait())
    await asyncio.sleep(0)
    task.cancel()
    await task


async def hang() -> None:
    await asyncio.Event().wait()


async def not_found() -> None:
    raise KeyError("database")


STARTS: dict[str, tuple[Callable[[], Any], str]] = {
    "raises": (not_found, "it did not start: KeyError: 'database'"),
    "hangs": (hang, "it did not start within 0.1 s"),
    "ignores its cancellation": (deaf, "it did not start within 0.1 s"),
    "ends the process": (leave_later, "it raised SystemExit(3)"),
    "is cancelled inside": (cancelled_inside, "it did not start"),
    "is not async": (lambda: None, "write `async def start`"),
}


@pytest.mark.parametrize("way", STARTS)
def test_a_start_that_fails_is_refused_with_its_reason(hosted: Hosted, way: str) -> None:
    start, reason = STARTS[way]
    cls = type("Bad", (), {"__init__": lambda self, mctx: None, "start": lambda self: start()})

    async def main() -> None:
        with pytest.raises(ModuleError, match="module `m`: ") as caught:
            await lease(hosted, cls).start()
        assert reason in str(caught.value)
        await freed()

    asyncio.run(main())


def test_building_that_hangs_or_ends_the_process_is_refused(hosted: Hosted) -> None:
    free = threading.Event()

    class Leaves:
        def __init__(self, mctx: Any) -> None:
            leave()

    class Hangs:
        def __init__(self, mctx: Any) -> None:
            free.wait()

    with pytest.raises(ModuleError, match=r"it raised SystemExit\(3\)"):
        asyncio.run(lease(hosted, Leaves).start())
    with pytest.raises(ModuleError, match=r"it did not start within 0.1 s"):
        asyncio.run(lease(hosted, Hangs).start())
    free.set()


@pytest.mark.parametrize("way", ["hangs", "ignores its cancellation", "ends the process", "raises"])
def test_a_stop_that_fails_holds_nobody_up(hosted: Hosted, way: str) -> None:
    stop, _ = STARTS[way]
    cls = type("Bad", (), {"__init__": lambda self, mctx: None, "stop": lambda self: stop()})

    async def main() -> None:
        held = lease(hosted, cls)
        await held.start()
        await held.stop()
        await freed()

    asyncio.run(main())
    (event,) = hosted.events()
    assert (event["message"], event["module"]) == ("a module did not stop well", "m")


def test_a_module_whose_calls_hang_takes_no_threads_of_another(hosted: Hosted) -> None:
    """Nor is it stopped under them for ever, nor started again into the same trap."""
    free = threading.Event()

    class Blocks:
        def __init__(self, mctx: Any) -> None:
            self.threads = 0

        def block(self) -> None:
            free.wait()

        def quick(self) -> str:
            return threading.current_thread().name

    async def main() -> None:
        stuck = lease(hosted, Blocks, "stuck", timeout=50, concurrency=3)
        other = lease(hosted, Blocks, "other", timeout=5000)
        await stuck.start()
        await other.start()
        calls = (stuck.clients.stuck.block() for _ in range(6))
        for result in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(result, ModuleTimeoutError)
        with pytest.raises(ModuleTimeoutError):
            await stuck.clients.stuck.quick()
        assert (await other.clients.other.quick()).startswith("gatid-module-other")
        await stuck.restart("stuck")
        assert (await stuck.clients.stuck.quick()).startswith("gatid-module-stuck")
        await stuck.stop()
        await other.stop()

    asyncio.run(main())
    free.set()
    messages = [event["message"] for event in hosted.events()]
    assert "a module is stopped while calls run" in messages


class StrangeError(BaseException):
    """No `Exception`, and no end of the process either."""


RAISED = (SystemExit(1), StrangeError(), GeneratorExit(), asyncio.CancelledError())


@pytest.mark.parametrize("raised", RAISED, ids=lambda each: type(each).__name__)
def test_health_that_fails_is_no_fault_of_the_calls(hosted: Hosted, raised: BaseException) -> None:
    """Whatever it raises, the module is started again; a call under way ends on the old one."""

    class Ill:
        made = 0

        def __init__(self, mctx: Any) -> None:
            type(self).made += 1
            self.number = self.made
            self.free = asyncio.Event()

        async def health(self) -> bool:
            if self.number == 1:
                raise raised
            return self.number > 2

        async def wait(self) -> int:
            await self.free.wait()
            return self.number

    async def main() -> None:
        held = lease(hosted, Ill, checks=Checks(every=10, timeout=50, failures=2))
        await held.start()
        instance = held._held[0][1]
        first = instance._running._object  # type: ignore[union-attr]
        call = asyncio.ensure_future(held.clients.m.wait())
        async with asyncio.timeout(30):
            while instance.restarts < 2 or not instance.up:  # noqa: ASYNC110 - not announced
                await asyncio.sleep(0.005)
        first.free.set()
        assert await call == 1
        assert await held.health() == {"m": True}
        await held.stop()

    asyncio.run(main())
    reasons = [e["reason"] for e in hosted.events() if e["message"].startswith("a module failed")]
    assert reasons == ["it was not well 2 times in a row"] * 2
