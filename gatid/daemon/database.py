"""The SQLite database of the state directory: what was committed, and what those plans say.

Each write is one transaction that also renews a digest over everything in it; each opening
compares. So after a crash at any moment there is the old content or the new one, and bytes that
something else tore off or overwrote are found before anything is made of them: by SQLite's own
check, by the digest, or, in a write-ahead log that was not yet written back, by its checksums.

Nothing stays open between two uses: the supervisor forks, and SQLite must not be carried
across a fork.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid.daemon.facts import Facts
from gatid.daemon.schema import FACTS, FORGET, MIGRATIONS, SWEEP

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gatid.daemon.facts import Row

_APPLICATION = 0x67617469
_KEPT = 16
"""How many generations are kept, with the plans they had."""


_OUTSIDE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
"""Faults that say nothing of the content."""


_COUNTED = {
    "contracts": "contract",
    "modules": "module",
    "manifests": "manifest",
    "types": "gtype",
    "transforms": "transform",
}


class DamagedError(Exception):
    """The database cannot be used; the message names the file and says what to do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The plans of the generations that are kept, oldest first, and how many contracts,
    manifests, types and transforms those plans have.
    """

    generations: dict[int, str]
    counts: dict[str, int]


class Database:
    """A database file. Only the process that holds the state directory may use it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @staticmethod
    def open(path: Path) -> Database:
        """Make the database where there is none, else check all of it and bring it up to date.

        Raises `DamagedError`.
        """
        database = Database(path)
        if not path.exists():
            database._create()
            return database
        with database._connected() as connection:
            database._migrate(connection)
        return database

    def commit(self, generation: int, plan: str, size: int, facts: Facts) -> Kept:
        """Records a generation with what its plan says; what is kept now. On disk when this
        returns.

        What only generations before the newest few had is removed in the same transaction.
        """
        with self._connected() as connection:
            with _transaction(connection):
                _record(connection, generation, plan, size, facts)
            return _kept(connection)

    def kept(self) -> Kept:
        """What is kept."""
        with self._connected() as connection:
            return _kept(connection)

    def facts(self, plan: str) -> Facts | None:
        """What a plan said, None for one that is not kept."""
        with self._connected() as connection:
            app = connection.execute("SELECT app FROM plan WHERE id = ?", (plan,)).fetchone()
            if app is None:
                return None
            return Facts(app[0], *(_rows(connection, query, plan) for query in FACTS))

    def _create(self) -> None:
        """Made beside its place and renamed, so that a file there is always a whole one."""
        temporary = self.path.with_name(f".{self.path.name}.new")
        for suffix in ("", "-wal", "-shm", "-journal"):
            temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)
        os.close(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        fresh = Database(temporary)
        with fresh._connected(checked=False) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            fresh._migrate(connection)
        # Another file's log would be taken for this one's.
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        temporary.rename(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version = _version(connection)
        if version > len(MIGRATIONS):
            raise DamagedError(
                f"`{self.path}` was written by a newer gatid (its format is {version}, and this"
                f" one knows {len(MIGRATIONS)}): use that gatid, or another --state"
            )
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            with _transaction(connection):
                for statement in script:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
                _seal(connection)

    @contextlib.contextmanager
    def _connected(self, *, checked: bool = True) -> Iterator[sqlite3.Connection]:
        """A connection to the file, which is as it was written; raises `DamagedError` if not."""
        try:
            if checked and not self.path.stat().st_size:
                raise _UnsoundError("it is empty")
            address = f"{self.path.absolute().as_uri()}?mode=rw"
            with contextlib.closing(
                sqlite3.connect(address, uri=True, isolation_level=None)
            ) as connection:
                connection.execute("PRAGMA trusted_schema = OFF")
                connection.execute("PRAGMA synchronous = FULL")
                if checked:
                    _check(connection)
                yield connection
        except (sqlite3.Error, UnicodeError, _UnsoundError, FileNotFoundError) as error:
            code = getattr(error, "sqlite_errorcode", None)
            if code is not None and code & 0xFF in _OUTSIDE:
                raise DamagedError(f"cannot use `{self.path}`: {error}") from error
            raise DamagedError(
                f"`{self.path}` is damaged ({error}): move it away, and gatid starts anew with"
                " what it compiles"
            ) from error


class _UnsoundError(Exception):
    """The content is not what was written."""


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _record(
    connection: sqlite3.Connection, generation: int, plan: str, size: int, facts: Facts
) -> None:
    _insert(connection, "plan", [(plan, facts.app, size)])
    _insert(connection, "manifest", facts.manifests)
    _insert(connection, "gtype", facts.gtypes)
    _insert(connection, "transform", facts.transforms)
    _insert(connection, "uses", facts.uses)
    _insert(connection, "carries", facts.carries)
    _insert(connection, "release", [(plan, *row) for row in facts.releases])
    _insert(connection, "contract", [(plan, *row) for row in facts.contracts])
    _insert(connection, "module", [(plan, *row) for row in facts.modules])
    connection.execute("INSERT INTO generation VALUES (?, ?)", (generation, plan))
    connection.execute(FORGET, (_KEPT,))
    for statement in SWEEP:
        connection.execute(statement)
    _seal(connection)


def _kept(connection: sqlite3.Connection) -> Kept:
    generations = connection.execute("SELECT number, plan FROM generation ORDER BY number")
    return Kept(
        dict(generations.fetchall()),
        {
            what: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - a name of ours
            for what, table in _COUNTED.items()
        },
    )


def _check(connection: sqlite3.Connection) -> None:
    """All pages are sound, and what is in them is what was written."""
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise _UnsoundError(str(found).splitlines()[0])
    if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
        raise _UnsoundError("it is not gatid's")
    sealed = connection.execute("SELECT digest FROM seal").fetchall()
    if sealed != [(_digest(connection),)]:
        raise _UnsoundError("its content is not what was written")


def _seal(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM seal")
    connection.execute("INSERT INTO seal VALUES (?)", (_digest(connection),))


def _digest(connection: sqlite3.Connection) -> str:
    """The SHA-256 of the version, the tables as they are declared, and every row but the seal."""
    found = hashlib.sha256(b"%d" % _version(connection))
    tables = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
    ).fetchall()
    for name, sql in tables:
        found.update(repr((name, sql)).encode())
        if name == "seal":
            continue
        keys = connection.execute("SELECT count(*) FROM pragma_table_info(?) WHERE pk", (name,))
        order = ", ".join(str(n + 1) for n in range(keys.fetchone()[0]))
        for row in connection.execute(f'SELECT * FROM "{name}" ORDER BY {order}'):  # noqa: S608 - its own name
            found.update(repr(row).encode())
    return found.hexdigest()


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)  # noqa: S608 - a name of ours


def _rows(connection: sqlite3.Connection, query: str, plan: str) -> tuple[Row, ...]:
    return tuple(connection.execute(query, (plan,)).fetchall())
