"""The request path where the reference does not go: time, threads, local hooks, raw answers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import linecache
import threading
import traceback
import weakref
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid.endpoint.emit import emit
from gatid.endpoint.faults import CATCH_GRACE
from gatid.endpoint.link import LinkError
from gatid.errors import HTTPError
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from tests.gatid import virtual
from tests.gatid.endpoint.build import APP, ask, contract, generation, obj, plan, route, shape
from tests.gatid.endpoint.plans import KEYS, RING
from tests.gatid.endpoint.wire import Ask, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from gatid.endpoint.generation import Generation
    from gatid.services.host import Host

NUMBER = obj(n=m.Int(0, 9))
ANY = (p.Answer(200, m.Any()),)


def one(host: Host, function: Callable[..., Any], **more: Any) -> Generation:
    """A generation with one route, GET / or what `more` says."""
    parts = {"answers": ANY, **more.pop("shape", {})}
    method = "POST" if "body" in parts else "GET"
    functions = {"one": function, **more.pop("functions", {})}
    only = contract("one", method, (), shape(**parts))
    return generation(host, plan(route("one", only, **more)), functions)


def run(made: Coroutine[Any, Any, Wire]) -> Wire:
    return asyncio.run(made)


def many(property: Callable[..., Any]) -> Callable[..., Any]:
    quiet = [HealthCheck.function_scoped_fixture]
    return settings(max_examples=100, suppress_health_check=quiet)(property)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-20, 20) | st.floats(-5, 5) | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("nab"), inner, max_size=2)
    ),
    max_leaves=4,
)


@pytest.mark.prop(10)
@many
@given(json_values | st.builds(lambda n: {"n": n}, st.integers(-2, 12)))
def test_a_handler_gets_what_is_of_the_type(host: Host, value: Any) -> None:
    seen = []

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        seen.append(req.body)
        return "ok"

    made = one(host, handler, shape={"body": NUMBER})
    answer = run(ask(made, Ask("POST", "/", body=json.dumps(value).encode())))
    good = type(value) is dict and value.keys() == {"n"} and type(value["n"]) is int
    if good and 0 <= value["n"] <= 9:
        assert (answer.status, seen) == (200, [value])
    else:
        assert (answer.status, seen) == (400, [])
        assert all(e["in"] == "body" for e in json.loads(answer.content)["errors"])


@pytest.mark.prop(11)
@many
@given(json_values | st.builds(lambda n: {"n": n}, st.integers(-2, 12)))
def test_a_client_gets_what_is_of_the_type(host: Host, value: Any) -> None:
    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        res.json(value)

    answer = run(
        ask(one(host, handler, shape={"answers": (p.Answer(200, NUMBER),)}), Ask("GET", "/"))
    )
    good = type(value) is dict and value.keys() == {"n"} and type(value["n"]) is int
    if good and 0 <= value["n"] <= 9:
        assert (answer.status, json.loads(answer.content)) == (200, value)
    else:
        assert answer.status == 500
        assert "errors" not in json.loads(answer.content)


@pytest.mark.prop(35)
@many
@given(
    given_keys=st.lists(
        st.sampled_from(["key-of-ann", "key-of-bob", "", "x", "KEY-OF-ANN"]), max_size=2
    ),
    mode=st.sampled_from(["any", "all"]),
    names=st.lists(st.sampled_from(["clerk", "admin"]), min_size=1, unique=True),
)
def test_nobody_gets_past_the_policies(
    host: Host, given_keys: list[str], mode: Any, names: list[str]
) -> None:
    seen = []

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        seen.append(req.principal.name)
        return "ok"

    auth = (p.KeyAuth("x-api-key", None, "keys"),)
    guarded = route(
        "one", contract("one", "GET", (), shape(answers=ANY)), auth=auth,
        roles=p.Roles(mode, tuple(names)),
    )  # fmt: skip
    (host.base / "keys.txt").write_text(RING)
    whole = plan(guarded, secrets={"keys": p.Secret("keys", "file", "keys.txt", None)})

    async def go() -> Wire:
        made = generation(host, whole, {"one": handler})
        return await ask(made, Ask("GET", "/", fields=tuple(("x-api-key", k) for k in given_keys)))

    answer = run(go())
    known = KEYS.get(given_keys[0]) if len(given_keys) == 1 else None
    if known is None:
        assert answer.status == 401
        assert answer.header("www-authenticate")
    elif not (any if mode == "any" else all)(name in known[1] for name in names):
        assert answer.status == 403
    else:
        assert (answer.status, seen) == (200, [known[0]])
    assert answer.status == 200 or not seen


@pytest.mark.prop(8)
@many
@given(
    swallows=st.booleans(),
    cleanups=st.integers(0, 3),
    in_hook=st.booleans(),
    waits=st.sampled_from(["event", "sleep", "shield"]),
)
def test_a_late_handler_is_cancelled(
    host: Host, swallows: bool, cleanups: int, in_hook: bool, waits: str
) -> None:
    seen: list[str] = []

    async def late(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        for i in range(cleanups):
            lctx.on_cleanup(lambda i=i: seen.append(f"cleanup {i}"))
        try:
            if waits == "event":
                await asyncio.Event().wait()
            elif waits == "sleep":
                await asyncio.sleep(3600)
            else:
                await asyncio.shield(asyncio.get_running_loop().create_future())
        except asyncio.CancelledError:
            seen.append("cancelled")
            if not swallows:
                raise
        return "never seen"

    async def prompt(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        return "never run" if in_hook else "ok"

    async def catch(error: BaseException, req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        assert isinstance(error, TimeoutError)
        seen.append("caught")

    before = ("hook",) if in_hook else ()
    made = one(
        host, prompt if in_hook else late, timeout=1, before=before, catch=("catch",),
        functions={"hook": late, "catch": catch},
    )  # fmt: skip
    answer = run(ask(made, Ask("GET", "/")))
    assert answer.status == 504
    assert seen[:2] == ["cancelled", "caught"]
    assert seen[2:] == [f"cleanup {i}" for i in reversed(range(cleanups))]


@pytest.mark.parametrize("where", ["handler", "before hook", "catch hook"])
def test_who_waits_for_what_ignores_its_cancellation_is_answered(host: Host, where: str) -> None:
    ends = asyncio.Event()

    async def stuck(*_: Any) -> str:
        while not ends.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await ends.wait()
        return "nobody waits for it"

    async def fails(*_: Any) -> None:
        raise RuntimeError

    made = one(
        host,
        {"handler": stuck, "before hook": fails, "catch hook": fails}[where],
        timeout=1000,
        before=("before",) if where == "before hook" else (),
        catch=("catch",) if where == "catch hook" else (),
        functions={"before": stuck, "catch": stuck},
    )

    async def go() -> tuple[Wire, float]:
        wire = Wire()
        asking = asyncio.create_task(ask(made, Ask("GET", "/"), wire))
        async with asyncio.timeout(30):
            await wire.answered.wait()
        answered = asyncio.get_running_loop().time()
        assert not asking.done()
        ends.set()
        return await asking, answered

    answer, answered = virtual.run(go())
    assert (answer.status, answer.answers) == (504, 1)
    problem = json.loads(answer.content)
    assert problem["type"] == "urn:gatid:problem:deadline"
    assert problem["request_id"] == answer.header("x-request-id")
    assert answered < 2.5 + (CATCH_GRACE if where == "catch hook" else 0)


def test_a_late_sync_handler_is_answered_for(host: Host) -> None:
    release, ended = threading.Event(), threading.Event()

    def late(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        release.wait()
        ended.set()
        return "too late"

    answer = run(ask(one(host, late, timeout=10), Ask("GET", "/")))
    assert answer.status == 504
    assert not ended.is_set()
    release.set()
    assert ended.wait(20)
    assert answer.answers == 1


def test_a_sync_handler_that_stops_an_iteration_is_answered_for(host: Host) -> None:
    def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        return next(iter(()))

    answer = run(asyncio.wait_for(ask(one(host, handler), Ask("GET", "/")), 20))
    assert answer.status == 500


def test_sync_handlers_run_in_threads_of_the_pool(host: Host) -> None:
    def where(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        return threading.current_thread().name

    answer = run(ask(one(host, where), Ask("GET", "/")))
    assert json.loads(answer.content).startswith("gatid-handler")


def test_a_stalled_body_is_given_up(host: Host) -> None:
    made = one(host, lambda req, res, gctx, lctx: None, shape={"body": NUMBER})
    quick = replace(APP, limits=p.Limits(body_timeout=10))
    made = generation(host, replace(made.plan, app=quick), {"one": lambda a, b, c, d: None})
    answer = run(ask(made, Ask("POST", "/", body=b"{}"), Wire(b"{}", stalls=True)))
    assert answer.status == 408
    assert answer.header("connection") == "close"


@pytest.mark.prop(25)
@many
@given(declared=st.integers(0, 2), local=st.integers(0, 2), fails=st.booleans(), sync=st.booleans())
def test_hooks_run_from_the_outside_in_and_back(
    host: Host, declared: int, local: int, fails: bool, sync: bool
) -> None:
    seen: list[str] = []

    def hook(name: str) -> Callable[..., Any]:
        async def awaited(*_: Any) -> None:
            seen.append(name)

        def plain(*_: Any) -> None:
            seen.append(name)

        return plain if sync else awaited

    async def registers(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        for i in range(local):
            lctx.before(hook(f"local before {i}"))
            lctx.after(hook(f"local after {i}"))
            lctx.catch(hook(f"local catch {i}"))

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
        seen.append("handler")
        if fails:
            raise RuntimeError
        return "ok"

    # In a plan, after and catch hooks stand in the order they run: from the inside out.
    names = {
        kind: [f"{kind} {i}" for i in range(declared)] for kind in ("before", "after", "catch")
    }
    functions = {n: hook(n) for of in names.values() for n in of} | {"registers": registers}
    if sync:
        functions |= {n: _four(functions[n], n) for n in functions if n != "registers"}
    made = one(
        host, handler, before=("registers", *names["before"]),
        after=tuple(reversed(names["after"])), catch=tuple(reversed(names["catch"])),
        functions=functions,
    )  # fmt: skip
    answer = run(ask(made, Ask("GET", "/")))
    out = "catch" if fails else "after"
    assert answer.status == (500 if fails else 200)
    assert seen == [
        *names["before"],
        *(f"local before {i}" for i in range(local)),
        "handler",
        *(f"local {out} {i}" for i in reversed(range(local))),
        *reversed(names[out]),
    ]


def _four(fn: Callable[..., Any], _name: str) -> Callable[..., Any]:
    return fn


@pytest.mark.prop(6)
@many
@given(
    st.lists(
        st.sampled_from(
            [
                ValueError("x"),
                SystemExit(1),
                KeyboardInterrupt(),
                asyncio.CancelledError(),
                HTTPError(409),
            ]
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_one_handler_raises_no_other_request_notices(
    host: Host, errors: list[BaseException]
) -> None:
    caught: list[BaseException] = []

    async def catch(error: BaseException, req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        caught.append(error)

    async def go() -> None:
        begun, over = asyncio.Event(), asyncio.Event()

        async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> str:
            if (i := req.query.get("i")) is not None:
                raise errors[int(i)]
            begun.set()
            await over.wait()
            return "undisturbed"

        made = one(
            host, handler, shape={"query": obj(i_=m.String())}, catch=("catch",),
            functions={"catch": catch},
        )  # fmt: skip
        waiting = asyncio.create_task(ask(made, Ask("GET", "/")))
        await begun.wait()
        for i, error in enumerate(errors):
            answer = await ask(made, Ask("GET", "/", f"i={i}"))
            assert answer.status == (409 if isinstance(error, HTTPError) else 500)
        over.set()
        answer = await waiting
        assert (answer.status, answer.content) == (200, b'"undisturbed"')

    asyncio.run(go())
    assert caught == errors


def test_a_client_that_goes_cancels_its_request(host: Host) -> None:
    seen = []

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        lctx.compensate(lambda: seen.append("compensated"))
        await asyncio.Event().wait()

    async def go() -> Wire:
        wire = Wire()
        wire.gone.set()
        return await ask(one(host, handler), Ask("GET", "/"), wire)

    assert run(go()).answers == 0
    assert seen == ["compensated"]


def test_cancelling_from_outside_goes_through(host: Host) -> None:
    seen = []

    async def go() -> None:
        begun = asyncio.Event()

        async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
            lctx.on_cleanup(lambda: seen.append("cleaned"))
            begun.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(ask(one(host, handler), Ask("GET", "/")))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(go())
    assert seen == ["cleaned"]


RAW = [
    (lambda res: res.text("hé"), m.String(), 200, "text/plain; charset=utf-8", "hé".encode()),
    (lambda res: res.text("hello"), m.String(0, 3), 500, None, None),
    (lambda res: res.text("x"), NUMBER, 500, None, None),
    (lambda res: res.bytes(b"\x00", "image/png"), m.Bytes(), 200, "image/png", b"\x00"),
    (lambda res: res.bytes(b"\x00\x00"), m.Bytes(0, 1), 500, None, None),
    (lambda res: res.bytes(b"\x00"), m.String(), 500, None, None),
    (lambda res: res.text("hé"), m.Bytes(), 200, "text/plain; charset=utf-8", "hé".encode()),
    (lambda res: res.text("hé"), m.Bytes(0, 2), 500, None, None),
    (lambda res: b"\x00\xff", m.Bytes(), 200, "application/octet-stream", b"\x00\xff"),
    (lambda res: bytearray(b"\xff"), m.Bytes(), 200, "application/octet-stream", b"\xff"),
    (lambda res: b"\x00\xff", m.Bytes(0, 1), 500, None, None),
    (lambda res: "AP8=", m.Bytes(), 500, None, None),
    (lambda res: b"\x00\xff", m.Union((m.Bytes(), m.Null())), 200, "application/json", b'"AP8="'),
    (lambda res: res.bytes(b"", "a\r\nb"), m.Bytes(), 500, None, None),
    (lambda res: res.json(datetime(2026, 3, 1, tzinfo=UTC)), m.Any(), 200, "application/json",
     b'"2026-03-01T00:00:00Z"'),
    (lambda res: res, m.Null(), 200, "application/json", b"null"),
    (lambda res: None, m.Null(), 200, "application/json", b"null"),
    (lambda res: None, NUMBER, 500, None, None),
    (lambda res: res.header("X-A", "b"), m.Null(), 200, "application/json", b"null"),
    (lambda res: res.status(999), m.Any(), 500, None, None),
    (lambda res: {"a": {1, 2}}, m.Any(), 500, None, None),
    (lambda res: float("nan"), m.Any(), 500, None, None),
    (lambda res: "\ud800", m.Any(), 500, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("act", "type", "status", "kind", "body"), RAW)
def test_the_ways_to_answer(
    host: Host, act: Any, type: m.GType, status: int, kind: str | None, body: bytes | None
) -> None:
    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        return act(res)

    answer = run(
        ask(one(host, handler, shape={"answers": (p.Answer(200, type),)}), Ask("GET", "/"))
    )
    assert answer.status == status, answer.content
    assert answer.header("content-type") == (kind or "application/problem+json")
    assert body is None or answer.content == body


def test_a_redirect_is_declared_or_a_fault(host: Host) -> None:
    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        return res.redirect("/there")

    moved = one(host, handler, shape={"answers": (p.Answer(302, None),)})
    answer = run(ask(moved, Ask("GET", "/")))
    assert (answer.status, answer.header("location")) == (302, "/there")
    assert run(ask(one(host, handler), Ask("GET", "/"))).status == 500


def test_after_hooks_see_and_change_the_answer(host: Host) -> None:
    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        return {"n": 1}

    def after(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        res.body = {"n": res.body["n"] + 1}
        res.status_code = 201

    shapes = {"answers": (p.Answer(200, NUMBER), p.Answer(201, NUMBER))}
    made = one(host, handler, shape=shapes, after=("after",), functions={"after": after})
    answer = run(ask(made, Ask("GET", "/")))
    assert (answer.status, answer.content) == (201, b'{"n":2}')


def test_after_hooks_read_the_status_that_goes_out(host: Host) -> None:
    seen = []

    def after(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        seen.append(res.status_code)

    def local(req: Any, res: Any, gctx: Any, lctx: Any) -> dict[str, int]:
        lctx.after(after)
        return {"n": 1}

    def declared(req: Any, res: Any, gctx: Any, lctx: Any) -> dict[str, int]:
        return {"n": 1}

    def nothing(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        return None

    created = {"answers": (p.Answer(201, NUMBER),)}
    either = {"answers": (p.Answer(200, NUMBER), p.Answer(204, None))}
    hooks = {"after": ("after",), "functions": {"after": after}}
    assert run(ask(one(host, local, shape=created), Ask("GET", "/"))).status == 201
    assert run(ask(one(host, declared, shape=created, **hooks), Ask("GET", "/"))).status == 201
    assert run(ask(one(host, nothing, shape=either, **hooks), Ask("GET", "/"))).status == 204
    assert seen == [201, 201, 204]


def test_problems_of_handlers_are_whole(host: Host) -> None:
    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        raise HTTPError(409, "out of stock", detail="0 left")

    answer = run(ask(one(host, handler), Ask("GET", "/")))
    assert json.loads(answer.content) == {
        "type": "urn:gatid:problem:conflict",
        "title": "out of stock",
        "status": 409,
        "detail": "0 left",
        "request_id": answer.header("x-request-id"),
    }


def test_tracebacks_show_the_generated_lines(host: Host) -> None:
    lines = []

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        raise ValueError

    async def catch(error: BaseException, req: Any, res: Any, gctx: Any, lctx: Any) -> None:
        lines.extend(traceback.format_exception(error))

    made = one(host, handler, catch=("catch",), functions={"catch": catch})
    run(ask(made, Ask("GET", "/")))
    assert "value = await handler(req, res, gctx, lctx)" in "".join(lines)
    ours = [name for name in linecache.cache if name.startswith("<gatid 1 one tsv:0-one-1>")]
    assert ours
    asyncio.run(made.stop())
    assert not [name for name in ours if name in linecache.cache]


@pytest.mark.prop(1)
@many
@given(
    needed=st.integers(0, 6),
    optional=st.integers(0, 3),
    rest=st.booleans(),
    named=st.sampled_from(["", "k=1", "k"]),
    kind=st.sampled_from(["def", "async def"]),
)
def test_what_takes_four_arguments_is_a_handler(
    host: Host, needed: int, optional: int, rest: bool, named: str, kind: str
) -> None:
    arguments = [*(f"a{i}" for i in range(needed)), *(f"b{i}=1" for i in range(optional))]
    arguments += ["*rest"] if rest else ["*"] if named else []
    arguments += [named] if named else []
    namespace: dict[str, Any] = {}
    exec(f"{kind} one({', '.join(arguments)}): return 'ok'", namespace)  # noqa: S102
    fits = needed <= 4 and (rest or needed + optional >= 4) and named != "k"
    if fits:
        assert run(ask(one(host, namespace["one"]), Ask("GET", "/"))).status == 200
    else:
        with pytest.raises(LinkError, match=r"cannot be called as \(req, res, gctx, lctx\)"):
            one(host, namespace["one"])


def test_a_refusal_says_where(host: Host) -> None:
    with pytest.raises(LinkError) as refused:
        one(host, lambda req: None)
    assert "`code:one`" in str(refused.value)
    assert f"{__file__}:" in str(refused.value)
    with pytest.raises(LinkError, match="is no function"):
        one(host, 7)  # type: ignore[arg-type]


def test_generators_are_refused(host: Host) -> None:
    async def generator(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        yield 1

    with pytest.raises(LinkError, match="generator"):
        one(host, generator)


@pytest.mark.parametrize("found", [lambda *_: "ok", lambda req, res, gctx, lctx, more=1: "ok"])
def test_other_signatures_will_do(host: Host, found: Any) -> None:
    assert run(ask(one(host, found), Ask("GET", "/"))).status == 200


def test_the_code_holds_only_what_the_contract_needs() -> None:
    only = contract("one", "GET", (), shape(answers=ANY))
    whole = plan(route("one", only))
    source = emit(whole, whole.routes[0], only)
    for word in ("proto()", "limiter", "missing", "hook_", "forward", "explain_body", "query.pop"):
        assert word not in source
    compile(source, "emitted", "exec")


RELEASES = (
    p.Release(1_735_689_600, "2025-01-01", "v1", ("v1",), sunset=4_000_000_000),
    p.Release(1_748_736_000, "2025-06-01", "v2", ("v2",)),
)


def versioned(host: Host, **selectors: Any) -> Generation:
    """`/old` until v2, `/new` from then on; both say which version is spoken."""
    named = {"header": "X-Api", "param": "v", "path": False, "default": "latest", **selectors}
    app = replace(APP, selectors=p.Selectors(**named))

    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        return [req.version, req.path]

    routes = [
        route("old", contract("one", "GET", ("old",), shape(answers=ANY), until=1)),
        route(
            "new",
            replace(
                contract("one", "GET", ("new",), shape(answers=ANY), since=1), id="tsv:1-new-1"
            ),
        ),
    ]
    whole = plan(*routes, app=app, releases=RELEASES)
    return generation(host, whole, {"one": handler}, clock=lambda: 1_780_000_000.0)


def test_answers_say_which_version_was_spoken(host: Host) -> None:
    made = versioned(host)
    new = run(ask(made, Ask("GET", "/new")))
    assert (new.status, new.content) == (200, b'["v2","/new"]')
    assert (new.header("x-api"), new.header("vary"), new.header("sunset")) == ("v2", "X-Api", None)
    old = run(ask(made, Ask("GET", "/old", "v=v1")))
    assert (old.status, old.header("x-api")) == (200, "v1")
    assert old.header("sunset") == "Tue, 02 Oct 2096 07:06:40 GMT"
    for path, fields in [("/old", ()), ("/new", (("x-api", "v1"),))]:
        gone = run(ask(made, Ask("GET", path, fields=fields)))
        assert (gone.status, gone.header("x-api")) == (404, "v1" if fields else "v2")
        assert "not-in-this-version" in gone.content.decode()


def test_a_problem_has_no_status_of_success(host: Host) -> None:
    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        return res.problem(404, "nothing").status(204)

    made = one(host, handler, shape={"answers": (p.Answer(204, None),)})
    assert run(ask(made, Ask("GET", "/"))).status == 500


def test_a_path_may_begin_with_its_version(host: Host) -> None:
    made = versioned(host, path=True)
    for path, status in [
        ("/v1/old", 200), ("/2025-03-01/old", 200), ("/v2/old", 404), ("/v3/old", 404),
        ("/2025-99-99/old", 400), ("/new", 200), ("/tsv:1-new-1/new", 200),
        ("/tsv:1-new-1/old", 400), ("/v2//new", 400),
    ]:  # fmt: skip
        assert run(ask(made, Ask("GET", path))).status == status, path


def test_a_generation_that_is_dropped_keeps_nothing(host: Host) -> None:
    class Handler:
        async def __call__(self, req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
            lctx.on_cleanup(lambda: None)
            if req.query:
                raise ValueError
            return "ok"

    async def life() -> weakref.ref[Handler]:
        handler = Handler()
        made = one(host, handler, shape={"query": obj(x_=m.String())}, timeout=50)
        await made.start()
        for query in ("", "x=1"):
            await ask(made, Ask("GET", "/", query))
        await made.stop()
        return weakref.ref(handler)

    watched = asyncio.run(life())
    gc.collect()
    assert watched() is None


def test_what_cannot_be_carried(host: Host) -> None:
    async def handler(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        return req.body

    old, new = shape(body=obj(a=m.Int()), answers=ANY), shape(body=NUMBER, answers=ANY)
    forward = "def forward(body):\n    return {'n': 10 // body['a']}\n"
    backward = "def backward(body):\n    return 8 // body['n'] if body['n'] < 5 else {'n': 1}\n"
    old = replace(old, answers=(p.Answer(200, m.Int()),))
    first = contract(
        "one", "POST", (), old, handler_shape=new, until=1,
        up=p.Upgrade(forward, ("body",), ("body",)),
        down=(p.Downgrade(200, 200, backward, checked=True),),
    )  # fmt: skip
    head = replace(contract("one", "POST", (), new, since=1), id="tsv:1-one-2")
    selectors = p.Selectors("X-Api", None, path=False, default="v1")
    whole = plan(
        route("one", first, head), app=replace(APP, selectors=selectors), releases=RELEASES
    )
    made = generation(host, whole, {"one": handler})
    for a, status in [(5, 200), (0, 422), (-1, 422), (1, 422), (2, 502), (20, 502)]:
        answer = run(ask(made, Ask("POST", "/", body=b'{"a": %d}' % a)))
        assert answer.status == status, (a, answer.content)
        if status == 200:
            assert answer.content == b"4"
        for error in json.loads(answer.content).get("errors", ()) if status == 422 else ():
            # The field that is wrong has another name where the client is; the whole is meant.
            assert (error["in"], error["pointer"]) == ("body", "")
