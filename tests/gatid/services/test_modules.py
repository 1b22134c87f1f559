"""Modules: found by name, called in time, shared while unchanged, ended after their last call."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid.errors import (
    DeniedError,
    HTTPError,
    ModuleError,
    ModuleTimeoutError,
    NotSupportedError,
)
from gatid.modules import idempotent
from gatid.services.global_context import GlobalContext
from gatid.services.modules.fingerprint import closure, fingerprints
from gatid_compiler import plan as p
from tests.gatid.services.plans import module, plan, route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from gatid.services.host import Host
    from gatid.services.modules.pool import Lease
    from tests.gatid.services.conftest import Hosted


class Recorded:
    """Writes down what happens to it, in a list that all modules of a test share."""

    happened: list[str]

    def __init__(self, mctx: Any) -> None:
        self.mctx = mctx
        self.happened.append(f"build {mctx.name}")

    async def start(self) -> None:
        self.happened.append(f"start {self.mctx.name}")

    async def stop(self) -> None:
        self.happened.append(f"stop {self.mctx.name}")

    def echo(self, *args: Any, **kwargs: Any) -> Any:
        return self.mctx.name, args, kwargs

    async def echo_later(self, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        return self.mctx.name, args, kwargs

    async def ask(self, other: str) -> Any:
        return await getattr(self.mctx.modules, other).echo("from", self.mctx.name)


@pytest.fixture
def happened() -> Iterator[list[str]]:
    Recorded.happened = []
    return Recorded.happened


def only(cls: type) -> Callable[[p.PyRef], object]:
    return lambda _: cls


def lease(host: Host, cls: type, *modules: p.Module, **options: Any) -> Lease:
    return host.modules.lease(plan(*modules, **options), only(cls))


def inside(held: Lease) -> Any:
    """The object that runs the lease's first module."""
    return held._held[0][1]._running._object  # type: ignore[union-attr]


names = st.lists(
    st.from_regex(r"[a-z][a-z_]{0,6}", fullmatch=True), min_size=1, max_size=5, unique=True
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)


@pytest.mark.prop(28)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), names, st.lists(values, max_size=2), st.dictionaries(st.just("k"), values))
def test_every_module_declared_is_found_through_gctx(
    hosted: Hosted, data: st.DataObject, found: list[str], args: list[Any], kwargs: dict[str, Any]
) -> None:
    """Started after what it depends on, stopped before it; and no other module is there."""
    Recorded.happened = []
    modules = [
        module(
            name,
            modules=tuple(data.draw(st.sets(st.sampled_from(found[:at]) if at else st.nothing()))),
        )
        for at, name in enumerate(found)
    ]
    shuffled = data.draw(st.permutations(modules))

    async def main() -> None:
        whole = plan(*shuffled)
        held = hosted.host.modules.lease(whole, only(Recorded))
        gctx = GlobalContext.create(whole, hosted.host, held)
        with pytest.raises(DeniedError, match="before the modules are started"):
            getattr(gctx.modules, found[0])
        await held.start()
        for each in modules:
            client = getattr(gctx.modules, each.name)
            assert await client.echo(*args, **kwargs) == (each.name, tuple(args), kwargs)
            assert await client.echo_later(*args, **kwargs) == (each.name, tuple(args), kwargs)
            for other in found:
                if other in each.modules:
                    assert await client.ask(other) == (other, ("from", each.name), {})
                else:
                    with pytest.raises(DeniedError, match=f"write `allow module {other}`"):
                        await client.ask(other)
        with pytest.raises(DeniedError, match="no module `Other` is declared"):
            _ = gctx.modules.Other
        await held.stop()

    asyncio.run(main())
    starts = [entry[6:] for entry in Recorded.happened if entry.startswith("start ")]
    stops = [entry[5:] for entry in Recorded.happened if entry.startswith("stop ")]
    assert sorted(starts) == sorted(found)
    assert stops == starts[::-1]
    for each in modules:
        assert all(starts.index(other) < starts.index(each.name) for other in each.modules)


def test_generations_share_what_did_not_change(hosted: Hosted, happened: list[str]) -> None:
    host = hosted.host
    store, mail = module("store"), module("mail", modules=("store",))

    async def main() -> None:
        first = lease(host, Recorded, store, mail)
        await first.start()
        second = lease(host, Recorded, store, module("mail", modules=("store",), config={"a": 1}))
        await second.start()
        assert happened == [
            "build store", "start store", "build mail", "start mail", "build mail", "start mail",
        ]  # fmt: skip
        await first.stop()
        await first.stop()
        assert happened[6:] == ["stop mail"]
        assert await second.clients.mail.ask("store") == ("store", ("from", "mail"), {})
        await second.stop()
        assert happened[7:] == ["stop mail", "stop store"]

    asyncio.run(main())


def test_an_instance_ends_after_its_last_call(hosted: Hosted) -> None:
    class Slow:
        def __init__(self, mctx: Any) -> None:
            self.free = asyncio.Event()
            self.thread_free = threading.Event()
            self.stopped = False

        async def wait(self) -> bool:
            await self.free.wait()
            return self.stopped

        def block(self) -> bool:
            self.thread_free.wait()
            return self.stopped

        async def stop(self) -> None:
            self.stopped = True

    async def main() -> None:
        held = lease(hosted.host, Slow, module("slow"))
        await held.start()
        client = held.clients.slow
        instance = inside(held)
        calls = [asyncio.ensure_future(client.wait()), asyncio.ensure_future(client.block())]
        await asyncio.sleep(0)
        ending = asyncio.ensure_future(held.stop())
        await asyncio.sleep(0)
        assert not instance.stopped
        instance.free.set()
        assert await calls[0] is False
        await asyncio.sleep(0)
        assert not instance.stopped
        instance.thread_free.set()
        assert await calls[1] is False
        await ending
        assert instance.stopped
        with pytest.raises(ModuleError, match="it was stopped"):
            await client.wait()

    asyncio.run(main())


def test_a_module_that_does_not_start_is_refused_and_the_others_end(
    hosted: Hosted, happened: list[str]
) -> None:
    class Broken(Recorded):
        async def start(self) -> None:
            await super().start()
            if self.mctx.name == "c":
                raise OSError("no database")

    modules = [module("a"), module("b", modules=("a",)), module("c", modules=("b",))]

    async def main() -> None:
        running = lease(hosted.host, Broken, modules[0])
        await running.start()
        failing = lease(hosted.host, Broken, *modules)
        with pytest.raises(ModuleError, match=r"module `c`: it did not start: OSError: no data"):
            await failing.start()
        assert happened[-1] == "stop b"
        assert "stop a" not in happened
        await running.stop()

    asyncio.run(main())
    assert Counter(entry.split()[0] for entry in happened)["stop"] == 2


def test_a_constructor_that_raises_is_named(hosted: Hosted) -> None:
    class Strict:
        def __init__(self) -> None: ...

    with pytest.raises(ModuleError, match="module `x`: it did not start: TypeError"):
        asyncio.run(lease(hosted.host, Strict, module("x")).start())
    with pytest.raises(ModuleError, match="`x_code:Module` is no class"):
        hosted.host.modules.lease(plan(module("x")), lambda _: print)


def test_a_stop_that_raises_is_logged_and_stops_nothing_else(
    hosted: Hosted, happened: list[str]
) -> None:
    class Rude(Recorded):
        async def stop(self) -> None:
            await super().stop()
            raise ValueError("never")

    async def main() -> None:
        held = lease(hosted.host, Rude, module("a"), module("b"))
        await held.start()
        await held.stop()

    asyncio.run(main())
    assert happened[-2:] == ["stop b", "stop a"]
    assert [event["module"] for event in hosted.events()] == ["b", "a"]


class Flaky:
    """Fails as often as it is told; counts its calls."""

    def __init__(self, mctx: Any) -> None:
        self.calls: Counter[str] = Counter()

    def _called(self, name: str, failures: int, error: type[Exception] = OSError) -> int:
        self.calls[name] += 1
        if self.calls[name] <= failures:
            raise error(name) if error is not HTTPError else HTTPError(409, name)
        return self.calls[name]

    @idempotent
    async def again(self, failures: int) -> int:
        return self._called("again", failures)

    @idempotent
    def again_in_a_thread(self, failures: int) -> int:
        return self._called("again_in_a_thread", failures)

    async def once(self, failures: int) -> int:
        return self._called("once", failures)

    @idempotent
    async def answered(self) -> int:
        return self._called("answered", 9, HTTPError)


def test_only_what_is_idempotent_is_tried_again(hosted: Hosted) -> None:
    async def main() -> None:
        held = lease(hosted.host, Flaky, module("flaky", retries=2))
        await held.start()
        flaky, calls = held.clients.flaky, inside(held).calls
        assert await flaky.again(2) == 3
        assert await flaky.again_in_a_thread(2) == 3
        calls.clear()
        with pytest.raises(OSError, match="again"):
            await flaky.again(3)
        with pytest.raises(OSError, match="once"):
            await flaky.once(1)
        with pytest.raises(HTTPError):
            await flaky.answered()
        assert calls == {"again": 3, "once": 1, "answered": 1}
        await held.stop()

    asyncio.run(main())
    assert hosted.events() == []


def test_retries_without_an_idempotent_method_are_warned_of(hosted: Hosted) -> None:
    lease(hosted.host, type("Plain", (), {"get": lambda self: 1}), module("plain", retries=1))
    (event,) = hosted.events()
    assert (event["level"], event["module"]) == ("warning", "plain")


def test_a_call_past_its_timeout_is_cancelled_or_left_behind(hosted: Hosted) -> None:
    class Hangs:
        def __init__(self, mctx: Any) -> None:
            self.cancelled = False
            self.free = threading.Event()

        async def wait(self) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise

        def block(self) -> None:
            self.free.wait()

        async def own(self) -> None:
            raise TimeoutError("its own")

    async def main() -> None:
        held = lease(hosted.host, Hangs, module("hangs", timeout=20))
        await held.start()
        hangs, instance = held.clients.hangs, inside(held)
        with pytest.raises(ModuleTimeoutError, match=r"`wait` took longer than 0.02 s"):
            await hangs.wait()
        assert instance.cancelled
        with pytest.raises(ModuleTimeoutError, match="`block`"):
            await hangs.block()
        with pytest.raises(TimeoutError, match="its own") as caught:
            await hangs.own()
        assert not isinstance(caught.value, ModuleTimeoutError)
        instance.free.set()
        await held.stop()

    asyncio.run(main())


def test_what_is_a_method(hosted: Hosted) -> None:
    class Mixed:
        constant = 7
        Inner = dict

        def __init__(self, mctx: Any) -> None:
            self.field = print

        @property
        def lazy(self) -> int:
            raise AssertionError("a property is not looked at")

        @staticmethod
        def static(x: int) -> int:
            return x

        @classmethod
        def of_class(cls, x: int) -> tuple[str, int]:
            return cls.__name__, x

        @functools.lru_cache  # noqa: B019
        def cached(self, x: int) -> int:
            return x

        def _private(self) -> None: ...
        async def start(self) -> None: ...
        async def health(self) -> bool:
            return False

        async def stream(self) -> AsyncIterator[int]:
            yield 1

    async def main() -> None:
        held = lease(hosted.host, Mixed, module("mixed"))
        await held.start()
        mixed = held.clients.mixed
        assert repr(mixed) == "<module mixed: cached, of_class, static, stream>"
        assert await mixed.static(1) == 1
        assert await mixed.of_class(2) == ("Mixed", 2)
        assert await mixed.cached(3) == 3
        with pytest.raises(NotSupportedError, match="`stream` is a generator"):
            await mixed.stream()
        for name in ("constant", "Inner", "field", "lazy", "_private", "start", "health"):
            with pytest.raises(AttributeError, match=f"no public method `{name}`; it has `cached`"):
                getattr(mixed, name)
        assert await held.health() == {"mixed": False}
        with pytest.raises(AttributeError, match="declared, not set"):
            held.clients.mixed = 1
        await held.stop()

    asyncio.run(main())


def test_what_a_module_is_given(hosted: Hosted, happened: list[str]) -> None:
    hosted.environ.update(DSN="dsn-value", OTHER="other-value")
    specs = tuple(p.Secret(name, "env", name.upper(), None) for name in ("dsn", "other"))

    async def main() -> None:
        held = lease(
            hosted.host, Recorded, module("m", secrets=("dsn",), config={"a": [1]}), secrets=specs
        )
        await held.start()
        mctx = inside(held).mctx
        assert mctx.config["a"] == (1,)
        assert (await mctx.secrets.get("dsn")).reveal() == "dsn-value"
        with pytest.raises(DeniedError, match="write `allow secret other` in module `m`"):
            await mctx.secrets.get("other")
        mctx.log.info("hello")
        mctx.metrics.counter("made")
        with pytest.raises(DeniedError, match="no topic `t` is declared"):
            await mctx.publish("t", 1)
        await held.stop()

    asyncio.run(main())
    read, refused, event = hosted.events()
    assert (event["message"], event["module"], event["worker"]) == ("hello", "m", 0)
    assert (read["secret"], read["reader"]) == ("dsn", "module `m`")
    assert (refused["secret"], refused["reader"]) == ("other", "module `m`")


FILES = {
    "shop/__init__.py": "",
    "shop/store.py": "from . import tables\nfrom shop.models import Book\nimport json",
    "shop/tables.py": "import sqlite3",
    "shop/models/__init__.py": "from .book import Book",
    "shop/models/book.py": "from ..util import now",
    "shop/util.py": "",
    "shop/handlers.py": "from shop import store",
    "other.py": "",
}


def test_the_code_of_a_module_is_what_it_imports() -> None:
    assert closure(FILES, "shop.store") == FILES.keys() - {"shop/handlers.py", "other.py"}
    assert closure(FILES, "other") == {"other.py"}
    assert closure(FILES, "installed.package") == frozenset()
    dynamic = {**FILES, "shop/util.py": "import importlib"}
    assert closure(dynamic, "shop.store") == dynamic.keys()
    assert closure({"a.py": "import b", "b.py": "import a ("}, "a") == {"a.py", "b.py"}


def test_a_fingerprint_changes_with_code_configuration_and_capabilities() -> None:
    base: dict[str, Any] = {"target": p.PyRef("shop.store", "Store"), "config": {"a": 1, "b": 2}}
    dsn = p.Secret("dsn", "env", "DSN", None)

    def mark(files: dict[str, str] = FILES, secret: p.Secret = dsn, **options: Any) -> str:
        whole = plan(
            module("store", **{**base, **options}), module("mail"), files=files, secrets=(secret,)
        )
        return fingerprints(whole)["store"]

    same = [
        mark(),
        mark(files={**FILES, "shop/handlers.py": "x = 1"}),
        mark(config={"b": 2, "a": 1}),
        mark(timeout=5, retries=3),
        mark(secret=p.Secret("dsn", "env", "DSN", 1)),
    ]
    assert len(set(same)) == 1
    different = [
        mark(files={**FILES, "shop/util.py": "x = 1"}),
        mark(config={"a": 1}),
        mark(secrets=("dsn",)),
        mark(secrets=("dsn",), secret=p.Secret("dsn", "file", "DSN", None)),
        mark(network=("x:1",)),
        mark(modules=("mail",)),
        mark(target=p.PyRef("shop.store", "Other")),
    ]
    assert len({*same, *different}) == 1 + len(different)


def test_modules_in_a_circle_are_refused() -> None:
    with pytest.raises(ModuleError, match="in a circle: a → b → a"):
        fingerprints(plan(module("a", modules=("b",)), module("b", modules=("a",))))


def test_a_route_has_the_secrets_it_is_allowed(hosted: Hosted) -> None:
    hosted.environ["DSN"] = "x"
    whole = plan(
        routes=(route("orders", secrets=("dsn",)), route("books")),
        secrets=(p.Secret("dsn", "env", "DSN", None),),
    )
    base = GlobalContext.create(whole, hosted.host, lease(hosted.host, Recorded))

    async def main() -> None:
        orders, books = (base.for_route(each) for each in whole.routes)
        assert (await orders.secrets.get("dsn")).reveal() == "x"
        with pytest.raises(DeniedError, match="`allow secret dsn` in route `books`"):
            await books.secrets.get("dsn")

    asyncio.run(main())
