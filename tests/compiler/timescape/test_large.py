"""Many versions of many routes: what they cost follows what changed, not how many there are."""

from __future__ import annotations

import dis
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gatid.ingress.problem import ProblemError
from gatid.routing.version import Timeline
from gatid_compiler import plan_json
from gatid_compiler.pipeline import compile_project
from gatid_compiler.plan import Selectors
from tests.compiler.timescape import large
from tests.gatid.endpoint.wire import Fields

if TYPE_CHECKING:
    from pathlib import Path

    from gatid_compiler.plan import Contract, Plan

ROUTES = 100


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Plan]:
    """A tenth of the routes changed in every version, by the number of versions."""
    return {
        versions: _compiled(tmp_path_factory.mktemp("large"), versions) for versions in (10, 200)
    }


def _compiled(folder: Path, versions: int) -> Plan:
    plan = compile_project(large.write(folder, versions, ROUTES)).plan
    assert plan is not None
    return plan


def test_there_are_as_many_contracts_as_changes(plans: dict[int, Plan]) -> None:
    for versions, plan in plans.items():
        found = sum(len(route.contracts) for route in plan.routes)
        assert found == large.contracts(versions, ROUTES)
        checked = [
            contract.id
            for route in plan.routes
            for contract in route.contracts
            if (contract.up is not None and contract.up.checked)
            or any(down.checked for down in contract.down)
        ]
        assert checked == []


def test_a_plan_is_small_and_grows_with_its_contracts(plans: dict[int, Plan]) -> None:
    sizes = {versions: len(plan_json.dumps(plan)) for versions, plan in plans.items()}
    assert sizes[200] < 20e6
    a_contract = {v: sizes[v] / large.contracts(v, ROUTES) for v in sizes}
    assert a_contract[200] < 2 * a_contract[10]


@pytest.mark.parametrize(
    "asked",
    ["v2", "2000-01-07", "2000-01-07T01:02:03Z", "tsv:946684800-put3-1", "nonsense"],
)
def test_resolving_is_as_much_work_among_many_versions(plans: dict[int, Plan], asked: str) -> None:
    """Counted in calls and lines that run, which no clock disturbs."""
    named = Selectors("X-Gati-Version", "version", path=False, default="latest")
    work = {}
    for versions, plan in plans.items():
        timeline = Timeline(plan, named, lambda: 1_780_000_000.0)
        work[versions] = _steps(timeline, Fields([("x-gati-version", asked)]))
    assert work[10] == work[200]


def _steps(timeline: Timeline, headers: Any) -> int:
    steps = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal steps
        steps += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        timeline.explicit(None, None, headers)
    except ProblemError:
        # refusing is work, too
        pass
    finally:
        sys.settrace(before)
    assert steps > 3
    return steps


def test_fifty_hops_over_the_same_fields_are_one_function_of_the_same_size(tmp_path: Path) -> None:
    """Counted in instructions of the generated functions."""
    changes = "".join(
        f"change v{v} {{ type Item0 {{ rename name{v - 2} -> name{v - 1}\n"
        f'map status {{ "open{v - 2}" -> "open{v - 1}" }} }} }}\n'
        for v in range(2, 52)
    )
    text = large.write(tmp_path, 51, 0).read_text() + large.route(0, 50, 50, 0)
    (tmp_path / "large.gati").write_text(text + changes)
    plan = compile_project(tmp_path / "large.gati").plan
    assert plan is not None
    oldest, *_, last, head = plan.routes[0].contracts
    assert (oldest.seq, last.seq, head.seq) == (1, 50, 51)
    for sources in zip(_sources(oldest), _sources(last), strict=True):
        fifty, one = (_instructions(source) for source in sources)
        assert fifty <= 1.3 * one


def _sources(contract: Contract) -> list[str]:
    assert contract.up is not None
    return [contract.up.source, *(down.source or "" for down in contract.down)]


def _instructions(source: str) -> int:
    namespace: dict[str, Any] = {}
    exec(compile(source, "<transform>", "exec"), namespace)  # noqa: S102 - made by the compiler
    found = [each for each in namespace.values() if hasattr(each, "__code__")]
    assert found
    return sum(len(list(dis.get_instructions(each))) for each in found)
