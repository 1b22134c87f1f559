"""What the store holds is the old content or the new one, or it is said that it is damaged."""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid.daemon import database, schema
from gatid.daemon.database import DamagedError, Database
from gatid.daemon.facts import Facts, facts
from tests.gatid.endpoint.plans import applications
from tests.gatid.forks import die, fork

if TYPE_CHECKING:
    from gatid_compiler.plan import Plan


@pytest.fixture(scope="module")
def pool() -> list[Facts]:
    """What some generated plans say; plans are dear, and which ones matters little here."""
    drawn: list[Facts] = []

    @settings(max_examples=POOL, database=None, derandomize=True)
    @given(applications())
    def draw(made: tuple[Plan, object]) -> None:
        drawn.append(facts(made[0]))

    draw()
    return sorted(drawn, key=lambda what: len(what.manifests))


POOL = 40
some = st.integers(0, POOL - 1)
Content = dict[int, tuple[str, Facts | None]]


def content(store: Database) -> Content:
    return {n: (plan, store.facts(plan)) for n, plan in store.kept().generations.items()}


def commit(store: Database, number: int, what: Facts) -> None:
    store.commit(number, f"plan{number}", 10, what)


def expected(all_said: list[Facts], last: int) -> Content:
    return {n: (f"plan{n}", all_said[n - 1]) for n in range(max(1, last - 15), last + 1)}


@pytest.mark.prop(39)
@settings(max_examples=100, deadline=None)
@given(st.lists(some, min_size=1, max_size=4))
def test_what_was_committed_is_read_back_whole(pool: list[Facts], chosen: list[int]) -> None:
    all_said = [pool[n % len(pool)] for n in chosen]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        for number, what in enumerate(all_said, 1):
            commit(Database.open(path), number, Facts.from_json(what.to_json()))
            assert content(Database.open(path)) == expected(all_said, number)


@pytest.mark.prop(39)
@settings(max_examples=100, deadline=None)
@given(st.lists(some, min_size=1, max_size=3), st.integers(0, 400))
def test_killed_inside_a_commit(pool: list[Facts], chosen: list[int], steps: int) -> None:
    """A child dies after so many steps of SQLite's, a commit's begin and end among them."""
    all_said = [pool[n % len(pool)] for n in chosen]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        commit(Database.open(path), 1, all_said[0])
        log = os.open(Path(folder) / "log", os.O_RDWR | os.O_CREAT)

        def store() -> None:
            _die_after(steps)
            for number, what in enumerate(all_said, 2):
                commit(Database.open(path), number, what)
                os.pwrite(log, b"x", number)

        os.waitpid(fork(store), 0)
        last = max(1, len(os.pread(log, 100, 0)) - 1)
        os.close(log)
        kept = content(Database.open(path))
        everything = [all_said[0], *all_said]
        assert kept in [expected(everything, n) for n in (last, last + 1) if n <= len(everything)]


def _die_after(steps: int) -> None:
    """Ends the process at its n-th statement or hundredth step of SQLite's machine."""
    left = steps
    connect = sqlite3.connect

    def step(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            die()

    def watched(*args: Any, **more: Any) -> sqlite3.Connection:
        made: sqlite3.Connection = connect(*args, **more)
        made.set_progress_handler(step, 100)
        made.set_trace_callback(step)
        return made

    sqlite3.connect = watched  # type: ignore[assignment]


@pytest.fixture(scope="module")
def crashed(
    tmp_path_factory: pytest.TempPathFactory, pool: list[Facts]
) -> tuple[Path, list[Content]]:
    """A database as a crash leaves it, its second commit only in its log; and both contents."""
    folder = tmp_path_factory.mktemp("crashed")
    path = folder / "store.db"
    drawn = pool[-2:]

    def store() -> None:
        commit(Database.open(path), 1, drawn[0])
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("SELECT * FROM seal").fetchall()
            commit(Database(path), 2, drawn[1])
            die()

    os.waitpid(fork(store), 0)
    assert (folder / "store.db-wal").stat().st_size > 1000
    (folder / "store.db-shm").unlink(missing_ok=True)
    return path, [expected(drawn, 1), expected(drawn, 2)]


damage = st.tuples(
    st.sampled_from(["store.db", "store.db-wal"]),
    st.sampled_from(["cut", "flip", "zeros", "noise"]),
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 5000),
    st.randoms(use_true_random=False),
)


@pytest.mark.prop(39)
@settings(max_examples=300, deadline=None)
@given(st.lists(damage, min_size=1, max_size=3), st.booleans())
def test_torn_and_overwritten_files(
    crashed: tuple[Path, list[Content]],
    damages: list[tuple[str, str, float, int, random.Random]],
    logged: bool,
) -> None:
    """With the log of a crash beside it, or all written back: old, new, or named."""
    path, contents = crashed
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder) / "store.db"
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{there}{suffix}")
        if not logged:
            assert content(Database.open(there)) == contents[1]
            assert not Path(f"{there}-wal").exists()
        for name, how, at, size, noise in damages:
            if (Path(folder) / name).exists():
                _damage(Path(folder) / name, how, at, size, noise)
        try:
            found = content(Database.open(there))
        except DamagedError as error:
            assert str(there) in str(error)  # noqa: PT017 - both ends are right
            assert "move it away" in str(error)  # noqa: PT017
        else:
            assert found in (contents if logged else contents[1:])


def _damage(path: Path, how: str, at: float, size: int, noise: random.Random) -> None:
    data = bytearray(path.read_bytes())
    start = int(at * len(data))
    end = min(len(data), start + size)
    match how:
        case "cut":
            del data[start:]
        case "flip" if data:
            data[start] ^= 1 << (size % 8)
        case "zeros":
            data[start:end] = bytes(end - start)
        case "noise":
            data[start:end] = noise.randbytes(end - start)
    path.write_bytes(data)


@pytest.mark.prop(39)
def test_kill_9_of_a_writer_at_random_moments(tmp_path: Path) -> None:
    """What a writer was told is on disk is there; what it was about to write is whole or not."""
    path = tmp_path / "store.db"
    fixed = Facts("desk", transforms=(("t", "x" * 20_000),))
    last = 0
    chance = random.Random(39)  # noqa: S311 - moments, no secrets
    for _ in range(25):
        read, write = os.pipe()

        def store(write: int = write, begin: int = last + 1) -> None:
            for number in range(begin, begin + 1000):
                commit(Database.open(path), number, _numbered(fixed, number))
                os.write(write, number.to_bytes(4, "big"))

        pid = fork(store)
        os.close(write)
        for _ in range(chance.randrange(3)):
            last = int.from_bytes(os.read(read, 4), "big")
        select.select([], [], [], chance.random() * 0.02)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        while told := os.read(read, 4):
            last = int.from_bytes(told, "big")
        os.close(read)
        kept = content(Database.open(path))
        newest = max(kept, default=0)
        assert newest in (last, last + 1)
        for number, (_, what) in kept.items():
            assert what == _numbered(fixed, number)
        last = newest
    assert last


def _numbered(what: Facts, number: int) -> Facts:
    """Facts of which a part is this generation's alone, all of it referred to."""
    name = f"m{number}"
    return replace(
        what,
        contracts=((f"c{number}", "r", 1, 0, None, name),),
        manifests=((name, f"{number:08}" * 500),),
        carries=((name, "forward", 0, "t", 1),),
    )


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Database.open(path)
    shared = Facts("desk", transforms=(("t", "x"),))
    sizes = []
    for number in range(1, 120):
        commit(store, number, _numbered(shared, number))
        sizes.append(path.stat().st_size)
    assert list(store.kept().generations) == list(range(104, 120))
    assert store.facts("plan103") is None
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM manifest").fetchone() == (16,)
    assert max(sizes[40:]) == max(sizes[:40])


def test_a_newer_format_is_refused_and_an_older_one_brought_forward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    what = Facts("desk")
    commit(Database.open(path), 1, what)
    more = (*schema.MIGRATIONS, ("ALTER TABLE plan ADD COLUMN note TEXT",))
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", more)
        assert content(Database.open(path)) == {1: ("plan1", what)}
        assert content(Database.open(path)) == {1: ("plan1", what)}
    with pytest.raises(DamagedError, match="a newer gatid"):
        Database.open(path)


def test_another_file_in_its_place_is_named(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch()
    with pytest.raises(DamagedError, match="it is empty"):
        Database.open(path)
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE a (b)")
    with pytest.raises(DamagedError, match="not gatid's"):
        Database.open(path)
