"""What a worker counts with: handles into its own page, bound before the first request."""

from __future__ import annotations

import time
from bisect import bisect_left
from typing import TYPE_CHECKING

import orjson

from gatid.observe import families
from gatid.observe.pages import Kind, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gatid.observe.families import Family
    from gatid.observe.pages import MeterPages


class Cell:
    """One number in shared memory that only this process writes."""

    __slots__ = ("_cells", "_index")

    def __init__(self, cells: memoryview[float], index: int) -> None:
        self._cells = cells
        self._index = index

    def add(self, amount: float = 1.0) -> None:
        """Adds `amount`, which may be negative for levels."""
        self._cells[self._index] += amount

    def set(self, value: float) -> None:
        """Replaces the number."""
        self._cells[self._index] = value

    @property
    def value(self) -> float:
        """The number as it is now."""
        return self._cells[self._index]


class Meters:
    """The page of one worker, claimed by this process. Not safe for threads by itself.

    A page that is full drops samples, and counts how many in `gatid_metrics_dropped_total`;
    it never fails a request.
    """

    def __init__(self, pages: MeterPages, worker: int) -> None:
        pages.claim(worker)
        self.worker = worker
        self.cells = pages.cells(worker)
        self._pages = pages
        self._known = {(record.kind, record.key): record for record in pages.records(worker)}
        own = (("worker", str(worker)),)
        self._dropped = self._first(families.DROPPED, own, 1)
        # A histogram without a name is where durations go that have no series of their own.
        nowhere = self._new(Kind.HISTOGRAM, b"", len(families.SECONDS) + 2, 0)
        if nowhere is None:
            raise ValueError("a meter page is too small for gatid's own metrics")
        self._nowhere = nowhere
        self.dropped = Cell(self.cells, self._dropped.start)
        self.in_flight = self._cell(families.IN_FLIGHT)
        self.generation = Cell(self.cells, self._first(families.WORKER_GENERATION, own, 1).start)
        self.local_faults = self._cell(families.LOCAL_FAULTS)
        self.compensation_faults = self._cell(families.COMPENSATION_FAULTS)
        self.outlived_tasks = self._cell(families.OUTLIVED_TASKS)
        self.snapshots = self._cell(families.SNAPSHOTS)
        self.snapshots_dropped = self._cell(families.SNAPSHOTS_DROPPED)
        self._left_behind = self._cell(families.LEFT_BEHIND)
        self._running_late = self._cell(families.RUNNING_LATE)
        Cell(self.cells, self._first(families.WORKER_UP, own, 1).start).set(1.0)
        Cell(self.cells, self._first(families.WORKER_STARTED, own, 1).start).set(time.time())
        Cell(self.cells, self._first(families.WORKER_STARTS, own, 1).start).add()

    def request(
        self, route: str, contract: str, statuses: Iterable[int] = ()
    ) -> Callable[[int, float], None]:
        """How the requests of a contract are counted: a function of status and seconds.

        Both labels are "" for requests that reached no route. `statuses` are those expected;
        any other gets its series when it first occurs.
        """
        labels = (("route", route), ("contract", contract))
        counts = _Statuses(self, labels)
        for status in statuses:
            counts[status] = self._status(labels, status)
        bounds = families.DURATION.bounds
        record = self.series(families.DURATION, labels, len(bounds) + 2) or self._nowhere
        cells, first, total = self.cells, record.start, record.start + len(bounds) + 1

        def count(status: int, seconds: float) -> None:
            cells[counts[status]] += 1.0
            cells[first + bisect_left(bounds, seconds)] += 1.0
            cells[total] += seconds

        return count

    def left(self, change: float) -> None:
        """Counts a sync function that is left behind (1), and that it has ended (-1)."""
        if change > 0:
            self._left_behind.add(change)
        self._running_late.add(change)

    def cell(self, family: Family, **labels: str) -> Cell:
        """The number of a series that has one; where the page is full, the one of those lost."""
        record = self.series(family, tuple(labels.items()), 1)
        return self.dropped if record is None else Cell(self.cells, record.start)

    def series(
        self, family: Family, labels: Sequence[tuple[str, str]], cells: int, keep: int = 0
    ) -> Record | None:
        """The record of a series, made if need be; None when `keep` bytes would not be left."""
        key = orjson.dumps((family.name, labels))
        return self._known.get((family.kind, key)) or self._new(family.kind, key, cells, keep)

    def _cell(self, family: Family) -> Cell:
        return Cell(self.cells, self._first(family, (), 1).start)

    def _first(self, family: Family, labels: Sequence[tuple[str, str]], cells: int) -> Record:
        record = self.series(family, labels, cells)
        if record is None:
            raise ValueError("a meter page is too small for gatid's own metrics")
        return record

    def _new(self, kind: Kind, key: bytes, cells: int, keep: int) -> Record | None:
        known = self._known.get((kind, key))
        if known is None:
            known = self._pages.append(self.worker, kind, key, cells, keep)
            if known is not None:
                self._known[kind, key] = known
        return known

    def _status(self, labels: Sequence[tuple[str, str]], status: int) -> int:
        named = (*labels, ("status", str(status)))
        return (self.series(families.REQUESTS, named, 1) or self._dropped).start


class _Statuses(dict[int, int]):
    """Status to the index of its cell; an unexpected one is looked up once."""

    def __init__(self, meters: Meters, labels: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._meters = meters
        self._labels = labels

    def __missing__(self, status: int) -> int:
        index = self._meters._status(self._labels, status)
        self[status] = index
        return index
