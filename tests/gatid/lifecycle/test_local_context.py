"""The local context: data of one request, and nobody else's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.errors import RequestEndedError
from gatid.lifecycle.local_context import LocalContext, Meta
from tests.gatid.lifecycle.requests import Life, Request
from tests.gatid.virtual import run

keys = st.sampled_from(["a", "b", "c"])
operations = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.one_of(
            st.tuples(st.just("set"), keys, st.lists(st.integers(), max_size=2)),
            st.tuples(st.just("get"), keys),
            st.tuples(st.just("delete"), keys),
            st.tuples(st.just("clean")),
            st.tuples(st.just("snapshot")),
            st.tuples(st.just("restore")),
            st.tuples(st.just("grow"), keys),
        ),
    ),
    max_size=60,
)


@pytest.mark.prop(23)
@given(operations)
def test_data_belongs_to_its_request(done: list[tuple[int, tuple[Any, ...]]]) -> None:
    """Three requests, any order of operations, each compared with a dictionary of its own."""
    contexts = [LocalContext(Request(), None) for _ in range(3)]
    models: list[dict[str, list[int]]] = [{} for _ in range(3)]
    saved = [(context.snapshot(), {}) for context in contexts]
    for index, (name, *given_) in done:
        context, model = contexts[index], models[index]
        match name, given_:
            case "set", [key, value]:
                context.set(key, value)
                model[key] = value
                assert context.get(key) is value
            case "get", [key]:
                assert context.get(key, "none") == model.get(key, "none")
            case "delete", [key]:
                context.delete(key)
                model.pop(key, None)
            case "clean", []:
                context.clean()
                model.clear()
            case "snapshot", []:
                saved[index] = (context.snapshot(), {k: list(v) for k, v in model.items()})
            case "restore", []:
                snapshot, was = saved[index]
                context.restore(snapshot)
                model.clear()
                model.update({k: list(v) for k, v in was.items()})
            case "grow", [key] if key in model:
                context.get(key).append(1)
                if context.get(key) is not model[key]:
                    model[key].append(1)
        for other, expected in zip(contexts, models, strict=True):
            assert {k: other.get(k) for k in "abc" if other.get(k) is not None} == expected


@pytest.mark.prop(23)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=30), st.integers(1, 4))
def test_requests_that_wait_do_not_mix(turns: list[int], rounds: int) -> None:
    """Handlers that wait at different places, all at once."""

    async def handler(number: int, wait: int) -> None:
        context = LocalContext(Request(id=f"r-{number}"), None)
        for turn in range(rounds):
            assert context.get("turn", turn) == turn
            context.set("turn", turn + 1)
            context.subscribe("t", lambda value: context.set("got", (number, value)))
            for _ in range(wait):
                await asyncio.sleep(0)
            assert await context.publish("t", turn) == turn + 1
            assert context.get("got") == (number, turn)
            assert context.meta.request_id == f"r-{number}"

    async def all_of_them() -> None:
        await asyncio.gather(*(handler(n, wait) for n, wait in enumerate(turns)))

    run(all_of_them())


texts = st.text(max_size=8)


@pytest.mark.prop(27)
@given(st.builds(Request, texts, texts, texts, texts, st.frozensets(texts), st.none() | texts))
def test_metadata_is_always_there(request: Request) -> None:
    context = LocalContext(request, None)
    assert context.meta == Meta(
        request.id, request.path, request.route, request.version, request.flags, request.trace
    )


def test_the_log_names_the_request() -> None:
    with Life(Request(id="r-9", route="orders", version="v2")) as life:
        life.lctx.log.info("seen", order=1)
        (event,) = life.events()
        assert (event["request_id"], event["route"], event["version"]) == ("r-9", "orders", "v2")
        assert event["order"] == 1


def test_what_cannot_be_copied_is_named() -> None:
    context = LocalContext(Request(), None)
    context.set("fine", [1])
    context.set("socket", (each for each in ()))
    with pytest.raises(TypeError, match="`socket` cannot be part of a snapshot"):
        context.snapshot()


def test_a_snapshot_can_be_restored_again() -> None:
    context = LocalContext(Request(), None)
    context.set("lines", [1])
    snapshot = context.snapshot()
    for _ in range(2):
        context.get("lines").append(2)
        context.restore(snapshot)
        assert context.get("lines") == [1]


def test_the_deadline_is_told() -> None:
    async def handler() -> tuple[float | None, float | None]:
        now = asyncio.get_running_loop().time()
        none = LocalContext(Request(), None)
        soon = LocalContext(Request(), None, now + 2)
        assert none.deadline is None
        await asyncio.sleep(0.5)
        half = soon.remaining
        await asyncio.sleep(5)
        assert soon.remaining == 0.0
        return none.remaining, half

    assert run(handler()) == (None, 1.5)


def test_after_its_end_nothing_is_left_to_use() -> None:
    """A task that outlives its request finds that out, and cannot reach anything of it."""
    with Life() as life:
        life.lctx.set("a", 1)
        asyncio.run(life.lctx.finish(failed=False))
        lctx = life.lctx
        for use in (
            lambda: lctx.get("a"),
            lambda: lctx.set("a", 1),
            lambda: lctx.delete("a"),
            lctx.clean,
            lctx.snapshot,
            lambda: lctx.on_cleanup(print),
            lambda: lctx.compensate(print),
            lambda: lctx.after(print),
            lambda: lctx.catch(print),
            lambda: lctx.before(print),
            lambda: lctx.subscribe("t", print),
            lambda: asyncio.run(lctx.publish("t", 1)),
        ):
            with pytest.raises(RequestEndedError):
                use()


def test_all_listeners_hear_and_then_errors_are_told() -> None:
    heard = []

    def broken(value: object) -> None:
        heard.append(("broken", value))
        raise ValueError(value)

    async def fine(value: object) -> None:
        await asyncio.sleep(0)
        heard.append(("fine", value))

    async def handler() -> None:
        context = LocalContext(Request(), None)
        assert await context.publish("t", 0) == 0
        context.subscribe("t", broken)
        context.subscribe("t", fine)
        with pytest.raises(ValueError, match="1"):
            await context.publish("t", 1)
        context.subscribe("t", broken)
        with pytest.raises(ExceptionGroup, match="`t`"):
            await context.publish("t", 2)
        assert await context.publish("other", 3) == 0

    run(handler())
    assert heard == [("broken", 1), ("fine", 1), ("broken", 2), ("fine", 2), ("broken", 2)]


@pytest.mark.prop(26)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["listens", "says"]), st.sampled_from("ab")),
        max_size=40,
    )
)
def test_only_the_same_request_hears(steps: list[tuple[int, str, str]]) -> None:
    """Any order of subscribing and publishing over four requests, against a table of who hears."""
    heard: list[tuple[int, int, str, int]] = []
    listening: list[tuple[int, int, str]] = []

    async def go() -> None:
        contexts = [LocalContext(Request(), None) for _ in range(4)]
        for step, (one, what, topic) in enumerate(steps):
            if what == "listens":
                listening.append((one, step, topic))

                async def hear(value: int, one: int = one, at: int = step, t: str = topic) -> None:
                    await asyncio.sleep(0)
                    heard.append((one, at, t, value))

                contexts[one].subscribe(topic, hear)
            else:
                heard.clear()
                mine = [each for each in listening if (each[0], each[2]) == (one, topic)]
                assert await contexts[one].publish(topic, step) == len(mine)
                assert heard == [(*each, step) for each in mine]

    run(go())
