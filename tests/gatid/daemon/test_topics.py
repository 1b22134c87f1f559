"""Topics over real workers: what one publishes, all hear, also after one was killed."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gatid.daemon.running import Daemons, Running, request, until

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = """
app desk {
  admin "127.0.0.1:0"
  auth  none
}

type Told { batch: string, n: int, text: string }

topic desk.told: Told { overflow wait }
topic desk.tight: int {
  capacity 1
  overflow refuse
}

on desk.told do desk:count

module loud = desk:Loud { allow topic desk.told }

route publish POST /publish {
  emits   desk.told
  body    { batch: string, texts: string[] }
  returns { pid: int }
  handler desk:publish
}

route by_module POST /by-module {
  body    Told
  returns { pid: int }
  handler desk:by_module
}

route wrong GET /wrong {
  emits   desk.told
  returns { pid: int }
  handler desk:wrong
}

route denied GET /denied {
  returns { pid: int }
  handler desk:denied
}

route listen GET /listen/{batch}/{count: int} {
  returns bytes
  handler desk:listen
}
"""

CODE = """
import asyncio
import json
import os

VERSION = 1


async def publish(req, res, gctx, lctx):
    for n, text in enumerate(req.body["texts"]):
        await gctx.publish("desk.told", {"batch": req.body["batch"], "n": n, "text": text})
    return {"pid": os.getpid()}


async def by_module(req, res, gctx, lctx):
    await gctx.modules.loud.say(req.body)
    return {"pid": os.getpid()}


async def wrong(req, res, gctx, lctx):
    await gctx.publish("desk.told", {"batch": 5})


async def denied(req, res, gctx, lctx):
    topic = "".join(["desk.", "tight"])
    await gctx.publish(topic, 1)


async def count(event, gctx):
    gctx.metrics.counter("heard", labels={"batch": event["batch"], "version": VERSION})


async def listen(req, res, gctx, lctx):
    batch, left = req.params["batch"], req.params["count"]
    queue = asyncio.Queue()
    subscription = gctx.subscribe("desk.told", queue.put)

    async def lines():
        try:
            yield json.dumps({"pid": os.getpid(), "ready": True}) + "\\n"
            for _ in range(left):
                while (event := await queue.get())["batch"] != batch:
                    pass
                yield json.dumps(event) + "\\n"
        finally:
            subscription.cancel()

    return res.stream(lines(), "application/jsonl")


class Loud:
    def __init__(self, mctx):
        self.mctx = mctx

    async def say(self, event):
        await self.mctx.publish("desk.told", event)
"""

WORKERS = 3


@pytest.fixture(scope="module")
def desk() -> Iterator[Running]:
    folder = Path(tempfile.mkdtemp(prefix="gatid-"))
    (folder / "app.gati").write_text(APP)
    (folder / "desk.py").write_text(CODE)
    daemons = Daemons(folder)
    yield daemons.start(folder / "app.gati", workers=WORKERS)
    daemons.end()
    shutil.rmtree(folder, ignore_errors=True)


class Asked:
    """A request, and what came of it; a context manager that ends its connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def __init__(self, port: int, method: str, path: str, body: Any = None) -> None:
        self._port = port
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.0\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n"
        self._request = head.encode() + data

    async def __aenter__(self) -> Asked:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        self.writer.write(self._request)
        status = await self.reader.readline()
        assert b" 200 " in status, status + await self.reader.read()
        await self.reader.readuntil(b"\r\n\r\n")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        await self.writer.wait_closed()


async def post(port: int, path: str, body: Any) -> None:
    async with Asked(port, "POST", path, body) as asked:
        await asked.reader.read()


class Listener(Asked):
    """A request under way that hears a topic."""

    def __init__(self, port: int, batch: str, count: int) -> None:
        super().__init__(port, "GET", f"/listen/{batch}/{count}")

    async def __aenter__(self) -> Listener:
        await super().__aenter__()
        assert json.loads(await self.reader.readline())["ready"]
        return self

    async def rest(self) -> list[tuple[int, str]]:
        events = [json.loads(line) for line in (await self.reader.read()).splitlines()]
        return [(event["n"], event["text"]) for event in events]


def heard(running: Running, batch: str) -> dict[str, int]:
    """How many events of a batch the declared subscribers heard, by version of the code."""
    admin = running.status()["admin"]
    text = request(("127.0.0.1", int(admin.rpartition(":")[2])), "/metrics")[1].decode()
    found = re.findall(rf'heard_total{{batch="{batch}",version="(\d+)"}} (\d+)', text)
    return {version: int(float(count)) for version, count in found}


BATCHES = iter(range(10**9))


async def hears_all(running: Running, listeners: int, texts: list[list[str]]) -> None:
    """Everybody hears everything that as many publishers publish at once."""
    batch = f"b{next(BATCHES)}"
    port = running.port
    total = sum(len(each) for each in texts)
    expected = sorted((n, text) for each in texts for n, text in enumerate(each))
    async with AsyncExitStack() as open_:
        made = [
            await open_.enter_async_context(Listener(port, batch, total)) for _ in range(listeners)
        ]
        await asyncio.gather(
            *(post(port, "/publish", {"batch": batch, "texts": each}) for each in texts)
        )
        for each in made:
            got = await asyncio.wait_for(each.rest(), 30)
            assert sorted(got) == expected
            if len(texts) == 1:
                assert got == list(enumerate(texts[0]))
    until(lambda: sum(heard(running, batch).values()) == WORKERS * total)


@pytest.mark.prop(31)
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 6), st.lists(st.lists(st.text(max_size=200), max_size=6), max_size=3))
def test_every_subscriber_hears_every_event(
    desk: Running, listeners: int, texts: list[list[str]]
) -> None:
    asyncio.run(hears_all(desk, listeners, texts))


def test_a_worker_that_was_killed_hears_again(desk: Running) -> None:
    killed = desk.pids()[0]
    os.kill(killed, signal.SIGKILL)
    # While it is down, those that are left go on.
    asyncio.run(post(desk.port, "/publish", {"batch": "lost", "texts": ["x"]}))
    until(lambda: len(desk.pids()) == WORKERS and killed not in desk.pids())
    until(lambda: all(worker["generation"] for worker in desk.status()["workers"]))
    asyncio.run(hears_all(desk, 6, [["a", "b"], ["c"]]))


def test_modules_publish_and_faults_are_the_publishers(desk: Running) -> None:
    async def main() -> None:
        async with Listener(desk.port, "module", 1) as listener:
            await post(desk.port, "/by-module", {"batch": "module", "n": 7, "text": "loud"})
            assert await listener.rest() == [(7, "loud")]

    asyncio.run(main())
    for path in ("/wrong", "/denied"):
        assert request(("127.0.0.1", desk.port), path)[0] == 500
    log = json.dumps(desk.log())
    assert "is not of its type, which wants /batch: string" in log
    assert "write `emits desk.tight` in route `denied`" in log


def test_a_reload_hands_subscribers_over(desk: Running) -> None:
    code = desk.state.parent / "desk.py"

    async def main() -> None:
        async with Listener(desk.port, "reload", 2) as before:
            await post(desk.port, "/publish", {"batch": "reload", "texts": ["old"]})
            await asyncio.to_thread(until, lambda: heard(desk, "reload") == {"1": WORKERS})
            code.write_text(CODE.replace("VERSION = 1", "VERSION = 2"))
            assert (await asyncio.to_thread(desk.daemon.reload, True)).ok
            async with Listener(desk.port, "reload", 1) as after:
                await post(desk.port, "/publish", {"batch": "reload", "texts": ["new"]})
                assert [text for _, text in await after.rest()] == ["new"]
            # A request of the old generation still hears.
            assert [text for _, text in await before.rest()] == ["old", "new"]

    asyncio.run(main())
    # Each event came to one declared subscriber of each worker.
    until(lambda: heard(desk, "reload") == {"1": WORKERS, "2": WORKERS})
