"""`make bench-snapshots`: what a snapshot costs a worker, and what those cost that are not kept.

One process, no sockets: the same route without snapshots, with a share of which none is drawn, with
`errors on` and none that fails, and with every request kept. Rounds alternate, medians of CPU time
are printed, that of the writing thread included; ratios count. What the kernel takes to put files
on disk stands beside it: the loop does not wait for that. Exits non-zero when a snapshot costs
the process more than 1 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop
from lifecycle import Proto, Scope

from gatid.endpoint.link import link
from gatid.endpoint.loading import load
from gatid.observe.logs import Log, Output
from gatid.services.host import Host
from gatid.snapshots import Store
from gatid_compiler.pipeline import compile_project

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 1000.0
AT_ONCE = 50
"""Fewer than may wait to be written."""

ROUTE = """
hook {name}_one = code:one
hook {name}_two = code:two
route {name} POST /{name} {{
  auth none
  body    {{ sku: string(1..20), quantity: int(1..) }}
  returns 201 {{ id: string, total: int }}
  before  {name}_one
  after   {name}_two
  {more}
  handler code:place
}}
"""
CODE = """
async def place(req, res, gctx, lctx):
    lctx.set("order", {"lines": [{"sku": req.body["sku"], "n": i} for i in range(10)]})
    return {"id": req.id, "total": req.body["quantity"] * 7}

def one(req, res, gctx, lctx):
    lctx.set("one", (req.id, 1))

def two(req, res, gctx, lctx):
    lctx.set("two", lctx.get("one"))
"""
FORMS = {
    "bare": ("without snapshots", ""),
    "undrawn": ("`sample`, and none is drawn", "snapshot { sample 0.000000001 }"),
    "errors": ("`errors on`, and none fails", "snapshot { errors on }"),
    "redacts": ("every one kept, with `redact`", 'snapshot { sample 1\n redact "/body/sku" }'),
    "kept": ("every one kept", "snapshot { sample 1 }"),
}


async def measure(folder: Path, rounds: int, requests: int) -> dict[str, tuple[float, float]]:
    """Microseconds of CPU a request, by form: of the process, and of the kernel for it."""
    text = "app bench { }\n" + "".join(
        ROUTE.format(name=name, more=more) for name, (_, more) in FORMS.items()
    )
    (folder / "app.gati").write_text(text)
    (folder / "code.py").write_text(CODE)
    result = compile_project(folder / "app.gati")
    if result.plan is None:
        raise SystemExit("\n".join(d.message for d in result.diagnostics))
    host = Host.create(base=folder, log=Log(Output.to(os.open(os.devnull, os.O_WRONLY))))
    meters = host.meters
    store = Store(folder / "state", host.log, meters.snapshots, meters.snapshots_dropped)
    code = load(result.plan.code, 1, "", folder)
    serving = link(result.plan, 1, host, code, keeper=store)
    await serving.start()
    loop = asyncio.get_running_loop()

    async def round_of(name: str, flush: Callable[[], None]) -> tuple[float, float]:
        scope, proto = Scope(f"/{name}"), Proto()
        before = resource.getrusage(resource.RUSAGE_SELF)
        for number in range(requests):
            await loop.create_task(serving.dispatch(scope, proto))  # type: ignore[arg-type]
            if number % AT_ONCE == AT_ONCE - 1:
                flush()
        flush()
        after = resource.getrusage(resource.RUSAGE_SELF)
        took = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
        if proto.status != 201:
            raise SystemExit(f"{name} answered {proto.status}")
        return 1e6 * took[0] / requests, 1e6 * took[1] / requests

    took: dict[str, list[tuple[float, float]]] = {name: [] for name in FORMS}
    for number in range(rounds + 1):
        for name in FORMS if number % 2 else reversed(FORMS):
            took[name].append(await round_of(name, store.flush))
    kept = 2 * (rounds + 1) * requests
    if (meters.snapshots.value, meters.snapshots_dropped.value) != (kept, 0):
        raise SystemExit(f"{meters.snapshots.value:g} snapshots were written, not {kept}")
    await serving.stop()
    store.close()
    host.close()
    # The first round warms up.
    return {
        name: (
            statistics.median(own for own, _ in each[1:]),
            statistics.median(kernel for _, kernel in each[1:]),
        )
        for name, each in took.items()
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--requests", type=int, default=500, help="in a round")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cost = uvloop.run(measure(Path(folder), options.rounds, options.requests))
    bare = cost["bare"][0]
    print(f"{options.rounds} rounds of {options.requests} requests, medians; no sockets")
    print(f"{'':42}{'µs':>8}{'above':>8}{'ratio':>7}{'kernel':>9}")
    for name, (what, _) in FORMS.items():
        own, kernel = cost[name]
        print(f"{what:42}{own:8.1f}{own - bare:8.1f}{own / bare:7.2f}{kernel:9.1f}")
    worst = max(cost[name][0] - bare for name in ("kept", "redacts"))
    if worst > MOST:
        raise SystemExit(f"a snapshot costs {worst:.0f} µs, more than {MOST:g}")


if __name__ == "__main__":
    main()
