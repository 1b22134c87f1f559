"""Matching, against every path tried one after another."""

from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from gatid.routing.table import Table
from gatid_compiler.plan import Param, Segment

segments = st.sampled_from(["a", "b", "c", Param("x"), Param("y")])
paths = st.lists(segments, max_size=4).map(tuple)
asked = st.lists(st.sampled_from(["a", "b", "c", "d", "", "."]), max_size=5).map(
    lambda parts: "/" + "/".join(parts)
)


def fits(path: tuple[Segment, ...], text: str) -> tuple[str, ...] | None:
    given = [] if text == "/" else text[1:].split("/")
    if len(given) != len(path):
        return None
    for segment, part in zip(path, given, strict=True):
        if segment != part if isinstance(segment, str) else not part:
            return None
    return tuple(p for s, p in zip(path, given, strict=True) if isinstance(s, Param))


@given(st.lists(paths, max_size=12), asked)
def test_all_that_fit_the_most_specific_first(routes: list[tuple[Segment, ...]], text: str) -> None:
    table: Table[int] = Table()
    forms: dict[tuple[str | None, ...], tuple[int, tuple[Segment, ...]]] = {}
    for i, path in enumerate(routes):
        table.entry(path)["GET"] = i
        forms[tuple(s if isinstance(s, str) else None for s in path)] = i, path
    expected = [
        (i, values, [isinstance(s, Param) for s in path])
        for i, path in forms.values()
        if (values := fits(path, text)) is not None
    ]
    expected.sort(key=lambda e: e[2])
    found = [(entry["GET"], values) for entry, values in table.matches(text)]
    assert found == [(i, values) for i, values, _ in expected]


def lookups(routes: int, path: str) -> int:
    """How many calls a look-up makes among so many routes."""
    table: Table[int] = Table()
    for i in range(routes):
        table.entry((f"r{i}", Param("id"), "x"))["GET"] = i
        table.entry((f"r{i}", "y"))["GET"] = i
    calls = 0

    def count(frame: object, event: str, arg: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        assert list(table.matches(path))
    finally:
        sys.setprofile(None)
    return calls


def test_the_cost_does_not_grow_with_the_routes() -> None:
    for path in ("/r3/7/x", "/r3/y"):
        assert lookups(10, path) == lookups(10_000, path)
