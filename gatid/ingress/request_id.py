"""Request ids: UUIDs of version 7 (RFC 9562), made cheaply.

Their order is that of time. Within a process a counter keeps them apart, between processes
and restarts the 62 random bits that each maker draws.
"""

from __future__ import annotations

import os
import secrets
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_COUNTS = tuple(f"{count:03x}" for count in range(0x1000))


def request_ids(clock: Callable[[], int] = time.time_ns) -> Callable[[], str]:
    """A maker of ids. `clock` gives nanoseconds since 1970. Not to be shared by threads.

    A clock that stands still or steps back does not repeat ids: time goes on from the last.
    """
    tick = -1
    count = 0
    start = tail = ""
    process = -1

    def next_id() -> str:
        nonlocal tick, count, start, tail, process
        now = clock() // 1_000_000
        if now > tick:
            # A fork copies this state; only its process id tells the copy that it is one.
            if process != os.getpid():
                process = os.getpid()
                tail = _tail()
            tick = now
            count = 0
            start = _start(tick)
        elif count == len(_COUNTS) - 1:
            tick += 1
            count = 0
            start = _start(tick)
        else:
            count += 1
        return start + _COUNTS[count] + tail

    return next_id


def _start(tick: int) -> str:
    digits = f"{tick & 0xFFFF_FFFF_FFFF:012x}"
    return f"{digits[:8]}-{digits[8:]}-7"


def _tail() -> str:
    digits = f"{secrets.randbits(62) | 1 << 63:016x}"
    return f"-{digits[:4]}-{digits[4:]}"
