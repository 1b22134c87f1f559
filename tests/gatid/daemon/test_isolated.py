"""Modules in processes of their own in a whole daemon: where they run, and that none is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gatid.services.isolation.kernel import Kernel
from tests.gatid.daemon.running import (
    PATIENCE,
    START,
    alive,
    children,
    get,
    request,
    until,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gatid.daemon.running import Daemons, Running

pytestmark = pytest.mark.skipif(
    bool(Kernel.here().lacking(network=False)), reason="this kernel cannot confine"
)

MORE = """
secret dsn from env "PLANTED"

module box = desk.box:Box {
  isolate process strict
  allow   secret dsn
}

route inside GET /inside {
  auth    none
  returns { module: int, worker: int, loaded: int }
  handler desk.handlers:inside
}

route leak GET /leak {
  auth    none
  returns any
  handler desk.handlers:leak
}

route crash GET /crash {
  auth    none
  returns 204
  handler desk.handlers:crash
}
"""

HANDLERS = """
import os
from desk.models import VALUE

async def answer(req, res, gctx, lctx):
    return {"value": VALUE, "pid": os.getpid()}

async def slow(req, res, gctx, lctx):
    return {"value": VALUE, "pid": os.getpid()}

async def inside(req, res, gctx, lctx):
    return {"worker": os.getpid(), **await gctx.modules.box.where()}

async def leak(req, res, gctx, lctx):
    return await gctx.modules.box.leak()

async def crash(req, res, gctx, lctx):
    await gctx.modules.box.crash()
"""

BOX = """
import os

LOADED = os.getpid()
NUMBER = {number}

class Box:
    def __init__(self, mctx):
        self.mctx = mctx

    async def start(self):
        self.dsn = (await self.mctx.secrets.get("dsn")).reveal()

    async def where(self):
        return {{"module": os.getpid(), "loaded": LOADED}}

    async def leak(self):
        raise ValueError("it was " + self.dsn)

    async def crash(self):
        os._exit(9)
"""


def project(folder: Path, number: int = 1, value: int = 1) -> Path:
    (folder / "desk").mkdir(exist_ok=True)
    (folder / "desk" / "box.py").write_text(BOX.format(number=number))
    return write(folder, value, more=MORE, handlers=HANDLERS)


def inside(running: Running) -> dict[str, Any]:
    """From any worker that does not start its module again at the moment."""

    def asked() -> dict[str, Any] | None:
        status, body = request(("127.0.0.1", running.port), "/inside")
        return json.loads(body) if status == 200 else None

    found: dict[str, Any] = until(asked)
    return found


def test_each_worker_has_a_process_that_outlives_neither_it_nor_its_code(
    daemons: Daemons, folder: Path
) -> None:
    running = daemons.start(project(folder), workers=2, env={"PLANTED": "planted-value"})
    workers = running.pids()
    modules = {pid: children(pid) for pid in workers}
    assert all(len(found) == 1 for found in modules.values())
    first = inside(running)
    assert modules[first["worker"]] == [first["module"]]
    assert first["loaded"] == first["module"]

    # A reload that does not touch it keeps it; one that does, replaces it.
    project(folder, value=2)
    running.daemon.reload()
    assert {pid: children(pid) for pid in workers} == modules
    project(folder, value=3, number=2)
    running.daemon.reload()
    until(lambda: all(children(pid) and children(pid) != modules[pid] for pid in workers))
    until(lambda: all(len(children(pid)) == 1 for pid in workers))
    assert not any(alive(found[0]) for found in modules.values())

    # One that crashes is an error of its calls, and comes back.
    assert request(("127.0.0.1", running.port), "/crash")[0] == 500
    assert get(running.port)["value"] == 3
    inside(running)

    # What a secret is told in is scrubbed.
    until(lambda: request(("127.0.0.1", running.port), "/leak")[0] == 500)
    until(lambda: any("it was ***" in str(event) for event in running.log()))
    assert "planted-value" not in running.log_path.read_text()

    # A worker that is killed takes its process along, whatever that does.
    pid = running.pids()[0]
    until(lambda: inside(running)["worker"] == pid)
    (module,) = children(pid)
    os.kill(module, signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(module))
    until(lambda: len(running.pids()) == 2 and all(map(children, running.pids())))
    left = [child for pid in running.pids() for child in children(pid)]
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(PATIENCE)
    assert not any(map(alive, left))


def test_kill_9_of_the_supervisor_leaves_no_process(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(project(folder), workers=1, drain=0.2, env={"PLANTED": "planted-value"})
    (worker,) = running.pids()
    (module,) = children(worker)
    running.process.kill()
    running.process.wait()
    until(lambda: not alive(worker) and not alive(module))


WITHOUT = """
import ctypes, os, struct, sys
# A filter that makes the kernel one without {what}: call {number} fails with {error}.
code = b"".join(struct.pack("=HBBI", *each) for each in (
    (0x20, 0, 0, 0), (0x15, 0, 1, {number}), (0x06, 0, 0, 0x00050000 | {error}),
    (0x06, 0, 0, 0x7FFF0000)))
buffer = ctypes.create_string_buffer(code, len(code))
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, struct.pack("@HP", 4, ctypes.addressof(buffer)), 0, 0) == 0
"""
LANDLOCK = WITHOUT.format(what="Landlock", number=444, error=38)


def test_a_kernel_that_cannot_confine_is_named(folder: Path) -> None:
    """`strict` is refused when the daemon starts; without it, it serves, and says what lacks."""
    entry = project(folder)
    state = str(folder / "state")
    argument = f'["{entry}", 1, ["127.0.0.1:0"], "{state}", {{}}]'
    command = [sys.executable, "-c", LANDLOCK + START, argument]
    env = {**os.environ, "PLANTED": "planted-value"}
    refused = subprocess.run(command, capture_output=True, env=env, timeout=60, check=False)
    assert refused.returncode == 1
    told = refused.stdout + refused.stderr
    assert b"`isolate process strict`" in told
    assert b"the kernel has no Landlock" in told

    entry.write_text(entry.read_text().replace("process strict", "process"))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env
    ) as made:
        assert made.stdout is not None
        found = []
        for line in made.stdout:
            found.append(line)
            if b"wholly confined" in line or b"traceback" in line:
                break
        made.send_signal(signal.SIGTERM)
        assert any(b"the kernel has no Landlock" in line for line in found), found
