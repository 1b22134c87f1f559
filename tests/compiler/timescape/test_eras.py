"""Over the version that a kept handler ends with nothing is carried, so nothing is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatid_compiler.pipeline import compile_project
from gatid_compiler.timescape.lock.facts import Present
from gatid_compiler.timescape.lock.freeze import CannotReleaseError, freeze
from gatid_compiler.timescape.lock.model import Lock
from gatid_compiler.timescape.told import tell

if TYPE_CHECKING:
    from pathlib import Path

    from gatid_compiler.pipeline import Result

APP = """app desk {
  auth none
}
version 2025-01-01 as v1
version 2025-02-01 as v2
version 2025-03-01 as v3

type Person {
  first: string(pattern '[a-z]{3}')
  last:  string
  width: int(0..1000)
  area:  int(0..250000)
}
type Shared { id: int }

route put PUT /people {
  body    Person
  returns { person: Person, shared: Shared }
  handler desk:now
}
route read GET /shared {
  returns Shared
  handler desk:now
}
"""

DOUBTED = "type Person { compute area: int(0..250000) = width * (1000 - width) }"
LOSING = "type Person { drop age: int = 1 }"


def _result(folder: Path, *changes: str) -> Result:
    names = ("now", "before", "older")
    functions = [f"async def {name}(req, res, gctx, lctx):\n    return {{}}\n" for name in names]
    (folder / "desk.py").write_text("\n\n".join(functions))
    (folder / "app.gati").write_text(APP + "\n".join(changes) + "\n")
    return compile_project(folder / "app.gati")


def test_a_hop_that_is_not_run_is_neither_proved_nor_lossy(tmp_path: Path) -> None:
    kept = "route put { handler desk:before }"
    for said, code in ((DOUBTED, "unproved"), (f"lossless\n{LOSING}", "change-loses")):
        carried = _result(tmp_path, f"change v3 {{\n{said}\n}}")
        assert {d.code for d in carried.diagnostics} == {code}
        assert _result(tmp_path, f"change v3 {{\n{said}\n{kept}\n}}").diagnostics == ()
    result = _result(tmp_path, f"change v3 {{\n{DOUBTED}\n{kept}\n}}")
    assert result.past is not None
    assert tell.lost(result.past, 0, 2) == []
    assert Present(result.past).verdicts(2) == {}
    lock = Lock("app.gati")
    for release in range(3):
        lock = freeze(result.past, lock, release)
    assert ("verdict", "put.request") not in lock.releases[2].facts


def test_what_other_routes_carry_is_told(tmp_path: Path) -> None:
    change = """change v3 {
  type Shared { add id: int = 1 }
  type Person { drop age?: int }
  route put { handler desk:before }
}"""
    result = _result(tmp_path, change)
    assert result.past is not None, result.diagnostics
    assert [(each.name, each.path) for each in tell.lost(result.past, 0, 2)] == [("Shared", "id")]
    assert [name for _, name in Present(result.past).verdicts(2)] == ["read.200"]


def test_hops_inside_an_era_are_carried_to_its_end(tmp_path: Path) -> None:
    """v1 is carried to v2, whose handler is kept, by a function that is not proved."""
    changes = (
        f"change v2 {{ {DOUBTED} }}",
        "change v3 { route put { handler desk:before } }",
    )
    result = _result(tmp_path, *changes)
    assert result.plan is not None
    assert result.past is not None
    (put,) = (route for route in result.plan.routes if route.name == "put")
    oldest, middle, head = put.contracts
    assert [str(c.handler.target) for c in put.contracts] == ["desk:before"] * 2 + ["desk:now"]
    assert oldest.up is not None
    assert oldest.up.checked == ("body",)
    assert oldest.handler_shape == middle.shape == middle.handler_shape
    assert (middle.up, middle.down, head.up) == (None, (), None)
    lock = freeze(result.past, Lock("app.gati"), 0)
    with pytest.raises(CannotReleaseError, match="put: the transform of its requests"):
        freeze(result.past, lock, 1)
    assert Present(result.past).verdicts(2) == {}


def test_where_kept_code_lies_is_not_frozen_that_it_is_kept_is(tmp_path: Path) -> None:
    def facts(*changes: str) -> object:
        result = _result(tmp_path, *changes)
        assert result.past is not None, result.diagnostics
        return [Present(result.past).facts(release) for release in range(3)]

    kept = facts("change v3 { route put { handler desk:before } }")
    assert kept == facts("change v3 { route put { handler desk:older } }")
    assert kept != facts()


def test_the_policies_of_a_removed_route_are_not_frozen_its_shape_is(tmp_path: Path) -> None:
    def facts(inside: str) -> object:
        removed = f"route gone removed {{ route gone GET /gone {{ {inside}\n handler desk:now }} }}"
        result = _result(tmp_path, f"change v3 {{ {removed} }}")
        assert result.past is not None, result.diagnostics
        return [Present(result.past).facts(release) for release in range(3)]

    plain = facts("returns Person")
    assert plain == facts("returns Person\n timeout 3s\n rate 5/min per address")
    assert plain != facts("returns Person\n query { q?: string }")
