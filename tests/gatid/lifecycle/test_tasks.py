"""Tasks belong to the request that makes them: none outlives it, and none is lost."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.endpoint.link import link
from gatid.endpoint.loading import load
from gatid.lifecycle.tasks import detached
from gatid_compiler.pipeline import compile_project
from tests.gatid import virtual
from tests.gatid.endpoint.build import ask
from tests.gatid.endpoint.wire import Ask, Wire
from tests.gatid.lifecycle.told import GET, Told

if TYPE_CHECKING:
    from pathlib import Path

WAYS = ("create_task", "ensure_future", "a task of a task", "call_soon", "shield", "group")
ENDS = ("returns", "raises", "late")


@pytest.mark.prop(23)
@given(
    st.lists(st.tuples(st.sampled_from(WAYS), st.booleans()), max_size=4),
    st.sampled_from(ENDS),
)
def test_no_task_outlives_its_request(
    told: Told, described: list[tuple[str, bool]], end: str
) -> None:
    """However it was made, a task that runs when its request ends is cancelled, and named once."""
    cancelled: list[int] = []
    begun: list[int] = []

    async def work(number: int, brief: bool) -> None:
        begun.append(number)
        try:
            await asyncio.sleep(0.01 if brief else 3600)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    async def make(number: int, way: str, brief: bool) -> None:
        loop = asyncio.get_running_loop()
        if way == "create_task":
            asyncio.create_task(work(number, brief))  # noqa: RUF006
        elif way == "ensure_future":
            asyncio.ensure_future(work(number, brief))  # noqa: RUF006
        elif way == "a task of a task":
            await asyncio.create_task(make(number, "create_task", brief))
        elif way == "call_soon":
            loop.call_soon(lambda: loop.create_task(work(number, brief)))
        elif way == "shield":
            with_timeout = asyncio.wait_for(asyncio.shield(work(number, brief)), 0.001)
            with pytest.raises(TimeoutError):
                await with_timeout
        else:
            group = asyncio.TaskGroup()
            await group.__aenter__()  # and it is forgotten
            group.create_task(work(number, brief))

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        for number, (way, brief) in enumerate(described):
            await make(number, way, brief)
        await asyncio.sleep(0.1)
        if end == "raises":
            raise RuntimeError
        if end == "late":
            await asyncio.sleep(3600)
        return "ok"

    async def go() -> tuple[Wire, int]:
        answer = await ask(told.serve(handler, timeout=1000), GET)
        await asyncio.sleep(0)  # who listened for the client ends a turn later
        others = asyncio.all_tasks() - {asyncio.current_task()}
        return answer, len(others)

    answer, left = virtual.run(go())
    lines = told.lines()
    long = [number for number, (_, brief) in enumerate(described) if not brief]
    assert answer.status == {"returns": 200, "raises": 500, "late": 504}[end]
    assert sorted(begun) == list(range(len(described)))
    assert sorted(cancelled) == long
    assert left == 0
    named = [line for line in lines if "outlived" in line["message"]]
    assert len(named) == len(long)
    for line in named:
        assert line["task"].endswith("work")
        assert line["made"].startswith(f"{__file__}:")
        assert line["request_id"] == answer.header("x-request-id")


def test_the_line_that_made_it_is_told(told: Told) -> None:
    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> int:
        asyncio.create_task(asyncio.Event().wait(), name="forgotten")  # noqa: RUF006
        return sys._getframe().f_lineno - 1

    answer = virtual.run(ask(told.serve(handler), GET))
    (line,) = told.lines()
    assert line["made"] == f"{__file__}:{answer.content.decode()}"
    assert (line["task"], line["name"]) == ("Event.wait", "forgotten")


def test_tasks_end_before_what_they_use_is_undone(told: Told) -> None:
    seen: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.2)
            seen.append("task")

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        lctx.on_cleanup(lambda: seen.append("cleanup"))
        lctx.compensate(lambda: seen.append("compensation"))
        asyncio.create_task(work())  # noqa: RUF006
        await asyncio.sleep(0)
        raise RuntimeError

    assert virtual.run(ask(told.serve(handler), GET)).status == 500
    assert seen == ["task", "compensation", "cleanup"]
    told.lines()


def test_a_task_that_ignores_its_cancellation_delays_no_answer(told: Told) -> None:
    async def work() -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if asyncio.get_running_loop().time() > 100:
                    raise

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        asyncio.create_task(work())  # noqa: RUF006
        await asyncio.sleep(0)
        return "ok"

    async def go() -> tuple[float, float]:
        wire = Wire()
        asking = asyncio.create_task(ask(told.serve(handler), GET, wire))
        await wire.answered.wait()
        answered = asyncio.get_running_loop().time()
        await asking
        ended = asyncio.get_running_loop().time()
        await asyncio.sleep(100)
        return answered, ended

    answered, ended = virtual.run(go())
    assert (answered, ended < 5) == (0.0, True)
    messages = [line["message"] for line in told.lines()]
    assert [message for message in messages if "left behind" in message]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_a_task_that_exits_ends_itself_alone(told: Told, error: type[BaseException]) -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise error

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        task = asyncio.create_task(work())
        with pytest.raises(RuntimeError, match=f"{error.__name__} was raised in a task"):
            await task
        return "ok"

    assert virtual.run(ask(told.serve(handler), GET)).status == 200
    assert told.lines() == []


def test_a_task_made_after_the_end_is_cancelled_too(told: Told) -> None:
    ran: list[int] = []

    async def work() -> None:
        ran.append(1)

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        loop = asyncio.get_running_loop()
        loop.call_later(1, lambda: loop.create_task(work()))
        return "ok"

    async def go() -> None:
        await ask(told.serve(handler), GET)
        await asyncio.sleep(2)

    virtual.run(go())
    assert ran == []
    (line,) = told.lines()
    assert "outlived" in line["message"]


def test_a_thread_of_a_request_makes_tasks_of_the_request(told: Told) -> None:
    cancelled: list[int] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(1)
            raise

    async def go() -> None:
        loop = asyncio.get_running_loop()

        def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
            asyncio.run_coroutine_threadsafe(work(), loop)
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()
            return "ok"

        assert (await ask(told.serve(handler), GET)).status == 200

    asyncio.run(go())
    assert cancelled == [1]
    assert "outlived" in told.lines()[0]["message"]


def test_what_works_for_all_is_nobodys(told: Told) -> None:
    ended: list[int] = []

    async def work() -> None:
        await asyncio.sleep(1)
        ended.append(1)

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        detached(work())
        return "ok"

    async def go() -> None:
        await ask(told.serve(handler), GET)
        await asyncio.sleep(2)

    virtual.run(go())
    assert ended == [1]
    assert told.lines() == []


def test_a_generator_that_nobody_finishes_is_closed(told: Told) -> None:
    closed: list[int] = []

    async def numbers() -> Any:
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            closed.append(1)

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        async for _ in numbers():
            break
        return "ok"

    async def go() -> None:
        await ask(told.serve(handler), GET)
        await asyncio.sleep(1)

    virtual.run(go())
    assert closed == [1]
    assert told.lines() == []


def test_outside_of_requests_the_loop_is_as_it_was(told: Told) -> None:
    """The factory passes on what it is given; another one that was there is still asked."""
    made: list[Any] = []

    def theirs(loop: Any, coro: Any, **options: Any) -> Any:
        made.append(coro)
        return asyncio.Task(coro, loop=loop, **options)

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        await asyncio.create_task(asyncio.sleep(0))
        return "ok"

    async def go() -> None:
        asyncio.get_running_loop().set_task_factory(theirs)
        await ask(told.serve(handler), GET)
        task = asyncio.create_task(asyncio.sleep(0), name="mine")
        assert task.get_name() == "mine"
        await task
        with pytest.raises(TypeError):
            asyncio.get_running_loop().create_task(7)  # type: ignore[arg-type]

    virtual.run(go())
    assert len(made) >= 2


def test_what_a_module_begins_is_the_modules(tmp_path: Path) -> None:
    """A pool that a first call fills goes on when the request that called has ended."""
    (tmp_path / "app.gati").write_text(
        "app a {\n  auth none\n}\nmodule store = code:Store { }\n"
        "route one GET / {\n  returns any\n  handler code:one\n}\n"
    )
    (tmp_path / "code.py").write_text(
        "import asyncio\n"
        "class Store:\n"
        "    filled = 0\n"
        "    def __init__(self, mctx):\n"
        "        self.filling = None\n"
        "    async def get(self):\n"
        "        if self.filling is None:\n"
        "            self.filling = asyncio.create_task(self.fill())\n"
        "        return self.filled\n"
        "    async def fill(self):\n"
        "        await asyncio.sleep(0.01)\n"
        "        self.filled += 1\n"
        "    async def wait(self):\n"
        "        await self.filling\n"
        "async def one(req, res, gctx, lctx):\n"
        "    if 'wait' in req.headers:\n"
        "        await gctx.modules.store.wait()\n"
        "    return await gctx.modules.store.get()\n"
    )
    told = Told(tmp_path)
    whole = compile_project(tmp_path / "app.gati").plan
    assert whole is not None
    code = load(whole.code, 1, "", tmp_path)

    async def go() -> list[bytes]:
        made = link(whole, 1, told.host, code)
        await made.start()
        answers = [await ask(made, GET), await ask(made, Ask("GET", "/", fields=(("wait", "1"),)))]
        await made.stop()
        return [answer.content for answer in answers]

    try:
        assert asyncio.run(go()) == [b"0", b"1"]
        assert not [line for line in told.lines() if "outlived" in line["message"]]
    finally:
        code.unload()
        told.close()
