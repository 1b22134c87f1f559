"""The daemon's end of the control socket."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gatid.daemon.reactor import Reactor

_CREDENTIALS = struct.Struct("iII")
_LONGEST = 64 << 10


class Asker:
    """One who asked, waiting for an answer. Gone ones may be answered all the same."""

    def __init__(self, reactor: Reactor, sock: socket.socket, heard: Callable[..., None]) -> None:
        self._reactor = reactor
        self._sock = sock
        self._heard = heard
        self._read = bytearray()
        self._unsent = b""
        self._last = False
        sock.setblocking(False)
        self._fd = sock.fileno()
        reactor.watch(self._fd, self._on_data)

    def answer(self, values: dict[str, Any], *, last: bool = True) -> None:
        """Send an answer; the connection is closed after the last one."""
        if self._sock.fileno() < 0:
            return
        self._unsent += json.dumps(values).encode() + b"\n"
        self._last = last
        self._send()

    def close(self) -> None:
        """Hang up."""
        self._reactor.unwatch(self._fd)
        self._sock.close()

    def _on_data(self) -> None:
        try:
            data = self._sock.recv(_LONGEST)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._read += data
        if not data or len(self._read) > _LONGEST:
            self.close()
            return
        line, newline, _ = self._read.partition(b"\n")
        if newline:
            self._read.clear()
            try:
                request = json.loads(line)
            except ValueError:
                request = None
            if isinstance(request, dict):
                self._heard(self, request)
            else:
                self.answer({"error": "a request is one line with a JSON object"})

    def _send(self) -> None:
        try:
            sent = self._sock.send(self._unsent, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        self._unsent = self._unsent[sent:]
        if self._unsent:
            self._reactor.watch(self._fd, self._send, write=True)
        elif self._last:
            self.close()
        else:
            self._reactor.watch(self._fd, self._on_data)


class ControlServer:
    """Listens on the control socket; `heard` gets each request with who asked."""

    def __init__(
        self, reactor: Reactor, path: Path, heard: Callable[[Asker, dict[str, Any]], None]
    ) -> None:
        self._reactor = reactor
        self._path = path
        self._heard = heard
        path.unlink(missing_ok=True)
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            self._sock.bind(os.fsencode(path))
        finally:
            os.umask(mask)
        self._sock.listen(16)
        self._sock.setblocking(False)
        reactor.watch(self._sock.fileno(), self._accept)

    def close(self) -> None:
        """Listen no more."""
        self._reactor.unwatch(self._sock.fileno())
        self._sock.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            sock, _ = self._sock.accept()
            data = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            _, uid, _ = _CREDENTIALS.unpack(data)
            asker = Asker(self._reactor, sock, self._heard)
            if uid not in (0, os.geteuid()):
                asker.answer({"error": "only the daemon's own user may command it"})
