"""granian, as we use it: one embedded server on a listening socket that is already open.

Nothing else of the daemon knows granian. All of it is public, except `_init_shared_socket`,
which is replaced so that workers share an inherited socket, and `granian.net.SocketHolder`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.embed import Server

from gatid.daemon.listener import BACKLOG

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.daemon.listener import Listener

# Back-pressure counts connections, idle ones too; what a worker really does is bounded by
# the limits of its routes.
_CONNECTIONS = 16384
_LEAST_BUFFER = 8192


class PortServer(Server):
    """Serves an RSGI application on an inherited listener."""

    def __init__(self, application: Any, listener: Listener, max_header: int) -> None:
        super().__init__(
            application,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            websockets=False,
            backlog=BACKLOG,
            backpressure=_CONNECTIONS,
            http1_settings=HTTP1Settings(max_buffer_size=max(max_header, _LEAST_BUFFER)),
            log_enabled=False,
        )
        # The holder closes its descriptor, so it gets one of its own.
        self._inherited = os.dup(listener.sock.fileno())
        self._is_unix = listener.is_unix

    def _init_shared_socket(self) -> None:
        # The stubs know neither the holder's constructor nor the types of these attributes.
        holder: Any = SocketHolder
        shared: Any = self
        shared._ssp = None
        shared._shd = holder(self._inherited, self._is_unix, BACKLOG)
        shared._sfd = self._inherited

    def end(self) -> None:
        """Stop accepting, and let `serve` return when the last connection has closed."""
        stop: Callable[[], None] = self.stop
        stop()
