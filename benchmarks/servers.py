"""Servers under measurement: each a process group of its own, on one core."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

WORK = Path(__file__).with_name("work")
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """A started server; everything it forks stays in its process group."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def cpu(self) -> float:
        """Seconds of CPU that the process group has used, threads included."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
            if int(fields[2]) == self.process.pid:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICK

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def by_hand(core: int, folder: Path) -> Server:
    """The hand-written RSGI app on granian's own server."""
    options = "--interface rsgi --workers 1 --loop uvloop --http 1 --no-ws --backpressure 512"
    command = [sys.executable, "-m", "granian", *options.split(), "--host", "127.0.0.1"]
    return _start(
        "by hand",
        9081,
        [*command, "--port", "9081", "--log-level", "error", "by_hand:app"],
        core,
        folder,
    )


def gatid(core: int, folder: Path, entry: Path = WORK / "orders.gati") -> Server:
    """The same work in `.gati`, on one worker."""
    command = [sys.executable, "-m", "gatid.cli", "serve", str(entry)]
    return _start(
        "gatid", 9080, [*command, "--workers", "1", "--state", str(folder / "state")], core, folder
    )


def cadwyn(core: int, folder: Path, python: str, on: str, app: str, port: int) -> Server:
    """The same work in FastAPI (`plain`) or Cadwyn (`app`): on `uvicorn`, as their documents say,
    with what its `standard` extra brings, or on `granian`, which is gatid's server.
    """
    here = ["--workers", "1", "--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    own = {
        "uvicorn": "--no-access-log --loop uvloop --http httptools --ws none",
        "granian": "--interface asgi --loop uvloop --http 1 --no-ws --backpressure 512",
    }
    command = [python, "-m", on, *here, *own[on].split(), f"with_cadwyn:{app}"]
    return _start(f"{app} on {on}", port, command, core, folder)


def _start(name: str, port: int, command: list[str], core: int, folder: Path) -> Server:
    log = folder / f"{port}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["taskset", "--cpu-list", str(core), *command],
            cwd=WORK,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    server = Server(name, port, process)
    for _ in range(200):
        if process.poll() is not None:
            raise SystemExit(f"{name} ended instead of serving:\n{log.read_text()}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
        except urllib.error.HTTPError:
            return server
        except OSError:
            time.sleep(0.05)
    server.stop()
    raise SystemExit(f"{name} did not answer on port {port} within ten seconds:\n{log.read_text()}")
