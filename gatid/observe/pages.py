"""Shared memory for counting: one page a worker, written by that worker alone.

A page is a run of records, each a key and some float64 cells:

    u32 size of the record | u16 kind | u16 cells | u32 length of the key | u32 unused
    key, padded to 8 bytes
    cells

Its first 8 bytes say how many bytes of records are complete; they are stored last, in one
aligned write, so a reader in another process sees a record whole or not at all, and a writer
killed in between leaves nothing behind. Records are never moved or removed: a worker that is
started again with the same index finds its records and counts on.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = 8
_RECORD = struct.Struct("=IHHII")


class Kind(IntEnum):
    """What the cells of a record are, and how those of several workers become one."""

    COUNTER = 1
    """One cell; the sum of all workers."""
    HISTOGRAM = 2
    """A cell a bucket, the last one unbounded, then the sum of what was observed; all summed."""
    LEVEL = 3
    """One cell that belongs to the process, like requests in flight; summed, zero at start."""
    WORKER = 4
    """One cell that belongs to the process; shown for each worker, zero at start."""
    GAUGE = 5
    """A value and the time it was set; the last one set by any worker."""


@dataclass(frozen=True, slots=True)
class Record:
    """Where the cells of one series are in its page."""

    kind: Kind
    key: bytes
    start: int
    cells: int


class MeterPages:
    """The pages of one daemon, in memory that forked processes share."""

    def __init__(self, workers: int, page_size: int) -> None:
        if workers < 1:
            raise ValueError(f"there is at least one worker, not {workers}")
        self.workers = workers
        self.page_size = -(-page_size // mmap.PAGESIZE) * mmap.PAGESIZE
        self._fd = os.memfd_create("gatid-meters", os.MFD_CLOEXEC)
        os.ftruncate(self._fd, workers * self.page_size)
        self._memory = mmap.mmap(self._fd, workers * self.page_size)
        view = memoryview(self._memory)
        self._bytes = [view[at : at + self.page_size] for at in range(0, len(view), self.page_size)]
        self._cells = [page.cast("d") for page in self._bytes]
        self._used = [page[:_HEAD].cast("Q") for page in self._bytes]

    @staticmethod
    def create(workers: int, page_size: int = 4 << 20) -> MeterPages:
        """Empty pages; make them before the workers are forked. Memory is taken when used."""
        return MeterPages(workers, page_size)

    def claim(self, worker: int) -> None:
        """Makes this process the one that writes the page, until it ends.

        Raises `BlockingIOError` while another process does. What belonged to the process
        before it begins at zero again.
        """
        fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, worker)
        self.forget(worker)

    def forget(self, worker: int) -> None:
        """Sets to zero what belonged to a process that has ended, such as its requests in
        flight. Its counters stay.
        """
        cells = self.cells(worker)
        for record in self.records(worker):
            if record.kind in (Kind.LEVEL, Kind.WORKER):
                cells[record.start] = 0.0

    def cells(self, worker: int) -> memoryview[float]:
        """The page as float64 cells, indexed by `Record.start`."""
        return self._cells[worker]

    def records(self, worker: int) -> Iterator[Record]:
        """The complete records of a page, in the order in which they were made."""
        page = self._bytes[worker]
        at, end = _HEAD, _HEAD + self._used[worker][0]
        while at < end:
            size, kind, cells, key_size, _ = _RECORD.unpack_from(page, at)
            key_at = at + _RECORD.size
            yield Record(
                Kind(kind),
                page[key_at : key_at + key_size].tobytes(),
                (key_at + _padded(key_size)) // 8,
                cells,
            )
            at += size

    def append(self, worker: int, kind: Kind, key: bytes, cells: int, keep: int) -> Record | None:
        """Adds a record with cells of zero; None when fewer than `keep` bytes would be left."""
        used = self._used[worker]
        at = _HEAD + used[0]
        key_at = at + _RECORD.size
        start = key_at + _padded(len(key))
        size = start + 8 * cells - at
        if at + size + keep > self.page_size:
            return None
        page = self._bytes[worker]
        _RECORD.pack_into(page, at, size, kind, cells, len(key), 0)
        page[key_at : key_at + len(key)] = key
        # A writer killed before the last line may have left something here.
        page[start : at + size] = bytes(8 * cells)
        used[0] += size
        return Record(kind, key, start // 8, cells)

    def close(self) -> None:
        """Gives the memory back; the last process that does frees it."""
        for views in (self._cells, self._used, self._bytes):
            for view in views:
                view.release()
        self._memory.close()
        os.close(self._fd)


def _padded(size: int) -> int:
    return -(-size // 8) * 8
