"""There and back again: what loses nothing gives back what was there."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from gatid_compiler.timescape.fuse.fuse import backward, forward
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.proofs.judge import Judge
from tests.compiler.timescape.members import members
from tests.compiler.timescape.projects import Project, function, project

HEAD = """
version 2025-01-01 as v1
version 2025-02-01 as v2
type Order {{
  id:    int
  who:   {{ name: string, mail?: string }}
  some?: {{ x?: int, y?: int }}
  state: "new" | "paid" | "gone"
  lines: {{ sku: string, size: 1 | 2 | true }}[]
  notes: {{ ...: {{ text: string | null }} | null }}
  {rest}
}}
route put PUT /order {{
  body    Order
  returns Order
  handler m:f
}}
change v2 {{
  type Order {{
    {ops}
  }}
}}
"""

OPS = [
    "rename number -> id",
    "in who {\n rename full -> name\n}",
    "rename who.address -> who.mail",
    "each lines {\n rename code -> sku\n}",
    "each notes {\n rename body -> text\n}",
    "move who.nr -> id",
    "nest name, mail -> who",
    "nest x, y -> some",
    "hoist ref -> id, state",
    'map state { "a" -> "new", "b" -> "paid", "c" -> "gone" }',
    'map state { "paid" -> "new", "new" -> "paid" }',
    'each lines {\n map size { true -> 1, 1 -> true, "two" -> 2 }\n}',
    "rename all.n -> all.id\n hoist all -> id, tmp\n rename tmp -> state",
]


def functions(read: Project) -> tuple[object, object, object]:
    history = read.derived().history
    up = forward(history, "put", 0, len(history.blocks))
    down = backward(history, "put", 200, len(history.blocks), 0)
    assert up is not None
    assert down is not None
    judge = Judge(history)
    assert judge.proves(keys.request("put"), 0, len(history.blocks))
    assert judge.proves(keys.response("put", 200), len(history.blocks), 0)
    return history, function(up.source, "forward"), function(down.source, "backward")


@pytest.mark.parametrize("ops", OPS)
@pytest.mark.parametrize("rest", ["", "..."])
def test_forward_and_back(ops: str, rest: str) -> None:
    read = project(HEAD.format(ops=ops, rest=rest))
    history, up, down = functions(read)
    old = history.states[0][keys.request("put")].field("body").type

    # Extras that an operation introduces or restores are lost: here there are none of its names.
    @given(members(old, history.states[0]).filter(lambda v: set(v) <= known(history, old)))
    def trip(value: object) -> None:
        assert text(down(up(value))) == text(value)

    trip()


def known(history: object, t: object) -> set[str]:
    obj = history.states[0][t.name]
    return {field.name for field in obj.fields}


def text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def test_fifty_hops_over_the_same_fields_are_one() -> None:
    hops = 50
    lines = [f"version 20{10 + i}-01-01 as v{i}" for i in range(hops + 1)]
    lines.append('type T { a50: int, b50: { c50: string }, s: "s50" | "t" }')
    lines.append("route put PUT /t {\n body T\n returns T\n handler m:f\n}")
    one = project(_changes(lines, 49, hops))
    many = project(_changes(lines, 0, hops))
    sizes = []
    for read, start in ((one, 49), (many, 0)):
        history = read.derived().history
        fused = forward(history, "put", history.releases[start], len(history.blocks))
        assert fused is not None
        value = {f"a{start}": 1, f"b{start}": {f"c{start}": "x"}, "s": f"s{start}"}
        assert function(fused.source, "forward")(value) == {
            "a50": 1,
            "b50": {"c50": "x"},
            "s": "s50",
        }
        sizes.append(len(fused.source.splitlines()))
    assert sizes[0] == sizes[1], "the code does not grow with the hops"


def _changes(lines: list[str], low: int, high: int) -> str:
    found = list(lines)
    for i in range(low, high):
        found.append(
            f"change v{i + 1} {{\n type T {{\n rename a{i} -> a{i + 1}\n"
            f" rename b{i} -> b{i + 1}\n rename b{i + 1}.c{i} -> b{i + 1}.c{i + 1}\n"
            f' map s {{ "s{i}" -> "s{i + 1}" }}\n }}\n}}'
        )
    return "\n".join(found)
