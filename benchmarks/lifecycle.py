"""`make bench-lifecycle`: what the lifecycle of a request costs above the bare endpoint.

One process, no sockets: the same route with nothing around its handler, and with three hooks in
several forms, on the loop that workers use. Rounds alternate, and medians are printed; the
difference is what counts. Exits non-zero when three plain hooks cost more than 10 µs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop

from gatid.endpoint.link import link
from gatid.endpoint.loading import load
from gatid.observe.logs import Log, Output
from gatid.services.host import Host
from gatid_compiler.pipeline import compile_project

MOST = 10.0

ROUTE = """
route {name} POST /{name} {{
  auth none
  body    {{ sku: string(1..20), quantity: int(1..) }}
  returns 201 {{ id: string, total: int }}
  {hooks}
  handler code:{handler}
}}
"""
HOOKS = """
hook {name}_one = code:{prefix}one {{ {more} }}
hook {name}_two = code:{prefix}two {{ {more} }}
hook {name}_three = code:{prefix}three {{ {more} }}
"""
CODE = """
import asyncio

async def place(req, res, gctx, lctx):
    return {"id": req.id, "total": req.body["quantity"] * 7}

async def registers(req, res, gctx, lctx):
    lctx.after(one)
    lctx.on_cleanup(cleanup)
    lctx.compensate(cleanup)
    return {"id": req.id, "total": req.body["quantity"] * 7}

async def registers_three(req, res, gctx, lctx):
    lctx.after(one)
    lctx.after(async_two)
    lctx.catch(async_three)
    return {"id": req.id, "total": req.body["quantity"] * 7}

async def cleans(req, res, gctx, lctx):
    lctx.on_cleanup(async_cleanup)
    return {"id": req.id, "total": req.body["quantity"] * 7}

async def makes(req, res, gctx, lctx):
    await asyncio.create_task(nothing())
    return {"id": req.id, "total": req.body["quantity"] * 7}

async def nothing():
    pass

def cleanup():
    pass

async def async_cleanup():
    pass

def one(req, res, gctx, lctx):
    lctx.set("one", req.id)

def two(req, res, gctx, lctx):
    lctx.set("two", lctx.get("one"))

def three(req, res, gctx, lctx):
    res.header("x-one", lctx.get("two"))

async def async_one(req, res, gctx, lctx):
    lctx.set("one", req.id)

async def async_two(req, res, gctx, lctx):
    lctx.set("two", lctx.get("one"))

async def async_three(req, res, gctx, lctx):
    res.header("x-one", lctx.get("two"))
"""
FORMS = {
    "bare": ("", "", "place"),
    "sync": ("", "", "place"),
    "async": ("async_", "", "place"),
    "bounded": ("async_", "timeout 50ms\n  retries 1", "place"),
    "three": ("", "", "registers_three"),
    "local": ("", "", "registers"),
    "cleans": ("", "", "cleans"),
    "task": ("", "", "makes"),
}
WHAT = {
    "sync": "3 sync hooks, 2 before and 1 after",
    "async": "3 async hooks",
    "bounded": "3 async hooks with timeout and retries",
    "three": "3 local hooks registered by the handler",
    "local": "a local hook, cleanup and compensation registered by the handler",
    "cleans": "an async cleanup registered by the handler",
    "task": "a task that the handler makes and awaits",
    "watched": "3 sync hooks, and a subscriber of all events",
}


class Headers:
    """Header fields of granian, as far as the path of a request reads them."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def get(self, name: str, default: str | None = None) -> str | None:
        return self._fields.get(name, default)

    def get_all(self, name: str) -> list[str]:
        return [self._fields[name]] if name in self._fields else []

    def items(self) -> list[tuple[str, str]]:
        return list(self._fields.items())


BODY = b'{"sku": "TEA-0001", "quantity": 3}'


class Scope:
    method = "POST"
    query_string = ""
    client = "127.0.0.1:4711"
    http_version = "1.1"
    headers = Headers(
        {
            "host": "shop.example",
            "content-type": "application/json",
            "content-length": str(len(BODY)),
        }
    )

    def __init__(self, path: str) -> None:
        self.path = path


class Proto:
    status = 0

    async def __call__(self) -> bytes:
        return BODY

    def response_bytes(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status


async def measure(folder: Path, rounds: int, requests: int) -> dict[str, float]:
    """Microseconds of CPU a request, by form."""
    names = list(FORMS)
    text = "app bench { }\n"
    for name, (prefix, more, handler) in FORMS.items():
        hooks = ""
        if name in ("sync", "async", "bounded"):
            text += HOOKS.format(name=name, prefix=prefix, more=more)
            hooks = f"before {name}_one, {name}_two\n  after {name}_three"
        text += ROUTE.format(name=name, hooks=hooks, handler=handler)
    (folder / "app.gati").write_text(text)
    (folder / "code.py").write_text(CODE)
    result = compile_project(folder / "app.gati")
    if result.plan is None:
        raise SystemExit("\n".join(d.message for d in result.diagnostics))
    log = Log(Output.to(os.open(os.devnull, os.O_WRONLY)))
    host = Host.create(base=folder, log=log)
    serving = link(result.plan, 1, host, load(result.plan.code, 1, "", folder))
    await serving.start()
    loop = asyncio.get_running_loop()

    async def round_of(name: str) -> float:
        scope, proto = Scope(f"/{name}"), Proto()
        before = time.process_time()
        for _ in range(requests):
            # A task for each, as granian makes it.
            await loop.create_task(serving.dispatch(scope, proto))  # type: ignore[arg-type]
        took = time.process_time() - before
        if proto.status != 201:
            raise SystemExit(f"{name} answered {proto.status}")
        return 1e6 * took / requests

    took: dict[str, list[float]] = {name: [] for name in (*names, "watched")}
    for number in range(rounds + 1):
        for name in names if number % 2 else reversed(names):
            took[name].append(await round_of(name))
        end = host.events.subscribe(lambda event, context: None, {"sync"})
        took["watched"].append(await round_of("sync"))
        end()
    await serving.stop()
    host.close()
    # The first round warms up.
    return {name: statistics.median(each[1:]) for name, each in took.items()}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--requests", type=int, default=4000, help="in a round")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cost = uvloop.run(measure(Path(folder), options.rounds, options.requests))
    bare = cost["bare"]
    print(f"{options.rounds} rounds of {options.requests} requests, medians; no sockets")
    print(f"{'':70}{'µs':>8}{'above':>8}{'ratio':>7}")
    print(f"{'an async handler and nothing around it':70}{bare:8.1f}{'':>8}{'':>7}")
    for name, what in WHAT.items():
        print(f"{what:70}{cost[name]:8.1f}{cost[name] - bare:8.1f}{cost[name] / bare:7.2f}")
    worst = max(cost[name] - bare for name in ("sync", "async"))
    if worst > MOST:
        raise SystemExit(f"three hooks cost {worst:.1f} µs a request, more than {MOST:g}")


if __name__ == "__main__":
    main()
