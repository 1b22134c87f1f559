"""A worker of granian with a small plan in it, for tests that speak raw HTTP to it.

Prints its port when it listens. Ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvloop
from granian.constants import HTTPModes
from granian.http import HTTP1Settings
from granian.net import SocketHolder
from granian.server.embed import Server

from gatid.ingress.gateway import Gateway
from gatid.observe.logs import Log
from gatid.services.host import Host
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from tests.gatid.endpoint.build import APP, contract, generation, obj, plan, route, shape

LIMIT = 1000
LARGE = 1 << 20
EVENTS: list[str] = []

ANYTHING = (p.Answer(200, m.Any()),)


class Inherited(Server):
    """Granian on a socket that is open already."""

    def __init__(self, target: Any, sock: socket.socket, **more: Any) -> None:
        super().__init__(target, **more)
        self._sock = sock

    def _init_shared_socket(self) -> None:
        self._shd = SocketHolder(self._sock.fileno(), False, 128)
        self._sfd = self._shd.get_fd()
        self._ssp = None


async def echo(req: Any, res: Any, gctx: Any, lctx: Any) -> object:
    return req.body


async def json_(req: Any, res: Any, gctx: Any, lctx: Any) -> object:
    return req.body


async def length(req: Any, res: Any, gctx: Any, lctx: Any) -> object:
    return len(req.raw)


async def look(req: Any, res: Any, gctx: Any, lctx: Any) -> object:
    return {
        "path": req.path,
        "client": req.client,
        "headers": dict(req.headers),
        "cookies": dict(req.cookies),
        "query": req.query,
        "params": req.params,
        "trace": req.trace.header,
    }


async def inject(req: Any, res: Any, gctx: Any, lctx: Any) -> object:
    res.header(req.body["name"], req.body["value"])
    return {}


async def hang(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
    lctx.on_cleanup(lambda: EVENTS.append("cleaned"))
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        EVENTS.append("cancelled")
        raise


async def events(req: Any, res: Any, gctx: Any, lctx: Any) -> object:
    return EVENTS


async def stream(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
    async def chunks() -> Any:
        for i in range(3):
            yield f"{i}\n"

    res.stream(chunks(), "text/plain")


async def crash(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
    raise SystemExit(3)


HANDLERS = (echo, json_, length, look, inject, hang, events, stream, crash)


def the_plan() -> p.Plan:
    text = obj(name=m.String(), value=m.String())
    app = replace(APP, limits=p.Limits(max_body=LIMIT, body_timeout=400, min_rate=0))
    routes = [
        _post("echo", shape(body=m.Any(), answers=ANYTHING)),
        _post("json", shape(body=m.Any(), answers=ANYTHING), LARGE),
        _post("length", shape(body=m.Bytes(), body_bytes=True, answers=ANYTHING)),
        _post("inject", shape(body=text, answers=ANYTHING)),
        route("look", contract("look", "GET", ("look", p.Param("id")), LOOK)),
        route("root", contract("look", "GET", (), shape(answers=ANYTHING))),
        route("hang", contract("hang", "GET", ("hang",), shape(answers=ANYTHING))),
        route("late", contract("hang", "GET", ("late",), shape(answers=ANYTHING)), timeout=100),
        route("events", contract("events", "GET", ("events",), shape(answers=ANYTHING))),
        route("stream", contract("stream", "GET", ("stream",), shape(answers=ANYTHING))),
        route("crash", contract("crash", "GET", ("crash",), shape(answers=ANYTHING))),
    ]
    return plan(*routes, app=app)


LOOK = shape(path=obj(id=m.String()), query=obj(rest=m.Any()), answers=ANYTHING)


def _post(name: str, shape: p.Shape, limit: int = LIMIT) -> p.Route:
    return route(name, contract(name, "POST", (name,), shape), max_body=limit)


async def _main() -> None:
    with tempfile.TemporaryDirectory() as base:
        host = Host.create(base=Path(base), log=Log.stderr())
        serving = generation(host, the_plan(), {f.__name__.rstrip("_"): f for f in HANDLERS})
        await serving.start()
        epoch = memoryview(bytearray(8)).cast("Q")
        epoch[0] = serving.number
        gateway = Gateway(epoch, serving, lambda: serving, on_idle=lambda _: None, host=host)
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        sock.listen(128)
        sock.setblocking(False)
        server = Inherited(
            gateway,
            sock,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=False,
            backpressure=256,
            http1_settings=HTTP1Settings(max_buffer_size=16 << 10),
        )
        running = asyncio.create_task(server.serve())
        sys.stdout.write(json.dumps({"port": sock.getsockname()[1]}) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        server.stop()
        await running
        sock.close()
        host.close()


if __name__ == "__main__":
    uvloop.run(_main())
