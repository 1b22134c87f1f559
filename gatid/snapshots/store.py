"""Where snapshots are kept: a folder with a file for each, whose name tells when it was taken and
until when it is kept.

A file is written whole, beside its place, and renamed, so that whoever is killed leaves none that
is torn. Each worker writes its own in a thread; one of them also removes what is old or too much.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from gatid.observe.capture import trace
from gatid.snapshots.document import document
from gatid.snapshots.restoring import SnapshotError
from gatid_compiler import atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gatid.observe.logs import Log
    from gatid.snapshots.recording import Record

FOLDER: Final = "snapshots"
"""In the state directory."""

MOST: Final = 256 << 20
"""Bytes that all snapshots of a daemon may have together."""

SWEEP: Final = 10.0
"""Seconds between two looks for what is old or too much."""

_WAITING = 64
"""Requests that wait to be written; more are dropped, and counted."""

_TORN = 60.0
"""Seconds after which what a killed worker left beside its place is removed."""

_NAME = re.compile(r"(\d{13})-(\d{13})-([0-9a-f-]{36})\.json")


class Cell(Protocol):
    """A number that counts."""

    def add(self, amount: float = 1.0) -> None:
        """Adds to it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A snapshot that is kept. `taken` and `until` are in seconds since the epoch."""

    id: str
    taken: float
    until: float
    size: int
    path: Path


class Directory:
    """The snapshots of a state directory; there need be none."""

    def __init__(self, state: Path) -> None:
        self.path = state / FOLDER

    def entries(self) -> list[Entry]:
        """All that are kept, the oldest first."""
        return sorted(self._entries(), key=lambda entry: entry.path.name)

    def _entries(self) -> Iterator[Entry]:
        with suppress(FileNotFoundError):
            for path in self.path.iterdir():
                found = _NAME.fullmatch(path.name)
                if found is None:
                    continue
                with suppress(FileNotFoundError):
                    taken, until, id = found.groups()
                    size = path.stat().st_size
                    yield Entry(id, int(taken) / 1000, int(until) / 1000, size, path)

    def find(self, id: str) -> Entry:
        """The one whose id is this, or begins with it. Raises `SnapshotError`."""
        found = [e for e in self.entries() if e.id.startswith(id)]
        exact = [e for e in found if e.id == id] or found
        if len(exact) == 1:
            return exact[0]
        if exact:
            raise SnapshotError(f"{len(exact)} snapshots have an id like `{id}`: write more of it")
        raise SnapshotError(f"there is no snapshot `{id}`")

    def read(self, entry: Entry) -> dict[str, Any]:
        """A snapshot. Raises `SnapshotError` when it has been removed, or is none of ours."""
        try:
            found = orjson.loads(entry.path.read_bytes())
        except FileNotFoundError:
            raise SnapshotError(f"the snapshot `{entry.id}` has been removed") from None
        except ValueError:
            raise SnapshotError(f"`{entry.path}` is damaged") from None
        if not isinstance(found, dict):
            raise SnapshotError(f"`{entry.path}` is damaged")
        return found

    def write(self, record: Record, data: bytes) -> Path:
        """Puts a snapshot in its place. Raises `OSError`."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = int(record.points[0].event.at * 1000)
        until = taken + record.facts.settings.keep
        path = self.path / f"{taken:013d}-{until:013d}-{record.id}.json"
        atomic.write(path, data, 0o600, lasting=False)
        return path

    def sweep(self, now: float, most: int) -> int:
        """Removes what is not to be kept any longer, and the oldest of what is more than `most`
        bytes; how many that were.
        """
        kept: list[Entry] = []
        removed = 0
        for entry in self.entries():
            if entry.until <= now:
                entry.path.unlink(missing_ok=True)
                removed += 1
            else:
                kept.append(entry)
        excess = sum(entry.size for entry in kept) - most
        for entry in kept:
            if excess <= 0:
                break
            entry.path.unlink(missing_ok=True)
            excess -= entry.size
            removed += 1
        self._clear(now)
        return removed

    def _clear(self, now: float) -> None:
        for path in self.path.glob(atomic.LEFT):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < now - _TORN:
                    path.unlink()


class Store:
    """Writes the snapshots of one process, in a thread that begins with the first of them.

    `dropped` counts those that were not written, `written` the others. With `sweeps` it also
    removes what is old or too much, from the beginning on.
    """

    def __init__(
        self,
        state: Path,
        log: Log,
        written: Cell,
        dropped: Cell,
        *,
        sweeps: bool = False,
        most: int = MOST,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.directory = Directory(state)
        self._log = log
        self._written = written
        self._dropped = dropped
        self._sweeps = sweeps
        self._most = most
        self._clock = clock
        self._queue: queue.Queue[Record | None] = queue.Queue(_WAITING)
        self._thread: threading.Thread | None = None
        if sweeps and self.directory.path.is_dir():
            self._begin()

    def keep(self, record: Record) -> None:
        """Takes a request to be written; drops it when too many wait."""
        if self._thread is None:
            self._begin()
        try:
            self._queue.put_nowait(record)
        except queue.Full:
            self._dropped.add()

    def lost(self, id: str, route: str, error: Exception) -> None:
        """Counts and logs a request of which no snapshot could be made."""
        self._dropped.add()
        self._log.error(
            "a snapshot could not be written",
            request_id=id,
            route=route,
            traceback=trace(error),
        )

    def flush(self) -> None:
        """Waits until all that was taken is written."""
        self._queue.join()

    def close(self, seconds: float = 5.0) -> None:
        """Writes what waits, as far as that is done in so many seconds."""
        if self._thread is not None:
            with suppress(queue.Full):
                self._queue.put(None, timeout=seconds)
            self._thread.join(seconds)

    def _begin(self) -> None:
        self._thread = threading.Thread(target=self._run, name="gatid-snapshots", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        swept = 0.0
        while True:
            if self._sweeps and time.monotonic() - swept >= SWEEP:
                swept = time.monotonic()
                self._sweep()
            try:
                record = self._queue.get(timeout=SWEEP if self._sweeps else None)
            except queue.Empty:
                continue
            try:
                if record is None:
                    return
                self._write(record)
            finally:
                self._queue.task_done()
            del record

    def _write(self, record: Record) -> None:
        try:
            data = document(record, self._log.output.scrubber)
            self.directory.write(record, data)
        except Exception as error:  # noqa: BLE001 - others wait, and no request notices
            self.lost(record.id, record.facts.route, error)
        else:
            self._written.add()

    def _sweep(self) -> None:
        try:
            self.directory.sweep(self._clock(), self._most)
        except OSError as error:
            self._log.error("snapshots could not be removed", error=str(error))
