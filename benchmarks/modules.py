"""`make bench-modules`: what a call of a module costs, in its own process and in the worker's.

Both kinds answer on one event loop, in rounds that alternate; medians of single calls are
printed, and the ratio. It ends by itself, and talks to nobody but its own processes.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop

from gatid.services.host import Host
from gatid_compiler import plan as p

ROUNDS = 10
CALLS = 1_000
VALUE = {"id": 7, "name": "Grace Brewster Murray Hopper", "lines": [1, 2, 3], "paid": True}
SOURCE = """
class Module:
    def __init__(self, mctx):
        pass

    async def answer(self, value):
        return value

    def answer_sync(self, value):
        return value
"""


class Module:
    """What `SOURCE` says."""

    def __init__(self, mctx: Any) -> None:
        del mctx

    async def answer(self, value: Any) -> Any:
        return value

    def answer_sync(self, value: Any) -> Any:
        return value


def module(name: str, isolation: p.Isolation | None) -> p.Module:
    target = p.PyRef("code", "Module")
    return p.Module(name, target, {}, (), (), (), None, 0, isolation=isolation)


async def main(folder: Path) -> None:
    host = Host.create(base=folder)
    modules = [module("here", None), module("apart", p.Isolation(strict=False))]
    plan = p.Plan(
        p.App("bench", "", (), None, 1, p.Limits(), {}, None),
        (),
        {},
        {each.name: each for each in modules},
        {},
        {},
        (),
        p.Code({"code.py": SOURCE}, {}),
    )
    lease = host.modules.lease(plan, lambda _: Module)
    began = time.perf_counter()
    await lease.start()
    print(f"started in {time.perf_counter() - began:.2f} s")
    for method in ("answer", "answer_sync"):
        here, apart = (getattr(getattr(lease.clients, name), method) for name in ("here", "apart"))
        took: dict[Any, list[float]] = {here: [], apart: []}
        for at in range(ROUNDS + 1):
            for call in (here, apart):
                found = [await timed(call) for _ in range(CALLS)]
                took[call] += found if at else ()  # the first round warms up
        inside, outside = (statistics.median(took[call]) * 1e6 for call in (here, apart))
        ninetieth = statistics.quantiles(took[apart], n=10)[-1] * 1e6
        print(
            f"{method:12} in process {inside:6.1f} µs   apart {outside:6.1f} µs"
            f" (p90 {ninetieth:.1f})   {outside / inside:.1f} times"
        )
        began = time.perf_counter()
        for _ in range(5):
            await asyncio.gather(*(apart(VALUE) for _ in range(CALLS)))
        each = (time.perf_counter() - began) / (5 * CALLS) * 1e6
        print(f"{'':12} apart, {CALLS} at once: {each:.1f} µs a call")
    await lease.stop()
    host.close()


async def timed(call: Any) -> float:
    began = time.perf_counter()
    await call(VALUE)
    return time.perf_counter() - began


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        uvloop.run(main(Path(made)))
