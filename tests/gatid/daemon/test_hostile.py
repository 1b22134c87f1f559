"""What handlers and modules of strangers do to a daemon, and what is left when it is killed."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gatid.daemon.running import HANDLERS, alive, children, until, write

if TYPE_CHECKING:
    from tests.gatid.daemon.running import Daemons

GATID = Path(sys.executable).with_name("gatid")
STUCK = """
route stuck GET /stuck {
  auth    none
  returns 204
  handler desk.handlers:stuck
}
"""
STUCK_HANDLER = """
async def stuck(req, res, gctx, lctx):
    open(os.environ["GATE"], "w").close()
    while True:
        pass
"""
STUCK_FILE = "open(os.environ['GATE'], 'w').close()\nwhile True:\n    pass\n"


@pytest.mark.parametrize("stuck", ["a worker", "the scout"])
def test_kill_9_of_the_supervisor_ends_what_hangs(
    daemons: Daemons, folder: Path, stuck: str
) -> None:
    """Not even a worker whose loop never turns again, or a file that never ends, is left."""
    entry = write(folder, 1, more=STUCK, handlers=HANDLERS + STUCK_HANDLER)
    running = daemons.start(entry, workers=1, drain=0.2)
    with socket.create_connection(("127.0.0.1", running.port)) as sock:
        if stuck == "a worker":
            sock.sendall(b"GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n")
        else:
            write(folder, 2, more=STUCK, handlers=HANDLERS + STUCK_HANDLER + STUCK_FILE)
            running.process.send_signal(signal.SIGHUP)
        until(lambda: (folder / "gate").exists())
        pids = children(running.process.pid)
        running.process.kill()
        running.process.wait()
        until(lambda: not any(alive(pid) for pid in pids))


def test_a_worker_that_speaks_nonsense_is_replaced(daemons: Daemons, folder: Path) -> None:
    """A handler that writes to descriptors that are not its own ends its worker alone."""
    junk = """
async def stuck(req, res, gctx, lctx):
    for fd in range(3, 64):
        try:
            if os.readlink(f"/proc/self/fd/{fd}").startswith("socket:"):
                os.write(fd, b"nonsense")
        except OSError:
            pass
"""
    running = daemons.start(write(folder, 1, more=STUCK, handlers=HANDLERS + junk), workers=1)
    [pid] = running.pids()
    with socket.create_connection(("127.0.0.1", running.port)) as sock:
        sock.sendall(b"GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: running.pids() not in ([], [pid]))
    assert until(lambda: running.status()["workers"][0]["generation"]) == 1
    assert running.get()["value"] == 1


def test_whoever_waits_is_told_when_the_daemon_is_killed(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder, 1), workers=1)
    write(folder, 2, handlers=f"{HANDLERS}\n{STUCK_FILE}")
    command = [GATID, "ctl", "reload", "--wait", "--state", running.state]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as asking:
        until(lambda: (folder / "gate").exists())
        running.process.kill()
        _, said = asking.communicate()
    assert asking.returncode == 2
    assert said == "Error: the daemon ended before it answered\n"


@pytest.mark.parametrize(
    "bad",
    [
        "async def start(self): raise asyncio.CancelledError",
        "async def start(self): raise SystemExit(1)",
        "async def start(self): raise KeyboardInterrupt",
    ],
)
def test_a_module_that_does_not_start_is_a_refusal(
    daemons: Daemons, folder: Path, bad: str
) -> None:
    """However it fails, the workers live, those of its modules that had started are stopped."""
    running = daemons.start(write(folder, 1), workers=1)
    pids = running.pids()
    modules = f"""
import asyncio
class First:
    def __init__(self, mctx): pass
    async def stop(self): raise SystemExit(2)
class Bad:
    def __init__(self, mctx): pass
    {bad}
"""
    declared = "module first = desk.handlers:First {}\nmodule worst = desk.handlers:Bad {}\n"
    write(folder, 2, more=declared, handlers=HANDLERS + modules)
    result = running.daemon.reload(True)
    assert not result.ok
    assert "module `worst`: it did not start" in result.message
    assert "services/modules.py" not in result.message
    assert running.pids() == pids
    write(folder, 3)
    assert running.daemon.reload(True).ok
    assert running.get()["value"] == 3
