"""The admin listener's process: a child of the supervisor that only reads shared memory."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import uvloop

from gatid.admin.app import Admin
from gatid.daemon.serving import PortServer

if TYPE_CHECKING:
    import socket

    from gatid.daemon.board import Board
    from gatid.daemon.listener import Listener
    from gatid.observe.pages import MeterPages

_BUFFER = 16 << 10
_PATIENCE = 2.0


def run(listener: Listener, board: Board, pages: MeterPages, lifeline: socket.socket) -> int:
    """Serve until the supervisor hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    uvloop.run(_serve(listener, board, pages, lifeline))
    return 0


async def _serve(
    listener: Listener, board: Board, pages: MeterPages, lifeline: socket.socket
) -> None:
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    lifeline.setblocking(False)
    loop.add_reader(lifeline.fileno(), ending.set)
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    server = PortServer(Admin(board, pages), listener, _BUFFER)
    task = loop.create_task(server.serve())
    await ending.wait()
    loop.remove_reader(lifeline.fileno())
    server.end()
    listener.close(remove=False)
    await asyncio.wait([task], timeout=_PATIENCE)
