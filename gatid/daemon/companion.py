"""A child that serves beside the workers, and comes back when it dies: the admin listener."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from gatid.daemon.process import Child, Exit, fork

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.daemon.reactor import Reactor

_PAUSE = 1.0


class Companion:
    """A forked process that ends when its end of a socket pair does."""

    def __init__(
        self,
        reactor: Reactor,
        body: Callable[[socket.socket], int],
        ended: Callable[[Exit, bool], None],
    ) -> None:
        self._reactor = reactor
        self._body = body
        self._ended = ended
        self._wanted = True
        self._start()

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._child is not None

    def _start(self) -> None:
        if not self._wanted:
            return
        ours, theirs = socket.socketpair()
        self._ours = ours
        self._reactor.private(ours.fileno())
        self._child: Child | None = fork(self._reactor, lambda: self._body(theirs), self._gone)
        theirs.close()

    def stop(self) -> None:
        """Hang up; it ends by itself."""
        if self._wanted:
            self._wanted = False
            if self._child is not None:
                self._reactor.public(self._ours.fileno())
                self._ours.close()

    def kill(self) -> None:
        """End it at once."""
        self.stop()
        if self._child is not None:
            self._child.kill()

    def _gone(self, exit_: Exit) -> None:
        self._child = None
        if self._wanted:
            self._reactor.public(self._ours.fileno())
            self._ours.close()
            self._reactor.later(_PAUSE, self._start)
        self._ended(exit_, self._wanted)
