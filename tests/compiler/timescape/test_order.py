"""Operations run in the order of writing: within a block, over blocks, over versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, note
from hypothesis import strategies as st

from gatid_compiler.timescape.fuse.fuse import backward, forward
from tests.compiler.timescape.projects import function, project

if TYPE_CHECKING:
    from tests.compiler.timescape.projects import Project

LETTERS = "abcdefgh"

Arrows = dict[str, str]


@st.composite
def chains(draw: st.DrawFn) -> tuple[Project, list[tuple[Arrows, list[str]]], str]:
    """A project whose one field is mapped and renamed again and again; for each map, oldest
    first, its arrows and the values after it; and the first name of the field.
    """
    values = sorted(draw(st.sets(st.sampled_from(LETTERS), min_size=2, max_size=4)))
    head = " | ".join(f'"{value}"' for value in values)
    maps: list[tuple[Arrows, list[str]]] = []
    blocks: list[list[str]] = [[]]
    name, number = "field", 0
    for _ in range(draw(st.integers(2, 6))):
        kind = draw(st.sampled_from(["map", "map", "rename", "block"]))
        if kind == "block":
            blocks.insert(0, [])
        elif kind == "rename":
            number += 1
            blocks[0].insert(0, f"rename name{number} -> {name}")
            name = f"name{number}"
        else:
            named = draw(st.sets(st.sampled_from(values), min_size=1))
            stay = [value for value in values if value not in named]
            lefts = draw(st.permutations([one for one in LETTERS if one not in stay]))
            arrows = dict(zip(lefts, sorted(named), strict=False))
            if len(lefts) > len(named) and draw(st.booleans()):
                arrows[lefts[len(named)]] = draw(st.sampled_from(sorted(named)))
            said = ", ".join(f'"{left}" -> "{right}"' for left, right in arrows.items())
            blocks[0].insert(0, f"map {name} {{ {said} }}")
            maps.insert(0, (arrows, values))
            values = sorted({*arrows, *stay})
    versions = [2]
    for _ in blocks[1:]:
        versions.append(versions[-1] + draw(st.integers(0, 1)))
    changes = "\n".join(
        f"change v{version} {{\ntype T {{\n{chr(10).join(ops)}\n}}\n}}"
        for version, ops in zip(versions, blocks, strict=True)
    )
    releases = "\n".join(f"version 2025-01-{v:02} as v{v}" for v in range(1, versions[-1] + 1))
    text = f"""{releases}
type T {{ field: {head} }}
route one POST /one {{
  body    T
  returns 200 T
  handler m:one
}}
{changes}
"""
    note(text)
    return project(text), maps, name


@given(chains())
def test_maps_and_renames_run_in_the_order_of_writing(
    chain: tuple[Project, list[tuple[Arrows, list[str]]], str],
) -> None:
    read, maps, name = chain
    history = read.derived().history
    head = len(history.states) - 1
    up = forward(history, "one", 0, head)
    down = backward(history, "one", 200, head, 0)
    ahead = function(up.source, "forward") if up else lambda body: body
    back = function(down.source, "backward") if down else lambda body: body

    first = maps[0] if maps else None
    olds = {*first[0], *(v for v in first[1] if v not in first[0].values())} if first else set()
    for old in sorted(olds):
        now = old
        for arrows, _ in maps:
            now = arrows.get(now, now)
        assert ahead({name: old}) == {"field": now}
    for value in maps[-1][1] if maps else ():
        then = value
        for arrows, _ in reversed(maps):
            then = next((left for left, right in arrows.items() if right == then), then)
        assert back({"field": value}) == {name: then}
