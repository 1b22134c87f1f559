"""How levels combine, against the table of the language reference written out slowly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid_compiler import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatid_compiler.pipeline import Result

HOOKS = ("one", "two", "three")
HEAD = """\
secret keys from file "keys.txt"
hook one = shop:hook
hook two = shop:hook
hook three = shop:hook
"""
PYTHON = "def hook(*args):\n    pass\n"


@dataclass(frozen=True)
class Block:
    """What one block says; None or empty where it does not speak."""

    auth: str | None = None
    roles: str | None = None
    timeout: int | None = None
    max_body: int | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    catch: tuple[str, ...] = ()
    secret: bool = False

    def lines(self) -> list[str]:
        """The block as it is written."""
        lines = []
        if self.auth == "none":
            lines.append("auth none")
        elif self.auth is not None:
            lines.append(f'auth key {{\nheader "{self.auth}"\nkeys keys\n}}')
        if self.roles is not None:
            lines.append(f"roles any({self.roles})")
        if self.timeout is not None:
            lines.append(f"timeout {self.timeout}ms")
        if self.max_body is not None:
            lines.append(f"max_body {self.max_body}B")
        for kind in ("before", "after", "catch"):
            names = getattr(self, kind)
            lines += [f"{kind} {', '.join(names)}"] if names else []
        return lines + (["allow secret keys"] if self.secret else [])


def _hooks() -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(HOOKS), unique=True, max_size=2).map(tuple)


BLOCKS = st.builds(
    Block,
    auth=st.sampled_from([None, None, "none", "x-a", "x-b"]),
    roles=st.sampled_from([None, None, "clerk", "admin"]),
    timeout=st.none() | st.integers(1, 9),
    max_body=st.none() | st.integers(1, 9),
    before=_hooks(),
    after=_hooks(),
    catch=_hooks(),
    secret=st.booleans(),
)
LEVELS = st.lists(st.tuples(st.lists(BLOCKS, max_size=2), BLOCKS), min_size=2, max_size=4)
"""Levels from the app inwards: the policies that each uses, and its own lines."""


def _written(levels: list[tuple[list[Block], Block]]) -> str:
    """The project that has these levels: the app, groups in one another, a route."""
    policies: list[str] = []
    number = count()

    def body(used: list[Block], own: Block) -> list[str]:
        lines = []
        for block in used:
            name = f"p{next(number)}"
            policies.append(f"policy {name} {{\n" + "\n".join(block.lines()) + "\n}")
            lines.append(f"use {name}")
        return lines + own.lines()

    app = ["app shop {", *body(*levels[0]), "}"]
    opened = []
    for index, level in enumerate(levels[1:-1]):
        opened += [f"group /g{index} {{", *body(*level)]
    route = ["route r GET / {", *body(*levels[-1]), "handler static 204", "}"]
    closed = ["}"] * (len(levels) - 2)
    return HEAD + "\n".join([*app, *opened, *route, *closed, *policies]) + "\n"


def _expected(levels: list[tuple[list[Block], Block]]) -> tuple[set[str], Mapping[str, object]]:
    """The codes that must be said, and the settings, by walking the table line by line."""
    codes: set[str] = set()
    now: dict[str, object] = {"auth": (), "roles": None, "timeout": None, "max_body": None}
    hooks: dict[str, list[str]] = {"before": [], "after": [], "catch": []}
    allowed = False
    for used, own in levels:
        for kind, found in hooks.items():
            found += [name for block in (*used, own) for name in getattr(block, kind)]
        allowed = allowed or any(block.secret for block in (*used, own))
        for what in ("roles", "timeout", "max_body"):
            said = [getattr(block, what) for block in used if getattr(block, what) is not None]
            if len(said) > 1 and getattr(own, what) is None:
                codes.add("conflicting-policies")
        auths = [own.auth] if own.auth else [block.auth for block in used if block.auth]
        if "none" in auths and len(set(auths)) > 1:
            codes.add("auth-none-beside")
        # Policies come before own lines; `auth none` clears what stands before it, unless an
        # own line of the level beats it.
        if auths and set(auths) == {"none"}:
            now["roles"] = None
        for what in ("roles", "timeout", "max_body"):
            said = [getattr(block, what) for block in used if getattr(block, what) is not None]
            now[what] = said[0] if said else now[what]
        if own.auth == "none":
            now["roles"] = None
        for what in ("roles", "timeout", "max_body"):
            if getattr(own, what) is not None:
                now[what] = getattr(own, what)
        now["auth"] = tuple(auths) or now["auth"]
    auth = now["auth"]
    assert isinstance(auth, tuple)
    if now["roles"] is not None and (not auth or set(auth) == {"none"}):
        codes.add("roles-without-auth")
    elif not auth:
        codes.add("open-route")
    if not any(
        block.secret or block.auth not in (None, "none") for u, o in levels for block in (*u, o)
    ):
        codes.add("unused-secret")
    return codes, {**now, **hooks, "allowed": allowed}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LEVELS)
def test_levels_combine_as_the_table_says(
    compiled: Callable[[Mapping[str, str]], Result], levels: list[tuple[list[Block], Block]]
) -> None:
    result = compiled({"app.gati": _written(levels), "shop.py": PYTHON})
    codes, expected = _expected(levels)
    if "auth-none-beside" in codes:
        # What else follows from a contradiction is nobody's promise.
        assert "auth-none-beside" in {d.code for d in result.diagnostics}
        return
    assert {d.code for d in result.diagnostics} == codes
    if result.plan is None:
        return
    route = result.plan.routes[0]
    auth = tuple("none" if isinstance(a, plan.NoAuth) else a.header for a in route.auth)
    assert auth == expected["auth"]
    assert (route.roles.names[0] if route.roles else None) == expected["roles"]
    assert route.timeout == (expected["timeout"] or 30_000)
    assert route.max_body == (expected["max_body"] or 1 << 20)
    assert list(route.before) == expected["before"]
    assert list(route.after) == list(reversed(expected["after"]))
    assert list(route.catch) == list(reversed(expected["catch"]))
    assert route.secrets == (("keys",) if expected["allowed"] else ())
