"""A served copy of the examples, in a folder and on ports of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("gatid")


@dataclass(frozen=True, slots=True)
class Running:
    """A folder with a copy of `examples/` and of the program, and a daemon that serves of it."""

    folder: Path
    port: int
    admin: int
    environment: dict[str, str]


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def environment(folder: Path) -> dict[str, str]:
    """Everything that a daemon would look up at home is in `folder`."""
    kept = {name: value for name, value in os.environ.items() if name != "STATE_DIRECTORY"}
    run = folder / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    return kept | {"XDG_STATE_HOME": str(folder / "state"), "XDG_RUNTIME_DIR": str(run)}


@contextlib.contextmanager
def serving(folder: Path, entry: str) -> Iterator[Running]:
    """Serves `examples/ENTRY`, copied to `folder`, until the block ends."""
    port, admin = free_ports(2)
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=without)
    program = folder / ".venv/bin/gatid"
    program.parent.mkdir(parents=True)
    program.symlink_to(PROGRAM)
    file = folder / "examples" / entry
    file.write_text(file.read_text().replace("127.0.0.1:8081", f"127.0.0.1:{admin}"))
    with started(file, folder, port, admin) as running:
        yield running


@contextlib.contextmanager
def started(file: Path, folder: Path, port: int, admin: int = 0) -> Iterator[Running]:
    """A daemon that serves a file, until the block ends; it must then stop well."""
    running = Running(folder, port, admin, environment(folder))
    process = subprocess.Popen(
        [PROGRAM, "serve", file, "--listen", f"127.0.0.1:{port}"],
        cwd=folder,
        env=running.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    log = _Log(process)
    try:
        log.wait_for('"message":"serving"')
        yield running
    finally:
        process.terminate()
        status = process.wait(60)
        log.close()
    assert status == 0, log.text


class _Log:
    """What a process prints, read as it comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._stream = process.stdout
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        return "".join(self._lines)

    def wait_for(self, words: str) -> None:
        """Returns once a line holds the words; fails if the process ends without."""
        with self._news:
            self._news.wait_for(lambda: self._ended or words in self.text)
        assert words in self.text, self.text

    def close(self) -> None:
        self._thread.join()
        self._stream.close()

    def _read(self) -> None:
        for line in self._stream:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()
