"""Real daemons for tests: started on a project in a folder, asked, loaded, and ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatid.daemon import control
from gatid.daemon.verdict import Timing

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 30.0
"""How long to wait for what must come; no test passes or fails by how long it took."""

START = """
import json, sys
from pathlib import Path
from gatid.daemon.supervisor import serve
from gatid.daemon.verdict import Timing
entry, workers, listen, state, timing = json.loads(sys.argv[1])
sys.exit(serve(Path(entry), workers=workers, listen=listen, state=Path(state),
               timing=Timing(**timing)))
"""

CONFIG = """
app desk {{
{app}
}}

route answer GET /answer {{
  auth    none
  returns 200 {{ value: int, pid: int }}
  handler desk.handlers:answer
}}

route slow GET /slow {{
  auth    none
  returns 200 {{ value: int, pid: int }}
  handler desk.handlers:slow
}}
{more}
"""

HANDLERS = """
import asyncio
import os
from desk.models import VALUE

async def answer(req, res, gctx, lctx):
    return {"value": VALUE, "pid": os.getpid()}

async def slow(req, res, gctx, lctx):
    gate = os.environ["GATE"]
    while not os.path.exists(gate):
        await asyncio.sleep(0.02)
    return {"value": VALUE, "pid": os.getpid()}
"""


def write(
    folder: Path, value: int = 1, *, app: str = "", more: str = "", handlers: str = HANDLERS
) -> Path:
    """A small project whose answer is `value`; its entry file."""
    (folder / "desk").mkdir(exist_ok=True)
    (folder / "desk" / "models.py").write_text(f"VALUE = {value}\n")
    (folder / "desk" / "handlers.py").write_text(handlers)
    entry = folder / "app.gati"
    entry.write_text(CONFIG.format(app=app, more=more))
    return entry


def until(holds: Callable[[], Any]) -> Any:
    """Wait for something that nobody announces, and return it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = holds()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come to be")


class Notified:
    """The service manager's end of a notify socket."""

    def __init__(self, path: Path | str) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(path).replace("@", "\0", 1) if str(path)[0] == "@" else str(path))
        self.sock.settimeout(PATIENCE)
        self.heard: list[dict[str, str]] = []

    def next(self) -> dict[str, str]:
        text = self.sock.recv(65536).decode()
        message = dict(line.split("=", 1) for line in text.split("\n"))
        self.heard.append(message)
        return message

    def until(self, key: str) -> dict[str, str]:
        while True:
            message = self.next()
            if key in message:
                return message


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def children(pid: int) -> list[int]:
    return [int(x) for x in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@dataclass
class Running:
    """A daemon process."""

    process: subprocess.Popen[bytes]
    notified: Notified
    state: Path
    log_path: Path

    @property
    def daemon(self) -> control.Daemon:
        return control.find(self.state)

    @property
    def port(self) -> int:
        return int(self.status()["listen"][0].rpartition(":")[2])

    def status(self) -> dict[str, Any]:
        return self.daemon.status()

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log_path.read_text().splitlines()]

    def pids(self) -> list[int]:
        return [worker["pid"] for worker in self.status()["workers"]]

    def get(self, path: str = "/answer") -> dict[str, Any]:
        return get(self.port, path)


def get(port: int, path: str = "/answer") -> dict[str, Any]:
    """One request on a connection of its own."""
    status, body = request(("127.0.0.1", port), path)
    assert status == 200, body
    answer: dict[str, Any] = json.loads(body)
    return answer


def request(address: tuple[str, int] | str, path: str) -> tuple[int, bytes]:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(PATIENCE)
        sock.connect(address)
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        with sock.makefile("rb") as file:
            head, _, body = file.read().partition(b"\r\n\r\n")
    return int(head.split()[1]), body


class Daemons:
    """Starts daemons in a folder, and ends every one of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Running] = []

    def start(
        self,
        entry: Path,
        *,
        workers: int | None = 2,
        listen: tuple[str, ...] = ("127.0.0.1:0",),
        state: str = "state",
        env: dict[str, str] | None = None,
        ready: bool = True,
        handed: tuple[socket.socket, ...] = (),
        names: str = "",
        notify: str = "",
        **timing: float,
    ) -> Running:
        index = len(self.started)
        path = self.folder / f"n{index}"
        notified = Notified(notify or path)
        log_path = self.folder / f"log{index}"
        timing_all = asdict(Timing(drain=5, respawn_first=0.02)) | timing
        arguments = [str(entry), workers, listen, str(self.folder / state), timing_all]
        command = [sys.executable, "-c", START, json.dumps(arguments)]
        environ = {
            **os.environ,
            "NOTIFY_SOCKET": notify or str(path),
            "GATE": str(self.folder / "gate"),
            "XDG_RUNTIME_DIR": str(self.folder),
            **(env or {}),
        }
        if handed:
            # As a service manager does it: descriptors from 3 on, and the process's own id.
            fds = [sock.fileno() for sock in handed]
            shim = (
                "import os, sys\n"
                f"copies = [os.dup2(fd, 100 + i) for i, fd in enumerate({fds})]\n"
                "for i, fd in enumerate(copies): os.dup2(fd, 3 + i)\n"
                f"os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='{len(fds)}',"
                f" LISTEN_FDNAMES={names!r})\n"
                "os.execv(sys.argv[1], sys.argv[1:])"
            )
            command = [sys.executable, "-c", shim, *command]
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environ,
                pass_fds=tuple(sock.fileno() for sock in handed),
            )
        running = Running(process, notified, self.folder / state, log_path)
        self.started.append(running)
        if ready:
            notified.sock.settimeout(0.2)
            until(lambda: process.poll() is not None or _ready(notified))
            assert process.poll() is None, log_path.read_text()
            notified.sock.settimeout(PATIENCE)
        return running

    def end(self) -> None:
        (self.folder / "gate").touch()
        for running in self.started:
            if running.process.poll() is None:
                running.process.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running.process.wait(PATIENCE)
                running.process.kill()
                running.process.wait()
            running.notified.sock.close()


def _ready(notified: Notified) -> bool:
    try:
        return "READY" in notified.next()
    except TimeoutError:
        return False


@dataclass
class Load:
    """Keep-alive connections that ask without a pause, and what they saw."""

    port: int
    connections: int = 16
    answers: int = 0
    faults: list[str] = field(default_factory=list)
    newest: int = 0
    stale: int = 0
    seen: set[int] = field(default_factory=set)
    pids: set[int] = field(default_factory=set)
    _stop: bool = False
    _wanted: int = 0

    async def __aenter__(self) -> Load:
        self._enough = asyncio.Event()
        self._tasks = [asyncio.create_task(self._ask()) for _ in range(self.connections)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop = True
        await asyncio.gather(*self._tasks)

    async def more(self, count: int) -> None:
        """Wait for so many more answers."""
        self._wanted = self.answers + count
        self._enough.clear()
        await self._enough.wait()

    async def _ask(self) -> None:
        while not self._stop:
            try:
                await self._connection()
            except (OSError, EOFError, ValueError, asyncio.IncompleteReadError) as error:
                self.faults.append(f"{type(error).__name__}: {error}")
                if len(self.faults) > 10_000:
                    self._enough.set()
                    return

    async def _connection(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            while not self._stop:
                at_least = self.newest
                writer.write(b"GET /answer HTTP/1.1\r\nHost: x\r\n\r\n")
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0])
                body = await reader.readexactly(length)
                if not head.startswith(b"HTTP/1.1 200"):
                    raise ValueError(head.decode() + body.decode())
                answer = json.loads(body)
                self.answers += 1
                if self.answers >= self._wanted:
                    self._enough.set()
                self.seen.add(answer["value"])
                self.pids.add(answer["pid"])
                self.stale += answer["value"] < at_least
                self.newest = max(self.newest, answer["value"])
        finally:
            writer.close()
