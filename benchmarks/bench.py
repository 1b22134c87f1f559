"""`make bench`: what a request costs, as a ratio to the same work written by hand.

Server and load have a core each. CPU time of the server's process group per request is the
steady figure, throughput the other one; rounds alternate between the servers, and medians are
printed. Everything stays on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import servers

ORDER = {
    "customer": {"name": "Grace Brewster Murray Hopper", "email": "grace.hopper@example.com"},
    "lines": [
        {"sku": "TEA-0001", "quantity": 2, "gift": True},
        {"sku": "MUG-0002", "quantity": 1, "gift": False},
        {"sku": "POT-0003", "quantity": 12, "gift": False},
        {"sku": "CUP-0004", "quantity": 6, "gift": True},
    ],
    "status": "new",
}
SIZE = 411


@dataclass
class Round:
    """One run of the load generator against one server."""

    requests: int
    seconds: float
    errors: int
    cpu: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--seconds", type=int, default=3, help="of load in a round")
    arguments.add_argument("--connections", type=int, default=32)
    options = arguments.parse_args()
    for tool in ("wrk", "taskset"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is missing; on Debian: apt-get install wrk util-linux")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("two cores are needed, one for the server and one for the load")
    with tempfile.TemporaryDirectory() as folder:
        requests(options, cores, Path(folder))
        commands(Path(folder))


def requests(options: argparse.Namespace, cores: list[int], folder: Path) -> None:
    """The validated POST, plain, on both servers in turns."""
    script = folder / "post.lua"
    script.write_text((servers.WORK / "post.lua").read_text().replace("BODY", f"[[{body()}]]"))
    running = [servers.by_hand(cores[0], folder), servers.gatid(cores[0], folder)]
    try:
        rounds = {server.name: [] for server in running}
        for server in running:
            load(server, script, cores[1], 2, options.connections)  # to warm up
        for number in range(options.rounds):
            for server in running if number % 2 else reversed(running):
                measured = load(server, script, cores[1], options.seconds, options.connections)
                rounds[server.name].append(measured)
    finally:
        for server in running:
            server.stop()
    print(
        f"POST of {SIZE} bytes, validated; {options.rounds} rounds of {options.seconds} s, medians"
    )
    print(f"{'':10}{'µs CPU a request':>18}{'requests/s':>14}{'errors':>8}")
    cost, speed = {}, {}
    for name, each in rounds.items():
        cost[name] = statistics.median(1e6 * run.cpu / run.requests for run in each)
        speed[name] = statistics.median(run.requests / run.seconds for run in each)
        errors = sum(run.errors for run in each)
        print(f"{name:10}{cost[name]:18.1f}{speed[name]:14.0f}{errors:8}")
    print(
        f"gatid / by hand: {cost['by hand'] / cost['gatid']:.2f} by CPU,"
        f" {speed['gatid'] / speed['by hand']:.2f} by throughput"
    )


def load(server: servers.Server, script: Path, core: int, seconds: int, connections: int) -> Round:
    before = server.cpu()
    options = f"--cpu-list {core} wrk -t1 -c{connections} -d{seconds}s -s"
    run = subprocess.run(
        ["taskset", *options.split(), str(script), f"http://127.0.0.1:{server.port}/orders/7f3a"],
        capture_output=True,
        text=True,
        check=True,
    )
    done, microseconds, errors, _ = map(int, run.stdout.splitlines()[-1].split())
    return Round(done, microseconds / 1e6, errors, server.cpu() - before)


def body() -> str:
    """The order as JSON, filled up to its size by its note."""
    bare = json.dumps(ORDER | {"note": ""}, separators=(",", ":"))
    return json.dumps(ORDER | {"note": "x" * (SIZE - len(bare))}, separators=(",", ":"))


def commands(folder: Path) -> None:
    """Whole processes of the command line."""
    many = folder / "many"
    many.mkdir()
    (many / "app.gati").write_text(hundred_routes())
    (many / "orders.py").write_text((servers.WORK / "orders.py").read_text())
    print(f"\n{'whole commands, median of 5':28}{'ms CPU':>8}{'ms':>8}")
    for name, words in {
        "gatid version": ["version"],
        "gatid check, 1 route": ["check", str(servers.WORK / "orders.gati")],
        "gatid check, 100 routes": ["check", str(many / "app.gati")],
        "gatid compile, 100 routes": [
            "compile",
            str(many / "app.gati"),
            "-o",
            str(folder / "m.plan"),
        ],
    }.items():
        took = [timed([sys.executable, "-m", "gatid.cli", *words]) for _ in range(5)]
        cpu, wall = (1000 * statistics.median(each) for each in zip(*took, strict=True))
        print(f"{name:28}{cpu:8.0f}{wall:8.0f}")


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds of CPU and of the clock that a command takes."""
    begun, used = time.perf_counter(), os.times()
    subprocess.run(command, check=True, capture_output=True)
    now = os.times()
    cpu = now.children_user + now.children_system - used.children_user - used.children_system
    return cpu, time.perf_counter() - begun


def hundred_routes() -> str:
    """The measured app, with its one route a hundred times over."""
    text = (servers.WORK / "orders.gati").read_text()
    head, _, route = text.partition("route place")
    copies = (
        f"route place{number}" + route.replace("/orders/", f"/orders{number}/")
        for number in range(100)
    )
    return head + "\n".join(copies)


if __name__ == "__main__":
    main()
