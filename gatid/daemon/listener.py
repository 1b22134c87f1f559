"""The sockets that a daemon listens on. They are opened once and inherited by every worker."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatid_compiler.plan import Listen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid.daemon.systemd import Handed

BACKLOG = 4096
DEFAULT = Listen("tcp", "127.0.0.1", 8080)
_TCP = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]]*)):(?P<port>[0-9]{1,5})")


class ListenError(Exception):
    """An address that cannot be listened on; the message says why."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket and how it is called in messages."""

    sock: socket.socket
    address: Listen

    @property
    def is_unix(self) -> bool:
        """Whether it is a UNIX socket."""
        return self.sock.family == socket.AF_UNIX

    def __str__(self) -> str:
        if self.is_unix:
            return f"unix:{self.sock.getsockname()}"
        host, port = self.sock.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def close(self, *, remove: bool) -> None:
        """Close it; `remove` the file of a UNIX socket that we made."""
        self.sock.close()
        if remove and self.address.kind == "unix":
            Path(self.address.host).unlink(missing_ok=True)


def parse(text: str) -> Listen:
    """The address that `host:port`, `unix:PATH` or `fd:NAME` says. Raises `ListenError`."""
    kind, _, rest = text.partition(":")
    if kind in ("unix", "fd") and rest:
        return Listen("unix" if kind == "unix" else "fd", rest)
    match = _TCP.fullmatch(text)
    if match is None or int(match["port"]) > 65535:
        raise ListenError(f"`{text}` is no address (write host:port, unix:PATH or fd:NAME)")
    return Listen("tcp", match["six"] or match["host"] or "0.0.0.0", int(match["port"]))  # noqa: S104


def show(address: Listen) -> str:
    """The address as it is written in a configuration."""
    if address.kind != "tcp":
        return f"{address.kind}:{address.host}"
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


def open_all(
    addresses: Sequence[Listen], handed: Sequence[Handed], patience: float
) -> tuple[Listener, ...]:
    """Open every address, or none. `patience` is how long a TCP port may still be taken by the
    workers of a daemon that was killed.
    """
    opened: list[Listener] = []
    try:
        for address in addresses or (DEFAULT,):
            opened.append(Listener(_open(address, handed, patience), address))
    except ListenError:
        for listener in opened:
            listener.close(remove=True)
        raise
    return tuple(opened)


def _open(address: Listen, handed: Sequence[Handed], patience: float) -> socket.socket:
    if address.kind == "fd":
        return _named(address, handed)
    for one in handed:
        sock = socket.socket(fileno=os.dup(one.fd))
        if _same(sock, address):
            return sock
        sock.close()
    try:
        return _unix(address.host) if address.kind == "unix" else _tcp(address, patience)
    except OSError as error:
        why = error.strerror or str(error)
        raise ListenError(
            f"cannot listen on {show(address)}: {why.lower()} (choose another with --listen)"
        ) from None


def _named(address: Listen, handed: Sequence[Handed]) -> socket.socket:
    for one in handed:
        if one.name == address.host:
            return socket.socket(fileno=os.dup(one.fd))
    if address.host.isdigit():
        try:
            return socket.socket(fileno=os.dup(int(address.host)))
        except OSError:
            raise ListenError(f"descriptor {address.host} is not a socket") from None
    names = ", ".join(f"`{one.name}`" for one in handed) or "none"
    raise ListenError(f"no socket named `{address.host}` was handed over (there are: {names})")


def _same(sock: socket.socket, address: Listen) -> bool:
    name = sock.getsockname()
    if address.kind == "unix":
        return sock.family == socket.AF_UNIX and name == address.host
    return sock.family != socket.AF_UNIX and tuple(name[:2]) == (address.host, address.port)


def _tcp(address: Listen, patience: float) -> socket.socket:
    found = socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, kind, proto, _, where = found[0]
    deadline = time.monotonic() + patience
    while True:
        sock = socket.socket(family, kind, proto)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(where)
            sock.listen(BACKLOG)
        except OSError as error:
            sock.close()
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return sock


def _unix(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISSOCK(Path(path).stat().st_mode) and _deserted(path):
                Path(path).unlink()
        sock.bind(path)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def _deserted(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False
