"""Hooks: registered in every form, run in their order, bounded, tried again."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.errors import HTTPError
from gatid.lifecycle import local_hooks
from gatid.lifecycle.hooks import HookTimeoutError, bind, settle
from gatid.lifecycle.threads import run as run_in_thread
from gatid_compiler.plan import Hook, PyRef
from tests.gatid.lifecycle.requests import Life
from tests.gatid.virtual import run

if TYPE_CHECKING:
    from collections.abc import Callable


class AsyncObject:
    def __init__(self, body: Callable[..., Any]) -> None:
        self._body = body

    async def __call__(self, *args: Any) -> Any:
        return self._body(*args)


class SyncObject(AsyncObject):
    def __call__(self, *args: Any) -> Any:
        return self._body(*args)


def as_async(body: Callable[..., Any]) -> Callable[..., Any]:
    async def hook(*args: Any) -> Any:
        await asyncio.sleep(0)
        return body(*args)

    return hook


def decorated(body: Callable[..., Any]) -> Callable[..., Any]:
    """A sync function that gives a coroutine, as a careless decorator makes it."""
    inner = as_async(body)

    @functools.wraps(inner)
    def hook(*args: Any) -> Any:
        return inner(*args)

    return hook


FORMS: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "sync": lambda body: body,
    "async": as_async,
    "partial": functools.partial,
    "async partial": lambda body: functools.partial(as_async(body)),
    "object": SyncObject,
    "async object": AsyncObject,
    "decorated": decorated,
}


async def call(life: Life, kind: str, hooks: list[tuple[Callable[..., Any], dict]]) -> None:
    """Registers hooks of a kind and runs them as the endpoint does."""
    lctx = life.lctx
    lctx.before_open = True
    for fn, options in hooks:
        assert getattr(lctx, kind)(fn, **options) is fn
    if kind == "catch":
        await local_hooks.run_catch(lctx, ValueError("x"), *life.args[:3])
    elif kind == "before":
        await local_hooks.run_before(lctx, *life.args[:3])
    else:
        await local_hooks.run_after(lctx, *life.args[:3])


@pytest.mark.prop(24)
@given(
    st.sampled_from(["before", "after", "catch"]),
    st.lists(
        st.tuples(
            st.sampled_from(sorted(FORMS)),
            st.integers(0, 3),
            st.integers(0, 3),
            st.sampled_from([None, 5.0]),
        ),
        max_size=4,
    ),
)
def test_hooks_of_every_form_are_registered_and_run(
    kind: str, described: list[tuple[str, int, int, float | None]]
) -> None:
    """Each is called until it succeeds, at most 1 + retries times; a failure ends the run."""
    ran: list[int] = []

    def body(number: int, failures: int) -> Callable[..., Any]:
        left = [failures]

        def hook(*args: Any) -> str:
            ran.append(number)
            assert len(args) == (5 if kind == "catch" else 4)
            if left[0]:
                left[0] -= 1
                raise ValueError(number)
            return "ignored"

        return hook

    hooks = []
    expected: list[int] = []
    order = list(enumerate(described))
    for number, (form, failures, retries, timeout) in order:
        if timeout is not None and "async" not in form:
            timeout = None  # a sync one with a timeout needs threads; see below
        made = FORMS[form](body(number, failures))
        hooks.append((made, {"timeout": timeout, "retries": retries}))
    fails = False
    for number, (_, failures, retries, _) in order if kind == "before" else order[::-1]:
        if not fails:
            expected += [number] * (1 + min(failures, retries))
            fails = failures > retries
    with Life() as life:
        if fails:
            with pytest.raises(ValueError, match=r"\d"):
                run(call(life, kind, hooks))
        else:
            run(call(life, kind, hooks))
    assert ran == expected


def test_before_hooks_stop_when_one_answers_and_may_register_more() -> None:
    ran: list[str] = []

    def third(_req: Any, res: Any, _gctx: Any, _lctx: Any) -> None:
        ran.append("third")
        res.answered = True

    def first(_req: Any, _res: Any, _gctx: Any, lctx: Any) -> None:
        ran.append("first")
        lctx.before(third)
        lctx.before(lambda *_: ran.append("never"))

    with Life() as life:
        run(call(life, "before", [(first, {}), (lambda *_: ran.append("second"), {})]))
        assert ran == ["first", "second", "third"]
        with pytest.raises(RuntimeError, match="would never run"):
            life.lctx.before(first)


def test_a_before_hook_of_a_handler_would_never_run() -> None:
    with Life() as life, pytest.raises(RuntimeError, match="would never run"):
        life.lctx.before(print)


def test_after_hooks_may_register_more() -> None:
    ran: list[str] = []

    def first(*args: Any) -> None:
        ran.append("first")
        args[3].after(lambda *_: ran.append("inner"))

    with Life() as life:
        run(call(life, "after", [(lambda *_: ran.append("outer"), {}), (first, {})]))
    assert ran == ["first", "inner", "outer"]


def declared(timeout: int | None = None, retries: int = 0) -> Hook:
    return Hook("check", PyRef("m", "check"), timeout, retries)


def test_a_plain_hook_is_bound_as_it_is() -> None:
    def plain() -> None: ...

    async def later() -> None: ...

    assert bind(declared(), plain).call is plain
    assert bind(declared(), later).call is later


def test_past_its_timeout_an_async_hook_is_cancelled() -> None:
    cancelled: list[bool] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def main() -> None:
        with pytest.raises(HookTimeoutError, match=r"hook `check` took longer than 0.05 s"):
            await bind(declared(50, retries=2), slow).call()
        assert asyncio.get_running_loop().time() < 1

    run(main())
    assert cancelled == [True] * 3


def test_a_timeout_of_the_hooks_own_is_not_ours() -> None:
    async def own() -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        run(bind(declared(50), own).call())


def test_past_its_timeout_a_sync_hook_is_left_behind() -> None:
    release = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        bound = bind(declared(20), release.wait, pool)
        with pytest.raises(HookTimeoutError):
            asyncio.run(bound.call())
        release.set()


def test_an_answer_is_not_tried_again() -> None:
    calls: list[int] = []

    def refuse() -> None:
        calls.append(1)
        raise HTTPError(409, "no")

    with pytest.raises(HTTPError):
        run(bind(declared(retries=5), refuse).call())
    assert calls == [1]


def test_attempts_wait_longer_each_time() -> None:
    moments: list[float] = []

    async def fail() -> None:
        moments.append(asyncio.get_running_loop().time())
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(bind(declared(retries=9), fail).call())
    waits = [after - before for before, after in itertools.pairwise(moments)]
    assert len(waits) == 9
    for number, wait in enumerate(waits):
        most = min(0.01 * 2**number, 1.0)
        assert most / 2 - 1e-6 <= wait <= most + 1e-6


def test_settle_waits_for_what_can_be_awaited_and_ignores_the_rest() -> None:
    done: list[int] = []

    async def later() -> None:
        done.append(1)

    async def main() -> None:
        await settle(later())
        await settle("a string")
        await settle(None)

    run(main())
    assert done == [1]


def test_a_thread_that_raises_stop_iteration_is_answered_for() -> None:
    """A future cannot carry it, and would never be done."""
    with (
        ThreadPoolExecutor(1) as pool,
        pytest.raises(RuntimeError, match="StopIteration"),
    ):
        asyncio.run(run_in_thread(pool, next, iter(())))


@pytest.mark.parametrize("kind", ["before", "after", "catch"])
def test_hooks_that_register_themselves_again_give_others_a_turn(kind: str) -> None:
    turns: list[int] = []
    ran = 0

    def again(*args: Any) -> None:
        nonlocal ran
        ran += 1
        if not turns and ran < 10 * local_hooks.AT_ONCE:
            getattr(args[-1], kind)(again)

    async def beside(life: Life) -> None:
        other = asyncio.get_running_loop().call_soon(lambda: turns.append(ran))
        await call(life, kind, [(again, {})])
        other.cancel()

    with Life() as life, contextlib.suppress(ValueError):
        run(beside(life))
    assert turns == [local_hooks.AT_ONCE]


@pytest.mark.parametrize(
    "words",
    [{"timeout": -1.0}, {"timeout": 0.0}, {"timeout": math.nan}, {"retries": -1}],
    ids=str,
)
def test_what_cannot_be_waited_for_is_refused(words: dict[str, Any]) -> None:
    with Life() as life, pytest.raises(ValueError, match=r"the (timeout|retries) of `print`"):
        life.lctx.after(print, **words)


def test_what_is_no_function_is_refused_where_it_is_registered() -> None:
    async def undo() -> None: ...

    with Life() as life:
        lctx: Any = life.lctx
        for register in (lctx.after, lctx.catch, lctx.on_cleanup, lctx.compensate):
            with pytest.raises(TypeError, match="a function, not a coroutine: leave the `"):
                register(undo())
        with pytest.raises(TypeError, match="a function, not a int"):
            lctx.subscribe("topic", 5)
