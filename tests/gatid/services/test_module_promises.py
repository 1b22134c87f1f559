"""What modules are promised, on classes that were written, compiled and loaded as any other."""

from __future__ import annotations

import asyncio
import errno
import itertools
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid.endpoint.loading import load
from gatid.errors import DeniedError, ModuleError, ModuleTypeError
from gatid_compiler import plan_json
from gatid_compiler.pipeline import compile_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gatid.services.modules.pool import Lease
    from gatid_compiler.pipeline import Result
    from gatid_compiler.plan import Plan
    from tests.gatid.services.conftest import Hosted

_numbers = itertools.count(1)


def compiled(folder: Path, config: str, source: str) -> Result:
    (folder / "app.gati").write_text(f'app a {{ listen "127.0.0.1:1" }}\n{config}')
    (folder / "code.py").write_text(source)
    return compile_project(folder / "app.gati")


@contextmanager
def leased(hosted: Hosted, folder: Path, plan: Plan) -> Iterator[Lease]:
    """A lease on the modules of a plan that went through its bytes, not started."""
    data = plan_json.dumps(plan)
    whole = plan_json.loads(data)
    code = load(whole.code, next(_numbers), plan_json.plan_id(data), folder)
    try:
        yield hosted.host.modules.lease(whole, code.resolve)
    finally:
        code.unload()


def is_int(value: Any) -> bool:
    return type(value) is int


def is_text(value: Any) -> bool:
    return type(value) is str


def is_order(value: Any) -> bool:
    return (
        type(value) is dict
        and {"id"} <= value.keys() <= {"id", "lines"}
        and is_text(value["id"])
        and ("lines" not in value or is_list(value["lines"]))
    )


def is_list(value: Any) -> bool:
    return type(value) is list and all(map(is_int, value))


TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "number": ("int", is_int),
    "real": ("float", lambda value: type(value) in (int, float)),
    "text": ("str", is_text),
    "flag": ("bool", lambda value: type(value) is bool),
    "numbers": ("list[int]", is_list),
    "maybe": ("str | None", lambda value: value is None or is_text(value)),
    "word": ('Literal["a", "b"]', lambda value: value in ("a", "b") and is_text(value)),
    "counts": (
        "dict[str, int]",
        lambda value: type(value) is dict and all(map(is_int, value.values())),
    ),
    "order": ("Order", is_order),
    "anything": ("Any", lambda _: True),
    "connection": ("sqlite3.Connection", lambda _: True),
}
"""Annotations, and by a rule of the test's own what is of them."""

TYPED = """
import sqlite3
from typing import Any, Literal, NotRequired, TypedDict

class Order(TypedDict):
    id: str
    lines: NotRequired[list[int]]

class Typed:
    def __init__(self, mctx):
        self.ran = 0
""" + "".join(
    f"""
    async def {name}(self, value: {written}):
        self.ran += 1
        return value

    def {name}_rest(self, *values: {written}, **named: {written}):
        self.ran += 1
        return [*values, *named.values()]

    async def {name}_back(self, value) -> {written}:
        self.ran += 1
        return value
"""
    for name, (written, _) in TYPES.items()
)

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(("a", "b", "c")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("id", "lines", "x")), inner, max_size=2)
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    plan = compiled(tmp_path_factory.mktemp("typed"), "module typed = code:Typed", TYPED).plan
    assert plan is not None
    return plan


@pytest.mark.prop(4)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(calls=st.lists(st.tuples(st.sampled_from(list(TYPES)), values), min_size=3, max_size=10))
def test_arguments_and_results_are_of_their_types(
    hosted: Hosted, tmp_path: Path, typed: Plan, calls: list[tuple[str, Any]]
) -> None:
    """What is of the type arrives as the very object, what is not does not arrive."""

    async def main() -> None:
        with leased(hosted, tmp_path, typed) as lease:
            await lease.start()
            client = lease.clients.typed
            instance = lease._held[0][1]._running._object  # type: ignore[union-attr]
            for name, value in calls:
                before = instance.ran
                if TYPES[name][1](value):
                    assert await getattr(client, name)(value) is value
                    assert await getattr(client, name)(value=value) is value
                    assert await getattr(client, f"{name}_back")(value) is value
                    both = await getattr(client, f"{name}_rest")(value, k=value)
                    assert both[0] is value
                    assert both[1] is value
                    assert instance.ran == before + 4
                    continue
                with pytest.raises(ModuleTypeError, match=f"`{name}` takes as `value`"):
                    await getattr(client, name)(value)
                with pytest.raises(ModuleTypeError, match=f"`{name}` takes as `value`"):
                    await getattr(client, name)(value=value)
                with pytest.raises(ModuleTypeError, match=f"`{name}_rest` takes as `values`"):
                    await getattr(client, f"{name}_rest")(value)
                with pytest.raises(ModuleTypeError, match=f"`{name}_rest` takes as `named`"):
                    await getattr(client, f"{name}_rest")(k=value)
                assert instance.ran == before
                with pytest.raises(ModuleTypeError, match=f"`{name}_back` returns"):
                    await getattr(client, f"{name}_back")(value)
            await lease.stop()

    asyncio.run(main())


NAMES = ("one", "two", "three")
STYLES = {
    "direct": "self.mctx.{part}",
    "kept": "self.{kept}",
    "alias": "alias.{part}",
    "hidden": "getattr(self, 'm' + 'ctx').{part}",
}
"""Ways to what the context has. What the last one asks for cannot be seen."""

asks = st.lists(
    st.tuples(
        st.sampled_from(("secret", "module")), st.sampled_from(NAMES), st.sampled_from(list(STYLES))
    ),
    max_size=5,
    unique=True,
)
allowances = st.sets(st.tuples(st.sampled_from(("secret", "module")), st.sampled_from(NAMES)))


def asking(asked: list[tuple[str, str, str]]) -> str:
    """A module with a method for each thing that is asked for."""
    source = """
class Asks:
    def __init__(self, mctx):
        self.mctx = mctx
        self.kept_secrets = mctx.secrets
        self.kept_modules = mctx.modules
"""
    for at, (kind, name, style) in enumerate(asked):
        way = STYLES[style].format(part=f"{kind}s", kept=f"kept_{kind}s")
        end = f'.get("{name}")' if kind == "secret" else f".{name}.name()"
        source += f"""
    async def ask_{at}(self):
        alias = self.mctx
        return await {way}{end}
"""
    return source + "".join(
        f"""
class Module_{name}:
    def __init__(self, mctx):
        pass

    async def name(self):
        return "{name}"
"""
        for name in NAMES
    )


def configured(allowed: set[tuple[str, str]]) -> str:
    lines = [f'secret {name} from env "SECRET_{name}"' for name in NAMES]
    lines += [f"module {name} = code:Module_{name}" for name in NAMES]
    lines += ["module rest = code:Module_one {"]
    lines += [f"  allow secret {name}" for name in NAMES] + ["}"]
    allow = "\n".join(f"  allow {kind} {name}" for kind, name in sorted(allowed))
    return "\n".join([*lines, f"module asks = code:Asks {{\n{allow}\n}}"])


def environment(hosted: Hosted) -> None:
    hosted.environ.update({f"SECRET_{name}": f"value of {name}" for name in NAMES})


@pytest.mark.prop(19)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(asked=asks, allowed=allowances)
def test_a_module_gets_what_is_allowed_and_nothing_else(
    hosted: Hosted, tmp_path: Path, asked: list[tuple[str, str, str]], allowed: set[tuple[str, str]]
) -> None:
    """Where it is seen it is refused before it runs, and where not when it asks."""
    environment(hosted)
    result = compiled(tmp_path, configured(allowed), asking(asked))
    seen = {(kind, name) for kind, name, style in asked if style != "hidden"}
    refused = {
        (d.code.removesuffix("-not-allowed"), d.message.split("`")[1 if "secret" in d.code else 3])
        for d in result.diagnostics
        if d.code in ("secret-not-allowed", "module-not-allowed")
    }
    assert refused == seen - allowed
    assert (result.plan is None) == bool(seen - allowed)
    if result.plan is None:
        return
    plan = result.plan

    async def main() -> None:
        with leased(hosted, tmp_path, plan) as lease:
            await lease.start()
            for at, (kind, name, _) in enumerate(asked):
                call = getattr(lease.clients.asks, f"ask_{at}")
                if (kind, name) not in allowed:
                    with pytest.raises(DeniedError, match=f"write `allow {kind} {name}`") as caught:
                        await call()
                    assert caught.value.errno == errno.EACCES
                elif kind == "secret":
                    assert (await call()).reveal() == f"value of {name}"
                else:
                    assert await call() == name
            await lease.stop()

    asyncio.run(main())


@pytest.mark.prop(40)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(asked=asks, allowed=allowances)
def test_a_module_that_uses_what_is_not_declared_is_not_registered(
    hosted: Hosted, tmp_path: Path, asked: list[tuple[str, str, str]], allowed: set[tuple[str, str]]
) -> None:
    """A plan that says less than its module uses was not made by the compiler."""
    environment(hosted)
    everything = {(kind, name) for kind in ("secret", "module") for name in NAMES}
    plan = compiled(tmp_path, configured(everything), asking(asked)).plan
    assert plan is not None
    less = replace(
        plan.modules["asks"],
        secrets=tuple(sorted(name for kind, name in allowed if kind == "secret")),
        modules=tuple(sorted(name for kind, name in allowed if kind == "module")),
    )
    tampered = replace(plan, modules={**plan.modules, "asks": less})
    undeclared = {(k, n) for k, n, style in asked if style != "hidden"} - allowed
    if not undeclared:
        with leased(hosted, tmp_path, tampered):
            return
    with (
        pytest.raises(ModuleError, match="module `asks`: it uses the") as caught,
        leased(hosted, tmp_path, tampered),
    ):
        pass
    assert any(f"the {kind} `{name}`" in str(caught.value) for kind, name in undeclared)


CHANGES = {
    "setattr(Plain, 'more', lambda self: 1)": "the method `more` is not in it",
    "del Plain.get": "the method `get` is missing",
    "Plain.get = lambda self: 1": "the method `get` is sync, not async",
    "from gatid.modules import idempotent\nidempotent(Plain.get)": "idempotent only once it is",
    "Plain.get.__doc__ = 'more'": None,
    "Plain._more = lambda self: 1": None,
}


@pytest.mark.prop(40)
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_loaded_is_what_the_source_shows(
    hosted: Hosted, tmp_path: Path, change: str
) -> None:
    source = f"""
class Plain:
    def __init__(self, mctx):
        pass

    async def get(self):
        return 1

{change}
"""
    plan = compiled(tmp_path, "module plain = code:Plain", source).plan
    assert plan is not None
    fault = CHANGES[change]
    if fault is None:
        with leased(hosted, tmp_path, plan):
            return
    with pytest.raises(ModuleError, match=fault), leased(hosted, tmp_path, plan):
        pass
