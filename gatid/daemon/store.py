"""The state directory: the plans that were committed, and which one serves.

It is the trust boundary, for it holds code that will run: only its owner may enter it, one
daemon holds it at a time, and a plan's bytes are checked against their hash before anything is
made of them. Files are written beside their place, synchronised and renamed, so a crash leaves
the old content or the new one.

    lock         held by the daemon that runs
    daemon.json  that daemon: its process, its control socket
    generation   the last number given out; none is given twice
    store.db     the generations that were committed, and what their plans say
    <id>.plan    a plan, by the SHA-256 of its bytes
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import stat
import struct
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gatid.daemon.database import DamagedError, Database, Kept
from gatid_compiler import atomic

if TYPE_CHECKING:
    from pathlib import Path

    from gatid.daemon.facts import Facts

_FLOCK = struct.Struct("@hhqqi4x")
_KEPT = 16


class StateError(Exception):
    """The state directory cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Committed:
    """What serves: a generation and the id of its plan."""

    generation: int
    plan: str


@dataclass(frozen=True, slots=True)
class Running:
    """A daemon that runs: as written into its state directory."""

    name: str
    pid: int
    control: str
    entry: str


class StateDirectory:
    """A state directory that this process holds.

    `damaged` has the plans that were found torn or overwritten, and removed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = -1
        self._kept = Kept({}, {})
        self.damaged: tuple[Path, ...] = ()

    @staticmethod
    def open(path: Path) -> StateDirectory:
        """Make the directory where there is none, and lock it.

        Raises `StateError` when it belongs to someone else or another daemon holds it.
        """
        path = path.absolute()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_owner(path)
        except OSError as error:
            raise StateError(f"cannot use the state directory `{path}`: {error.strerror}") from None
        state = StateDirectory(path)
        state._take()
        try:
            state._read_store()
        except StateError:
            os.close(state._lock)
            raise
        return state

    def _take(self) -> None:
        # A POSIX lock: forked workers do not hold it, and it dies with this process.
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            other = running(self.path)
            who = f" (process {other.pid})" if other else ""
            raise StateError(
                f"another daemon{who} holds the state directory `{self.path}`"
                " (stop it with `gatid ctl stop`, or use another --state)"
            ) from None
        self._lock = lock

    @property
    def lock(self) -> int:
        """The descriptor of the lock; it must stay open."""
        return self._lock

    def plan_path(self, plan: str) -> Path:
        """Where the plan of this id is."""
        return self.path / f"{plan}.plan"

    def put(self, data: bytes) -> str:
        """Store a plan and return its id."""
        plan = hashlib.sha256(data).hexdigest()
        path = self.plan_path(plan)
        try:
            known = read_plan(path, plan)
        except StateError:
            known = None
        if known is None:
            self._write(path.name, data)
        return plan

    def commit(self, committed: Committed, facts: Facts) -> None:
        """Make a generation the one that a restart finds. On disk when this returns."""
        size = self.plan_path(committed.plan).stat().st_size
        try:
            self._kept = Database(self._store).commit(
                committed.generation, committed.plan, size, facts
            )
        except DamagedError as error:
            raise StateError(str(error)) from error

    def committed(self) -> Committed | None:
        """The generation that was committed last, None in a new directory."""
        return Committed(*max(self._kept.generations.items())) if self._kept.generations else None

    def facts(self, plan: str) -> Facts | None:
        """What a plan said that was committed, None if it is not kept."""
        try:
            return Database(self._store).facts(plan)
        except DamagedError as error:
            raise StateError(str(error)) from error

    @property
    def stored(self) -> dict[str, object]:
        """What is kept of committed generations: their numbers, and how much of each kind."""
        return {"generations": list(self._kept.generations), **self._kept.counts}

    @property
    def _store(self) -> Path:
        return self.path / "store.db"

    def _read_store(self) -> None:
        """Check all that is kept: the database, and each plan against its name."""
        try:
            self._kept = Database.open(self._store).kept()
        except DamagedError as error:
            raise StateError(str(error)) from error
        for path in self.path.glob(atomic.LEFT):
            path.unlink()
        torn = []
        for path in sorted(self.path.glob("*.plan")):
            try:
                read_plan(path, path.stem)
            except StateError:
                # No name leads to these bytes any more; the plan is written again when compiled.
                path.unlink()
                torn.append(path)
        self.damaged = tuple(torn)

    def next_generation(self) -> int:
        """A number that no generation of this directory ever had."""
        last = 0
        values = self._read("generation")
        if values is not None and isinstance(values.get("last"), int):
            last = int(str(values["last"]))
        committed = self.committed()
        number = max(last, committed.generation if committed else 0) + 1
        self._write("generation", json.dumps({"last": number}).encode())
        return number

    def announce(self, running_: Running) -> None:
        """Say who holds the directory."""
        self._write("daemon.json", json.dumps(asdict(running_)).encode())

    def prune(self) -> None:
        """Remove plans that no kept generation had and that are older than the newest few."""
        keep = frozenset(self._kept.generations.values())
        plans = sorted(self.path.glob("*.plan"), key=lambda p: p.stat().st_mtime, reverse=True)
        for path in plans[_KEPT:]:
            if path.stem not in keep:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the directory up."""
        (self.path / "daemon.json").unlink(missing_ok=True)
        os.close(self._lock)

    def _write(self, name: str, data: bytes) -> None:
        atomic.write(self.path / name, data, 0o600)

    def _read(self, name: str) -> dict[str, object] | None:
        path = self.path / name
        try:
            values = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise StateError(f"`{path}` is damaged; remove it to start anew")
        return values


def read_plan(path: Path, plan: str) -> bytes:
    """The bytes of a stored plan, checked against its id."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StateError(f"cannot read the plan `{path}`: {error.strerror}") from None
    if hashlib.sha256(data).hexdigest() != plan:
        raise StateError(f"the plan `{path}` is damaged: its bytes are not those of its name")
    return data


def held(path: Path) -> bool:
    """Whether a daemon holds a state directory. Does not disturb one that is starting."""
    try:
        lock = os.open(path / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind: int = _FLOCK.unpack(fcntl.fcntl(lock, fcntl.F_GETLK, asked))[0]
    finally:
        os.close(lock)
    return kind != fcntl.F_UNLCK


def running(path: Path) -> Running | None:
    """The daemon that holds a state directory, None when none does."""
    if not held(path):
        return None
    try:
        return Running(**json.loads((path / "daemon.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _check_owner(path: Path) -> None:
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode):
        raise StateError(f"the state directory `{path}` is not a directory")
    if status.st_uid != os.geteuid():
        raise StateError(f"the state directory `{path}` belongs to another user")
    if status.st_mode & 0o077:
        with contextlib.suppress(PermissionError):
            path.chmod(0o700)
        if path.stat().st_mode & 0o077:
            raise StateError(f"others may enter the state directory `{path}`: make it mode 0700")
