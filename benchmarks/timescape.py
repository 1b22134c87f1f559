"""`make bench-timescape`: what versions cost, as ratios within one run.

Server and load have a core each; CPU time of the server's process group per request is what
counts. Rounds alternate between what is compared, and medians are printed. With `--cadwyn
PYTHON`, an interpreter that has `cadwyn==8.2.0`, `uvicorn[standard]` and `granian` installed, the
same one-hop change is measured there, too: on uvicorn, which is how Cadwyn is run, and on granian,
which is what gatid runs on. What a hop adds is the difference to head of the same server in the
same round; half of the rounds lie between its quartiles. Everything stays on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bench
import hops
import servers

sys.path.insert(0, str(Path(__file__).parents[1]))

from gatid.endpoint.source import Sources
from gatid.ingress.query import parse_query
from gatid.routing.version import Timeline
from gatid_compiler import plan_json
from gatid_compiler.pipeline import compile_project
from gatid_compiler.plan import Selectors
from tests.compiler.timescape import large
from tests.gatid.endpoint.wire import Fields

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gatid_compiler.plan import Contract, Plan

HEAD, ONE, FIFTY = hops.VERSIONS, hops.VERSIONS - 1, 1
_SPOKEN = {HEAD: "gatid, head", ONE: "gatid, one hop", FIFTY: "gatid, 50 hops"}
_THEIR_PORTS = {"uvicorn": (9082, 9083), "granian": (9084, 9085)}


@dataclass
class Measured:
    """One thing that is loaded in every round: a server, and what it is asked."""

    name: str
    server: servers.Server
    script: Path
    rounds: list[bench.Round] = field(default_factory=list)

    @property
    def costs(self) -> list[float]:
        """Microseconds of CPU a request, of every round."""
        return [1e6 * run.cpu / run.requests for run in self.rounds]

    @property
    def cost(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.costs)

    def over(self, base: Measured) -> tuple[float, float, float]:
        """The quartiles of what it costs more than another, round by round."""
        more = [here - there for here, there in zip(self.costs, base.costs, strict=True)]
        low, middle, high = statistics.quantiles(more, n=4, method="inclusive")
        return low, middle, high


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--seconds", type=int, default=3, help="of load in a round")
    arguments.add_argument("--connections", type=int, default=32)
    arguments.add_argument("--cadwyn", metavar="PYTHON", help="measure Cadwyn with it")
    options = arguments.parse_args()
    for tool in ("wrk", "taskset"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is missing; on Debian: apt-get install wrk util-linux")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("two cores are needed, one for the server and one for the load")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entry = hops.entry(folder)
        functions(_compiled(entry))
        requests(options, cores, folder, entry)
        sizes(folder)


def functions(plan: Plan) -> None:
    """The transforms alone: one hop and fifty over the same fields."""
    route = plan.routes[0]
    contracts = {HEAD - c.since: c for c in route.contracts}
    print("\nthe transforms alone, ns a call, median of 31 rounds of 2,000")
    for way in ("forward", "backward"):
        calls = {n: _transform(contracts[v], way, v) for n, v in ((1, 2), (50, HEAD))}
        took = interleaved(calls, rounds=31, times=2000)
        ratio = took[50] / took[1]
        print(f"{way:10} one hop {took[1]:6.0f}   50 hops {took[50]:6.0f}   {ratio:.2f} x")


def _transform(contract: Contract, way: str, back: int) -> Callable[[], object]:
    version = HEAD - back + 1
    if way == "forward" and contract.up is not None:
        function = Sources(0).function("up", contract.up.source, "forward")
        body = json.loads(hops.body(version))
        return lambda: function(body)
    down = next(d for d in contract.down if d.handler_status == 200)
    function = Sources(0).function("down", down.source or "", "backward")
    sys.path.insert(0, str(servers.WORK))
    from orders import receipt

    answer = receipt("7f3a", json.loads(hops.body(HEAD)))
    return lambda: function(answer)


def interleaved(
    calls: dict[int, Callable[[], object]], rounds: int, times: int
) -> dict[int, float]:
    """Nanoseconds of CPU a call of each, medians over rounds in turns."""
    took: dict[int, list[float]] = {key: [] for key in calls}
    for number in range(rounds):
        for key in list(calls) if number % 2 else reversed(list(calls)):
            call = calls[key]
            begun = time.thread_time_ns()
            for _ in range(times):
                call()
            took[key].append((time.thread_time_ns() - begun) / times)
    return {key: statistics.median(each) for key, each in took.items()}


def requests(options: argparse.Namespace, cores: Sequence[int], folder: Path, entry: Path) -> None:
    """Whole requests, validated both ways: of head, of one hop, of fifty, and Cadwyn's."""
    ours = servers.gatid(cores[0], folder, entry)
    running = [ours]
    try:
        measured = [
            Measured(name, ours, _script(folder, f"v{version}", "X-Gati-Version", version))
            for version, name in _SPOKEN.items()
        ]
        for on in _THEIR_PORTS if options.cadwyn else ():
            theirs, plain = (
                servers.cadwyn(cores[0], folder, options.cadwyn, on, app, port)
                for app, port in zip(("app", "plain"), _THEIR_PORTS[on], strict=True)
            )
            running += [theirs, plain]
            for name, server, date, version in (
                ("FastAPI", plain, "2025-01-01", HEAD),
                ("Cadwyn, head", theirs, "2025-01-01", HEAD),
                ("Cadwyn, one hop", theirs, "2024-01-01", ONE),
            ):
                script = _script(folder, date, "x-api-version", version)
                measured.append(Measured(f"{name}, {on}", server, script))
        for each in measured:
            bench.load(each.server, each.script, cores[1], 2, options.connections)  # to warm up
        for number in range(options.rounds):
            for each in measured if number % 2 else reversed(measured):
                run = bench.load(
                    each.server, each.script, cores[1], options.seconds, options.connections
                )
                each.rounds.append(run)
    finally:
        for server in running:
            server.stop()
    print(
        f"\nPOST of {hops.SIZE} bytes, validated; {options.rounds} rounds of"
        f" {options.seconds} s, medians"
    )
    print(f"{'':26}{'µs CPU a request':>18}{'to head':>10}{'to one hop':>12}{'errors':>8}")
    for each in measured:
        errors = sum(run.errors for run in each.rounds)
        to_head, to_one = each.cost / measured[0].cost, each.cost / measured[1].cost
        print(f"{each.name:26}{each.cost:18.1f}{to_head:10.2f}{to_one:12.2f}{errors:8}")
    added(measured)


def added(measured: Sequence[Measured]) -> None:
    """What hops cost over head of the same server."""
    by_name = {each.name: each for each in measured}
    ours = by_name[_SPOKEN[ONE]].over(by_name[_SPOKEN[HEAD]])
    print("\nwhat is added to a request, µs CPU, median of the rounds and its quartiles")
    for name, base in (
        (_SPOKEN[ONE], _SPOKEN[HEAD]),
        (_SPOKEN[FIFTY], _SPOKEN[HEAD]),
        *((f"Cadwyn, one hop, {on}", f"Cadwyn, head, {on}") for on in _THEIR_PORTS),
        *((f"Cadwyn, one hop, {on}", f"FastAPI, {on}") for on in _THEIR_PORTS),
    ):
        if name not in by_name:
            continue
        low, middle, high = by_name[name].over(by_name[base])
        ratio = "" if name in _SPOKEN.values() else _ratio((low, middle, high), ours)
        print(f"{name + ' over ' + base:52}{middle:8.1f}  ({low:.1f} to {high:.1f}){ratio}")


def _ratio(theirs: tuple[float, float, float], ours: tuple[float, float, float]) -> str:
    """How many times as much, by the medians and within both quartiles; at least how many where
    ours is lost in the noise.
    """
    if min(theirs[0], ours[2]) <= 0:
        return "  lost in the noise"
    if ours[0] <= 0:
        return f"  at least {theirs[0] / ours[2]:.0f} x a hop of gatid"
    return (
        f"  {theirs[1] / ours[1]:.0f} x a hop of gatid"
        f" ({theirs[0] / ours[2]:.0f} to {theirs[2] / ours[0]:.0f})"
    )


def _script(folder: Path, asked: str, header: str, version: int) -> Path:
    script = folder / f"{header}-{asked}.lua"
    text = (servers.WORK / "post.lua").read_text().replace("BODY", f"[[{hops.body(version)}]]")
    script.write_text(f'wrk.headers["{header}"] = "{asked}"\n{text}')
    return script


def sizes(folder: Path) -> None:
    """A hundred routes, a tenth of which changed in every version."""
    print("\n100 routes, one in ten changed in every version")
    print(
        f"{'versions':>8}{'contracts':>11}{'check, s CPU':>14}{'plan, MB':>10}{'resolving, µs':>16}"
    )
    timelines: dict[int, Timeline] = {}
    rows = []
    for versions in (10, 200):
        there = folder / str(versions)
        there.mkdir()
        entry = large.write(there, versions, 100)
        cpu, _ = bench.timed([sys.executable, "-m", "gatid.cli", "check", str(entry)])
        plan = _compiled(entry)
        size = len(plan_json.dumps(plan)) / 1e6
        rows.append((versions, sum(len(r.contracts) for r in plan.routes), cpu, size))
        timelines[versions] = Timeline(
            plan, Selectors("X-Gati-Version", "version", path=False, default="latest"), time.time
        )
    took = interleaved(
        {versions: _resolving(timeline) for versions, timeline in timelines.items()}, 31, 2000
    )
    for versions, contracts, cpu, size in rows:
        microseconds = took[versions] / 1000
        print(f"{versions:8}{contracts:11}{cpu:14.1f}{size:10.1f}{microseconds:16.2f}")
    print(f"this process took at most {_most_memory():.0f} MB")


def _resolving(timeline: Timeline) -> Callable[[], object]:
    headers: Any = Fields([("x-gati-version", "v2")])
    query = parse_query("version=2000-01-07")

    def resolve() -> None:
        timeline.explicit(None, None, headers)
        timeline.explicit(None, query, headers)

    return resolve


def _most_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _compiled(entry: Path) -> Plan:
    plan = compile_project(entry).plan
    if plan is None:
        raise SystemExit(f"{entry} does not compile")
    return plan


if __name__ == "__main__":
    main()
