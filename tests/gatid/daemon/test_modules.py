"""Modules of a whole daemon: started again when asked and when ill, without a request lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.gatid.daemon.running import Daemons, Running, get, request, until, write

if TYPE_CHECKING:
    from pathlib import Path

MORE = """
module clock = desk.clock:Clock {{
  config {{ folder: "{folder}" }}
  health 50ms {{ failures 2 }}
}}

module desk = desk.clock:Desk {{ allow module clock }}

route tick GET /tick {{
  auth    none
  returns 200 {{ pid: int, number: int }}
  handler desk.handlers:tick
}}

route wait GET /wait {{
  auth    none
  returns 200 {{ pid: int, number: int }}
  handler desk.handlers:wait
}}
"""

HANDLERS = """
import os
from desk.models import VALUE

async def answer(req, res, gctx, lctx):
    return {"value": VALUE, "pid": os.getpid()}

async def slow(req, res, gctx, lctx):
    return {"value": VALUE, "pid": os.getpid()}

async def tick(req, res, gctx, lctx):
    return {"pid": os.getpid(), "number": await gctx.modules.desk.number()}

async def wait(req, res, gctx, lctx):
    return {"pid": os.getpid(), "number": await gctx.modules.clock.wait()}
"""

CLOCK = '''
"""Numbers its instances by files, so that whoever looks can tell them apart."""
import asyncio
import os
from pathlib import Path


class Clock:
    def __init__(self, mctx):
        self.folder = Path(mctx.config["folder"])
        self.pid = os.getpid()
        self.waiting = 0

    async def start(self):
        if (self.folder / "broken").exists():
            raise OSError("the clock is broken")
        self.own = 1 + len(list(self.folder.glob(f"started.{self.pid}.*")))
        self.path = self.folder / f"started.{self.pid}.{self.own}"
        self.path.touch()

    async def stop(self):
        (self.folder / f"stopped.{self.pid}.{self.own}").touch()

    async def health(self):
        return not (self.folder / f"ill.{self.pid}.{self.own}").exists()

    async def number(self) -> int:
        return self.own

    async def wait(self) -> int:
        (self.folder / f"waiting.{self.pid}.{self.own}").touch()
        while not (self.folder / "go").exists():
            await asyncio.sleep(0.01)
        return self.own


class Desk:
    def __init__(self, mctx):
        self.clock = mctx.modules.clock

    async def number(self) -> int:
        return await self.clock.number()
'''


def begin(daemons: Daemons, folder: Path, workers: int) -> Running:
    (folder / "desk").mkdir()
    (folder / "desk" / "clock.py").write_text(CLOCK)
    entry = write(folder, more=MORE.format(folder=folder), handlers=HANDLERS)
    return daemons.start(entry, workers=workers)


def numbers(running: Running) -> dict[int, int]:
    """The number of the instance that answers, by worker."""
    found: dict[int, int] = {}
    pids = set(running.pids())

    def all_answered() -> bool:
        answer = get(running.port, "/tick")
        found[answer["pid"]] = answer["number"]
        return found.keys() == pids

    until(all_answered)
    return found


def test_a_module_is_started_again_in_every_worker(daemons: Daemons, folder: Path) -> None:
    running = begin(daemons, folder, 2)
    assert set(numbers(running).values()) == {1}

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(get, running.port, "/wait")
        (waiter,) = until(lambda: list(folder.glob("waiting.*.1")))
        result = running.daemon.restart("clock")
        assert result.ok, result.message
        assert result.message == "module `clock` was started again in all workers"
        # What another module calls is the new one too, and whoever waits has the old one.
        assert set(numbers(running).values()) == {2}
        assert not waiter.with_name(waiter.name.replace("waiting", "stopped")).exists()
        (folder / "go").touch()
        answer = waiting.result()
    assert answer["number"] == 1
    until(lambda: (folder / f"stopped.{answer['pid']}.1").exists())
    status = running.status()
    assert (status["generation"], status["phase"]) == (1, "idle")
    for worker in status["workers"]:
        assert worker["modules"] == {
            "clock": {"up": True, "restarts": 1},
            "desk": {"up": True, "restarts": 0},
        }

    (folder / "broken").touch()
    refused = running.daemon.restart("clock")
    assert not refused.ok
    assert refused.message == "module `clock`: it did not start: OSError: the clock is broken"
    assert set(numbers(running).values()) == {2}
    unknown = running.daemon.restart("clocks")
    assert not unknown.ok
    assert "module `clocks`: it is not declared (declared: `clock`, `desk`)" in unknown.message


def test_an_ill_module_is_started_again_and_meanwhile_unavailable(
    daemons: Daemons, folder: Path
) -> None:
    running = begin(daemons, folder, 1)
    (pid,) = running.pids()
    (folder / "broken").touch()
    (folder / f"ill.{pid}.1").touch()
    address = ("127.0.0.1", running.port)
    until(lambda: request(address, "/tick")[0] == 503)
    status, body = request(address, "/tick")
    assert status == 503
    assert b"a part of the service is being started again" in body
    assert get(running.port)["pid"] == pid  # nothing else notices
    (worker,) = running.status()["workers"]
    assert worker["modules"]["clock"]["up"] is False
    (folder / "broken").unlink()
    until(lambda: request(address, "/tick")[0] == 200)
    assert numbers(running) == {pid: 2}
    messages = [event["message"] for event in running.log()]
    assert "a module failed and is started again" in messages
    assert "a module that had failed runs again" in messages
