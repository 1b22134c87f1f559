"""What systemd is told, and what it hands over: sd_notify(3), sd_listen_fds(3).

Only what the daemon needs of either protocol, in a few lines; both are documented as stable.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from dataclasses import dataclass


class Notifier:
    """Speaks to the service manager, or to nobody when there is none."""

    def __init__(self, address: str | None, watchdog: float | None) -> None:
        self._address = address
        self.watchdog = watchdog

    @staticmethod
    def from_environment() -> Notifier:
        """Take `NOTIFY_SOCKET` and the watchdog's time out of the environment."""
        address = os.environ.pop("NOTIFY_SOCKET", None)
        usec = os.environ.pop("WATCHDOG_USEC", None)
        pid = os.environ.pop("WATCHDOG_PID", None)
        watched = usec is not None and usec.isdigit() and pid in (None, str(os.getpid()))
        return Notifier(address, int(usec or 0) / 1e6 if watched else None)

    def ready(self, status: str) -> None:
        """The daemon serves; also what ends a reload, refused or not."""
        self._send(f"READY=1\nSTATUS={status}")

    def reloading(self) -> None:
        """A reload began."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send(f"RELOADING=1\nMONOTONIC_USEC={now}\nSTATUS=reloading")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={text}")

    def stopping(self) -> None:
        """The daemon is on its way out."""
        self._send("STOPPING=1\nSTATUS=stopping")

    def alive(self) -> None:
        """Every worker has answered."""
        self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):
            address = "\0" + address[1:]
        # A manager that does not listen is no reason to stop serving.
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock,
        ):
            sock.sendto(text.encode(), socket.MSG_DONTWAIT, address)


@dataclass(frozen=True, slots=True)
class Handed:
    """A listening socket that the service manager opened for us."""

    fd: int
    name: str


def handed_sockets() -> tuple[Handed, ...]:
    """The sockets of `LISTEN_FDS`, taken out of the environment so that no child takes them."""
    pid = os.environ.pop("LISTEN_PID", None)
    count = os.environ.pop("LISTEN_FDS", None)
    names = os.environ.pop("LISTEN_FDNAMES", "").split(":")
    if count is None or not count.isdigit() or pid != str(os.getpid()):
        return ()
    fds = range(3, 3 + int(count))
    for fd in fds:
        os.set_inheritable(fd, False)
    padded = [*names, *[""] * len(fds)]
    return tuple(Handed(fd, padded[i] or "unknown") for i, fd in enumerate(fds))
