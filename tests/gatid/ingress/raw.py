"""Raw HTTP/1.1: what is sent is exactly what the test says."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST = b"Host: shop.example\r\n"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    closed: bool

    def header(self, name: str) -> str | None:
        return next((v for n, v in self.headers if n == name), None)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def send(self, data: bytes, *, end: bool = False) -> Answer:
        """The answer to one request; `end` says that the client will send no more."""
        with self.connect() as sock:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(data)
            if end:
                sock.shutdown(socket.SHUT_WR)
            return read(sock, head=data.startswith(b"HEAD "))

    def get(self, path: str, *lines: bytes, method: str = "GET") -> Answer:
        head = b"".join(line + b"\r\n" for line in lines)
        return self.send(f"{method} {path} HTTP/1.1\r\n".encode() + HOST + head + b"\r\n")

    def post(self, path: str, body: bytes, *lines: bytes) -> Answer:
        head = b"".join(line + b"\r\n" for line in lines)
        length = f"Content-Length: {len(body)}\r\n\r\n".encode()
        return self.send(f"POST {path} HTTP/1.1\r\n".encode() + HOST + head + length + body)

    def chunked(self, path: str, *chunks: bytes, last: bytes = b"0\r\n\r\n") -> Answer:
        head = HOST + b"Transfer-Encoding: chunked\r\n\r\n"
        body = b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in chunks) + last
        return self.send(f"POST {path} HTTP/1.1\r\n".encode() + head + body, end=not last)

    def memory(self) -> int:
        """Resident bytes at their highest."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


def read(sock: socket.socket, *, head: bool = False) -> Answer:
    """One answer from a connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        assert more, f"the connection ended within {data!r}"
        data += more
    top, _, body = data.partition(b"\r\n\r\n")
    lines = top.decode().split("\r\n")
    headers = [(n.lower(), v) for n, _, v in (line.partition(": ") for line in lines[1:])]
    named = dict(headers)
    status = int(lines[0].split(" ")[1])
    if named.get("transfer-encoding") == "chunked":
        while not body.endswith(b"0\r\n\r\n"):
            body += sock.recv(65536)
        body = b"".join(re.findall(rb"[0-9A-Fa-f]+\r\n((?s:.*?))\r\n", body))
    elif not head and status not in {204, 304}:
        while len(body) < int(named["content-length"]):
            more = sock.recv(65536)
            assert more, "the body is shorter than announced"
            body += more
    return Answer(status, headers, body, named.get("connection") == "close")
