"""The life of a module's process: told what it is, confined, loaded, started, called, ended."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

import uvloop

from gatid.isolated.confine import Allowed, ConfinementError, confine
from gatid.isolated.serving import Serving
from gatid.services.isolation import wire
from gatid.services.isolation.offer import Offer

if TYPE_CHECKING:
    from typing import Never


def live(descriptor: int, parent: int) -> Never:
    """Be the process of a module, until the other end of the socket is closed."""
    sock = socket.socket(fileno=descriptor)
    os.set_inheritable(descriptor, False)
    offer = Offer.read(wire.first(sock))
    os.environ.clear()
    try:
        confine(offer.kernel, offer.limits, Allowed(offer.paths, offer.ports), parent)
    except (OSError, ConfinementError) as error:
        # What this prints is in the worker's log.
        sys.exit(f"it could not be confined: {error}")
    # Only now: libuv would set up io_uring, and lose it with the confinement.
    uvloop.run(Serving(offer).live(sock))
    os._exit(0)
