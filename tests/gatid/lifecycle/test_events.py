"""Who subscribes is told of everything, once and in order; who does not costs nothing."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.endpoint.emit import emit
from gatid.endpoint.link import link
from gatid.endpoint.loading import load
from gatid.errors import HTTPError
from gatid.lifecycle.controller import State
from gatid.lifecycle.events import Event, Kind
from gatid_compiler.pipeline import compile_project
from tests.gatid import virtual
from tests.gatid.endpoint.build import ask
from tests.gatid.endpoint.wire import Ask
from tests.gatid.lifecycle.told import GET, Told

if TYPE_CHECKING:
    from pathlib import Path

    from gatid.lifecycle.observed import ObservedContext

acts = st.sampled_from(["passes", "passes", "passes", "raises"])


class Heard:
    """A subscriber that keeps what it is told."""

    def __init__(self, told: Told, routes: Any = None) -> None:
        self.events: list[Event] = []
        self.end = told.host.events.subscribe(self, routes)

    def __call__(self, event: Event, context: ObservedContext) -> None:
        self.events.append(event)

    def __enter__(self) -> Heard:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def said(self) -> list[str]:
        return [
            e.state.value if e.kind is Kind.STATE else f"{e.kind.value} {e.name.rpartition('.')[2]}"
            for e in self.events
        ]


@pytest.mark.prop(20)
@given(
    before=st.lists(acts, max_size=2),
    local=st.lists(acts, max_size=2),
    handler=acts,
    after=st.lists(acts, max_size=2),
    undo=st.lists(acts, max_size=2),
    sync=st.booleans(),
)
def test_everything_is_told_in_order_and_once(
    told: Told,
    before: list[str],
    local: list[str],
    handler: str,
    after: list[str],
    undo: list[str],
    sync: bool,
) -> None:
    """Against a few lines that say what must happen."""

    def does(how: str, name: str) -> Any:
        async def later(*_: Any) -> None:
            await asyncio.sleep(0)
            if how == "raises":
                raise HTTPError(409)

        def at_once(*_: Any) -> None:
            if how == "raises":
                raise HTTPError(409)

        made = at_once if sync else later
        made.__qualname__ = name
        return made

    async def run(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        for i, how in enumerate(local):
            lctx.after(does(how, f"local{i}"))
        for i, how in enumerate(undo):
            lctx.compensate(does(how, f"undo{i}"))
        if handler == "raises":
            raise HTTPError(409)
        return "ok"

    functions = {f"before{i}": does(how, f"before{i}") for i, how in enumerate(before)}
    functions |= {f"after{i}": does(how, f"after{i}") for i, how in enumerate(after)}
    functions["last"] = does("passes", "last")
    made = told.serve(
        run,
        before=tuple(f"before{i}" for i in range(len(before))),
        after=tuple(f"after{i}" for i in range(len(after))),
        catch=("last",),
        functions={**functions, "last": lambda *_: None},
    )
    with Heard(told) as heard:
        virtual.run(ask(made, GET))
    told.lines()

    expected = ["validated", "before"]
    failed = False
    steps = [
        ("", [(f"before{i}", how) for i, how in enumerate(before)]),
        ("handler", [("one", handler)]),
        (
            "after",
            [(f"local{i}", how) for i, how in reversed(list(enumerate(local)))]
            + [(f"after{i}", how) for i, how in enumerate(after)],
        ),
    ]
    for state, functions_ in steps:
        if failed:
            break
        expected += [state] if state else []
        for name, how in functions_:
            if failed:
                break
            what = "handler" if state == "handler" else "hook"
            shown = "code:one" if what == "handler" else name
            expected.append(f"{what} start {shown}")
            failed = how == "raises"
            ends = "error" if failed and what == "hook" else "end"
            expected.append(f"{what} {ends} {shown}")
    expected += ["catch", "hook start last", "hook end last"] if failed else ["check"]
    expected.append("end")
    registered = any(said.startswith("handler start") for said in expected)
    for i, how in reversed(list(enumerate(undo))) if failed and registered else ():
        ends = "error" if how == "raises" else "end"
        expected += [f"compensation start undo{i}", f"compensation {ends} undo{i}"]
    expected += ["send", "rest", "ended"]
    assert heard.said() == expected
    assert len({e.request_id for e in heard.events}) == 1
    assert [e.at for e in heard.events] == sorted(e.at for e in heard.events)
    assert all((e.error is None) or isinstance(e.error, HTTPError) for e in heard.events)
    (sent,) = (e for e in heard.events if e.kind is Kind.STATE and e.state is State.SEND)
    assert sent.status == (409 if failed else 200)


def test_who_does_not_subscribe_costs_nothing(told: Told) -> None:
    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        return type(lctx).__name__

    made = told.serve(handler)
    route = made.plan.routes[0]
    assert "reached" not in emit(made.plan, route, route.contracts[0])
    assert "reached" in emit(made.plan, route, route.contracts[0], observed=True)

    def answer() -> bytes:
        return virtual.run(ask(made, GET)).content

    assert answer() == b'"RequestLife"'
    with Heard(told) as heard:
        assert answer() == b'"ObservedContext"'
        with Heard(told, {"other"}):
            assert answer() == b'"ObservedContext"'
        assert {e.state for e in heard.events} >= {State.VALIDATED, State.ENDED}
    assert answer() == b'"RequestLife"'
    with Heard(told, {"other"}) as other:
        assert answer() == b'"RequestLife"'
    assert other.events == []
    with Heard(told, {"one"}) as mine:
        later = told.serve(handler)  # linked while somebody listens
        assert virtual.run(ask(later, GET)).content == b'"ObservedContext"'
    assert mine.events


def test_a_subscriber_that_raises_disturbs_nobody(told: Told) -> None:
    def broken(event: Event, context: ObservedContext) -> None:
        raise ValueError

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        return "ok"

    end = told.host.events.subscribe(broken)
    with Heard(told) as heard:
        assert virtual.run(ask(told.serve(handler), GET)).status == 200
    end()
    lines = told.lines()
    assert len(lines) == len(heard.events)
    assert {line["message"] for line in lines} == {"a subscriber of events failed"}


def test_what_a_request_waits_for_can_be_seen(told: Told) -> None:
    seen: list[Any] = []

    async def inner() -> None:
        await asyncio.sleep(3600)

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        lctx.set("a", 1)
        task = asyncio.create_task(inner())
        await asyncio.sleep(1)
        task.cancel()
        return "ok"

    contexts: list[ObservedContext] = []

    def keep(event: Event, context: ObservedContext) -> None:
        contexts.append(context)

    async def go() -> None:
        asking = asyncio.create_task(ask(told.serve(handler), GET))
        await asyncio.sleep(0.5)
        context = contexts[0]
        seen.extend(context.outstanding)
        assert (context.state, context.running) == (State.HANDLER, ["code:one"])
        assert (context.position, context.contract) == (1, "tsv:0-one-1")
        assert (context.request.path, context.request.route) == ("/", "one")
        assert context.snapshot().data == {"a": 1}
        await asking

    end = told.host.events.subscribe(keep)
    virtual.run(go())
    end()
    own, made = seen
    assert any("handler" in step and __file__ in step for step in own.waits)
    assert made.function.endswith("inner")
    assert made.made.startswith(__file__)
    assert f"{made.function} ({__file__}:" in made.waits[0]


def test_who_listens_keeps_no_request_and_no_generation(told: Told) -> None:
    class Handler:
        async def __call__(self, req: Any, res: Any, gctx: Any, lctx: Any) -> str:
            kept.append(weakref.ref(lctx._request))
            return "ok"

    kept: list[weakref.ref[Any]] = []

    async def go() -> weakref.ref[Handler]:
        handler = Handler()
        made = told.serve(handler)
        await ask(made, GET)
        await made.stop()
        return weakref.ref(handler)

    end = told.host.events.subscribe(lambda event, context: None)
    handler = asyncio.run(go())
    gc.collect()
    assert handler() is None
    end()


def test_who_declared_a_hook_is_told(tmp_path: Path) -> None:
    (tmp_path / "app.gati").write_text(
        "app shop {\n  auth none\n  before code:a\n  after code:a\n  catch code:e\n}\n"
        "policy staff { before code:b }\n"
        "group /g {\n  use staff\n  after code:c\n"
        "  route one GET / {\n    returns any\n    before code:c\n    handler code:one\n  }\n}\n"
    )
    (tmp_path / "code.py").write_text(
        "def a(req, res, gctx, lctx): lctx.after(z)\n"
        "b = c = z = lambda req, res, gctx, lctx: None\n"
        "def e(error, req, res, gctx, lctx): pass\n"
        "async def one(req, res, gctx, lctx):\n"
        "    if 'x-fails' in req.headers: raise ValueError\n"
        "    return 1\n"
    )
    whole = compile_project(tmp_path / "app.gati").plan
    assert whole is not None
    told = Told(tmp_path)
    code = load(whole.code, 1, "", tmp_path)
    made = link(whole, 1, told.host, code)
    try:
        with Heard(told) as heard:
            virtual.run(ask(made, Ask("GET", "/g")))
            virtual.run(ask(made, Ask("GET", "/g", fields=(("x-fails", "1"),))))
    finally:
        code.unload()
        told.close()
    started = [(e.state.value, e.name, e.level) for e in heard.events if e.kind is Kind.HOOK_START]
    before = [
        ("before", "code:a", "app"),
        ("before", "code:b", "policy staff"),
        ("before", "code:c", "route one"),
    ]
    after = [
        ("after", "<lambda>", "local"),
        ("after", "code:c", "group /g"),
        ("after", "code:a", "app"),
    ]
    assert started == [*before, *after, *before, ("catch", "code:e", "app")]
