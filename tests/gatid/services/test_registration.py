"""However a class is written, what the source shows of it is what is loaded, or is not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid.services.modules.in_process import methods
from tests.gatid.services.test_module_promises import compiled, leased

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gatid.services.conftest import Hosted

NAMES = ("get", "put", "_own", "stop", "health")

MEMBERS = {
    "async": "async def {name}(self): ...",
    "sync": "def {name}(self, a=1, *rest, b, **more): ...",
    "generator": "def {name}(self):\n    yield 1",
    "stream": "async def {name}(self):\n    yield 1",
    "yields inside": "def {name}(self):\n    def inner():\n        yield 1\n    return inner",
    "static": "@staticmethod\ndef {name}(a): ...",
    "class": "@classmethod\nasync def {name}(cls): ...",
    "property": "@property\ndef {name}(self): ...",
    "cached property": "@functools.cached_property\ndef {name}(self): ...",
    "idempotent": "@idempotent\nasync def {name}(self): ...",
    "idempotent by module": "@gatid.modules.idempotent\ndef {name}(self): ...",
    "wrapped": "@functools.lru_cache\ndef {name}(self): ...",
    "wrapped async": "@wrap\ndef {name}(self): ...",
    "lambda": "{name} = lambda self: 1",
    "alias": "{name} = print",
    "constant": "{name} = 7",
    "typed constant": "{name}: int = 7",
    "declared": "{name}: int",
    "inner class": "class {name}: ...",
    "class alias": "{name} = dict",
    "either": "if computed():\n    def {name}(self): ...\nelse:\n    async def {name}(self): ...",
    "tried": "try:\n    {name} = missing\nexcept NameError:\n    async def {name}(self): ...",
}

START = """
import functools
import gatid.modules
from gatid.modules import idempotent

def wrap(fn):
    async def wrapped(self): ...
    return wrapped

def computed():
    return True
"""


def written(name: str, base: str, members: list[tuple[str, str]]) -> str:
    body = [
        "    " + line
        for member, kind in members
        for line in MEMBERS[kind].format(name=member).split("\n")
    ]
    return "\n".join([f"class {name}({base}):", "    tag = None", *body, ""])


def fits(members: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What gatid itself calls has to be async and plain, else it is refused for that."""
    return [
        (name, kind)
        for name, kind in members
        if name not in ("stop", "health") or kind in ("async", "wrapped async", "declared")
    ]


members = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(list(MEMBERS))), max_size=6
).map(fits)


@pytest.mark.prop(40)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(root=members, base=members, own=members, other=members)
def test_whatever_is_written_is_registered_as_what_it_is(
    hosted: Hosted,
    tmp_path: Path,
    root: list[tuple[str, str]],
    base: list[tuple[str, str]],
    own: list[tuple[str, str]],
    other: list[tuple[str, str]],
) -> None:
    """No class that loads is refused; and each method that is told of is there, as it is told."""
    source = (
        START
        + written("Root", "object", root)
        + written("Base", "Root", base)
        + written("Other", "Root", other)
        + written("Own", "Base, Other", own)
        + "    def __init__(self, mctx): ...\n"
    )
    result = compiled(tmp_path, "module own = code:Own", source)
    assert result.plan is not None, result.diagnostics
    shown = result.plan.modules["own"].manifest
    assert shown is not None
    with leased(hosted, tmp_path, result.plan) as lease:
        cls = lease._classes["own"]
        assert cls is not None
        loaded = methods(cls)
    told = {each.name: each for each in shown.methods}
    assert loaded.keys() <= told.keys()
    for name, method in told.items():
        if method.kind != "unknown":
            assert loaded[name].kind == method.kind
            assert loaded[name].idempotent == method.idempotent
    assert set(shown.lifecycle) == {n for n in ("start", "stop", "health") if hasattr(cls, n)}
