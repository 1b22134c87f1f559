"""Rate limits that are exact over all workers: one table in shared memory, one time a key.

The generic cell rate algorithm (ITU-T I.371): each key has a theoretical arrival time, the
moment at which its bucket will be full again. A request passes if that moment lies no further
ahead than `burst - 1` intervals, and moves it one interval on. One aligned 8-byte value is the
whole bucket, so a process killed at any instruction leaves the bucket before or after, never
between.

The table is set-associative: a key's 128-bit hash picks a set of 64 slots, and a slot whose
time has passed is a full bucket like one that never was, so any key may take it. A set in
which every slot is in debt refuses new keys: the table fails closed. Each set has its own
byte of an `fcntl` lock, which the kernel releases when its holder dies (a lock of
`multiprocessing` stays locked for ever).
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import secrets
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid_compiler.plan import Rate

_WAYS = 64
_KEY = 16
_SECOND = 1_000_000_000


class RateTable:
    """The buckets of one daemon, in memory that forked processes share.

    `clock` gives nanoseconds that all processes agree on; Linux's monotonic clock does. Should
    it step back all the same, time stands still for a set until the clock has caught up.
    """

    def __init__(self, slots: int, clock: Callable[[], int]) -> None:
        if slots < 1:
            raise ValueError(f"a rate table needs at least one slot, not {slots}")
        self._sets = -(-slots // _WAYS)
        self.slots = self._sets * _WAYS
        keys, times = self.slots * _KEY, self.slots * 8
        self._fd = os.memfd_create("gatid-rates", os.MFD_CLOEXEC)
        os.ftruncate(self._fd, keys + times + self._sets * 8)
        self._memory = mmap.mmap(self._fd, keys + times + self._sets * 8)
        view = memoryview(self._memory)
        self._keys = view[:keys]
        self._full_at = view[keys : keys + times].cast("Q")
        self._latest = view[keys + times :].cast("Q")
        self._clock = clock
        # The kernel's lock is the process's; threads of one process need one of their own.
        self._threads = threading.Lock()
        # Without the secret a client could choose keys that all fall into one set.
        self._secret = secrets.token_bytes(32)

    @staticmethod
    def create(slots: int = 65536, *, clock: Callable[[], int] = time.monotonic_ns) -> RateTable:
        """An empty table of at least `slots` keys; make it before the workers are forked."""
        return RateTable(slots, clock)

    def close(self) -> None:
        """Gives the memory back; the last process that does frees it."""
        for view in (self._keys, self._full_at, self._latest):
            view.release()
        self._memory.close()
        os.close(self._fd)

    def hasher(self, scope: str) -> hashlib.blake2b:
        """The hash of a limit, to be copied and fed with a key."""
        seed = scope.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(
            len(seed).to_bytes(8, "little") + seed, digest_size=_KEY, key=self._secret
        )

    def take(self, key: bytes, interval: int, tolerance: int) -> int:
        """Takes one token; 0 when it could, else the nanoseconds until it can.

        `interval` is the time one token needs to grow, `tolerance` that of all but one.
        """
        place = int.from_bytes(key[:8], "little") % self._sets
        with self._threads:
            fcntl.lockf(self._fd, fcntl.LOCK_EX, 1, place)
            try:
                return self._take(place, key, interval, tolerance)
            finally:
                fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, place)

    def _take(self, place: int, key: bytes, interval: int, tolerance: int) -> int:
        # The clock is read under the lock, so that no later reading was stored before it.
        now = self._clock()
        if now > self._latest[place]:
            self._latest[place] = now
        else:
            now = self._latest[place]
        first = place * _WAYS
        way = self._find(first, key)
        if way >= 0:
            slot = first + way
            # Never further ahead than an empty bucket of this limit, which a reload may have
            # made smaller or faster.
            full_at = min(max(self._full_at[slot], now), now + tolerance + interval)
            if full_at - now > tolerance:
                self._full_at[slot] = full_at
                return full_at - now - tolerance
        else:
            times = self._full_at[first : first + _WAYS].tolist()
            earliest = min(times)
            if earliest > now:
                return earliest - now
            slot = first + times.index(earliest)
            # Whoever dies inside this line leaves a key that nobody has, with its time past.
            self._keys[slot * _KEY : (slot + 1) * _KEY] = key
            full_at = now
        self._full_at[slot] = full_at + interval
        return 0

    def _find(self, first: int, key: bytes) -> int:
        window = self._keys[first * _KEY : (first + _WAYS) * _KEY].tobytes()
        at = window.find(key)
        while at >= 0 and at % _KEY:
            at = window.find(key, at + 1)
        return at // _KEY if at >= 0 else -1


class Limiter:
    """One declared limit over a table: what `rate` means, bound once.

    Limits of the same scope share their buckets, also with those of an earlier plan, so a
    reload neither resets nor doubles them. The interval is rounded up to whole nanoseconds:
    a client that leaves one between its requests is never refused.
    """

    __slots__ = ("_hash", "_interval", "_take", "_tolerance", "rate")

    def __init__(self, rate: Rate, table: RateTable) -> None:
        self.rate = rate
        self._interval = -(-rate.period * 1_000_000 // rate.count)
        self._tolerance = self._interval * (rate.burst - 1)
        self._hash = table.hasher(rate.scope)
        self._take = table.take

    def take(self, key: str) -> float:
        """Takes a token for `key`: 0.0 when allowed, else the seconds to wait."""
        digest = self._hash.copy()
        digest.update(key.encode("utf-8", "surrogatepass"))
        return self._take(digest.digest(), self._interval, self._tolerance) / _SECOND
