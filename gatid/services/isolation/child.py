"""The operating system's side of a module's process: started, watched, ended, collected.

It is started by running the interpreter, not forked, so it has nothing of the worker's memory.
It inherits its end of a socket pair and the pipe that it prints to, and no environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 64 << 10
_LONGEST_LINE = 16 << 10
_LINES = 100
"""What it prints is read in turns of so many lines, with a rest after each that is full."""

_LAST_LINES = 1_000
"""Lines that are told of what it had printed when it ended."""


class Child:
    """A process that runs, until `ended` is done with how it did. Belongs to an event loop."""

    def __init__(self, printed: Callable[[str], None]) -> None:
        """Starts it; raises `OSError`. It ends with the thread that did this."""
        self._loop = asyncio.get_running_loop()
        self._printed = printed
        self._unread = b""
        ours, theirs = socket.socketpair()
        self._output, output = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
                [*_INTERPRETER, str(theirs.fileno()), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(theirs.fileno(),),
                env={},
                cwd=_empty_folder(),
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            os.close(self._output)
            raise
        finally:
            theirs.close()
            os.close(output)
        self.socket = ours
        self.ended: asyncio.Future[str] = self._loop.create_future()
        self.killed = False
        self._pidfd = os.pidfd_open(self._process.pid)
        os.set_blocking(self._output, False)
        self._loop.add_reader(self._pidfd, self._on_end)
        self._loop.add_reader(self._output, self._on_output)
        self._pause: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def threads(self) -> int:
        """How many it has, 0 when it has ended."""
        try:
            line = Path(f"/proc/{self._process.pid}/stat").read_text()
        except OSError:
            return 0
        # The name, in brackets, may hold anything.
        return int(line.rpartition(")")[2].split()[17])

    def kill(self) -> None:
        """Ends it now, and all that it may have started."""
        if self._pidfd >= 0:
            self.killed = True
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _on_end(self) -> None:
        self._loop.remove_reader(self._pidfd)
        status = self._process.wait()
        os.close(self._pidfd)
        self._pidfd = -1
        with contextlib.suppress(BlockingIOError):
            self._unread += os.read(self._output, _CHUNK)
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._output)
        os.close(self._output)
        self._output = -1
        self._tell(_LAST_LINES)
        if self._unread:
            left = self._unread.count(b"\n")
            self._print(b"and %d lines more" % left if left else self._unread)
        self.ended.set_result(_how(status))

    def _on_output(self) -> None:
        """What it prints past Python, or before and after it speaks to us."""
        try:
            data = os.read(self._output, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._loop.remove_reader(self._output)
            return
        self._unread += data
        self._tell(_LINES)
        if len(data) == _CHUNK or b"\n" in self._unread:
            # Who prints without end waits for us, and not the requests.
            self._loop.remove_reader(self._output)
            self._pause = self._loop.call_later(_REST, self._go_on)

    def _go_on(self) -> None:
        self._tell(_LINES)
        if b"\n" in self._unread:
            self._pause = self._loop.call_later(_REST, self._go_on)
        else:
            self._loop.add_reader(self._output, self._on_output)

    def _tell(self, most: int) -> None:
        """Tells of the first lines; the rest stays."""
        *lines, self._unread = self._unread.split(b"\n", most)
        if len(self._unread) > _LONGEST_LINE and b"\n" not in self._unread:
            lines, self._unread = [*lines, self._unread], b""
        for line in lines:
            self._print(line)

    def _print(self, line: bytes) -> None:
        if line.strip():
            self._printed(line.decode(errors="replace"))


_REST = 0.1

_INTERPRETER = (sys.executable, "-I", "-B", "-X", "utf8", "-m", "gatid.isolated")


def _empty_folder() -> Path:
    """A folder of ours in which there is nothing, and nothing can be made; it stays for the next.

    The process cannot even list it, but Python wants to be somewhere.
    """
    user = os.getuid()
    folder = Path(tempfile.gettempdir(), f"gatid-empty-{user}")
    folder.mkdir(mode=0o500, exist_ok=True)
    found = folder.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == user and not found.st_mode & 0o077:
        return folder
    return Path(tempfile.mkdtemp(prefix="gatid-empty-"))  # somebody else was there before us


def _how(status: int) -> str:
    if status >= 0:
        return f"it exited with status {status}"
    if -status == signal.SIGXCPU:
        return "it had used the processor time that `limits { cpu }` gives it"
    return f"it was killed by {signal.Signals(-status).name}"
