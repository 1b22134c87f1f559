"""Thousands of requests wait in one worker, each with state, hooks and cleanup of its own."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gatid.daemon.running import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gatid.daemon.running import Daemons

MANY = 5000
GO = 500
MOST = 20 << 10
"""Bytes that a waiting request may take."""

ROUTES = """
route wait GET /wait/{n: int} {
  auth    none
  timeout 5m
  returns { n: int, id: string, went: int }
  before  desk.handlers:before
  after   desk.handlers:after
  handler desk.handlers:wait
}
route count GET /count {
  auth    none
  returns { pid: int, waiting: int, cleaned: int, compensated: int, cancelled: int }
  handler desk.handlers:count
}
route let_go POST /go {
  auth    none
  returns 204
  handler desk.handlers:let_go
}
"""
HANDLERS = """
import asyncio
import os

GATE = asyncio.Event()
SEEN = {"waiting": 0, "cleaned": 0, "compensated": 0, "cancelled": 0}

def count_up(name):
    SEEN[name] += 1

def before(req, res, gctx, lctx):
    lctx.set("n", req.params["n"])
    lctx.after(added, retries=1)
    lctx.on_cleanup(lambda: count_up("cleaned"))
    lctx.compensate(lambda: count_up("compensated"))

def after(req, res, gctx, lctx):
    res.body["went"] += 1

async def added(req, res, gctx, lctx):
    res.body["went"] += 10

async def wait(req, res, gctx, lctx):
    SEEN["waiting"] += 1
    try:
        await GATE.wait()
    except asyncio.CancelledError:
        SEEN["cancelled"] += 1
        raise
    finally:
        SEEN["waiting"] -= 1
    return {"n": lctx.get("n"), "id": lctx.meta.request_id, "went": 0}

async def count(req, res, gctx, lctx):
    return {"pid": os.getpid(), **SEEN}

async def let_go(req, res, gctx, lctx):
    global GATE
    GATE.set()
    GATE = asyncio.Event()
    res.status(204)

async def answer(req, res, gctx, lctx):
    return {"value": 1, "pid": os.getpid()}

slow = answer
"""


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(port: int, request: str) -> Connection:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
    writer.write(f"{request} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    return reader, writer


async def answer(connection: Connection) -> tuple[int, bytes]:
    reader, writer = connection
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.read()
    writer.close()
    return int(head.split()[1]), body


async def counts(port: int) -> dict[str, int]:
    status, body = await answer(await connect(port, "GET /count"))
    assert status == 200
    counted: dict[str, int] = json.loads(body)
    return counted


async def until(port: int, **wanted: int) -> dict[str, int]:
    """What the handlers count, when it is so."""
    deadline = time.monotonic() + 60
    while True:
        seen = await counts(port)
        if wanted.items() <= seen.items():
            return seen
        assert time.monotonic() < deadline, seen
        await asyncio.sleep(0.05)


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.prop(23)
@pytest.mark.prop(8)
def test_five_thousand_requests_wait_and_none_is_mixed_up(
    daemons: Daemons, folder: Path, record_property: Callable[[str, object], None]
) -> None:
    """And when their clients go away, all of them are cancelled, undone and cleaned up."""
    port = daemons.start(write(folder, more=ROUTES, handlers=HANDLERS), workers=1).port

    async def go() -> tuple[float, list[tuple[int, bytes]]]:
        # What a worker allocates once is none of the requests'.
        warm = [await connect(port, f"GET /wait/{n}") for n in range(100)]
        before = resident((await until(port, waiting=100))["pid"])
        waiting: list[Connection] = []
        for start in range(0, MANY, 250):
            waiting += await asyncio.gather(
                *(connect(port, f"GET /wait/{n}") for n in range(start, start + 250))
            )
        seen = await until(port, waiting=MANY + 100)
        each = (resident(seen["pid"]) - before) / MANY
        assert (await answer(await connect(port, "POST /go")))[0] == 204
        await asyncio.gather(*(answer(one) for one in warm))
        answers = await asyncio.gather(*(answer(one) for one in waiting))
        await until(port, waiting=0, cleaned=MANY + 100, compensated=0)
        going = [await connect(port, f"GET /wait/{n}") for n in range(GO)]
        await until(port, waiting=GO)
        for _, writer in going:
            writer.close()
        undone = {"cancelled": GO, "compensated": GO, "cleaned": MANY + 100 + GO}
        await until(port, waiting=0, **undone)
        return each, answers

    each, answers = asyncio.run(go())
    bodies = [json.loads(body) for status, body in answers if status == 200]
    assert [body["n"] for body in bodies] == list(range(MANY))
    assert all(body["went"] == 11 for body in bodies)
    assert len({body["id"] for body in bodies}) == MANY
    assert each <= MOST, f"{each:.0f} bytes a waiting request"
    record_property("examples", MANY)
