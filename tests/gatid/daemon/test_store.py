"""The state directory survives restarts and crashes, and is one daemon's alone."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.daemon.facts import Facts
from gatid.daemon.store import (
    Committed,
    Running,
    StateDirectory,
    StateError,
    held,
    read_plan,
    running,
)
from tests.gatid.forks import fork, wait

NOTHING = Facts("desk")


def test_the_directory_is_the_owners_alone(tmp_path: Path) -> None:
    state = StateDirectory.open(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    state.close()
    loose = tmp_path / "loose"
    loose.mkdir(mode=0o755)
    StateDirectory.open(loose).close()
    assert stat.S_IMODE(loose.stat().st_mode) == 0o700
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot use"):
        StateDirectory.open(tmp_path / "file")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a directory away")
def test_another_users_directory_is_refused(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 12345, 12345)
    with pytest.raises(StateError, match="belongs to another user"):
        StateDirectory.open(theirs)


def test_one_process_holds_it_and_its_death_frees_it(tmp_path: Path) -> None:
    ready, go = os.pipe(), os.pipe()

    def hold() -> None:
        state = StateDirectory.open(tmp_path)
        state.announce(Running("desk", os.getpid(), "control", "entry"))
        os.write(ready[1], b"x")
        os.read(go[0], 1)

    pid = fork(hold)
    os.read(ready[0], 1)
    assert held(tmp_path)
    found = running(tmp_path)
    assert found is not None
    assert found.pid == pid
    with pytest.raises(StateError, match=rf"another daemon \(process {pid}\) holds"):
        StateDirectory.open(tmp_path)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert not held(tmp_path)
    assert running(tmp_path) is None
    StateDirectory.open(tmp_path).close()


def test_children_do_not_hold_it(tmp_path: Path) -> None:
    state = StateDirectory.open(tmp_path)
    go, done = os.pipe(), os.pipe()

    def child() -> None:
        os.read(go[0], 1)

    pid = fork(child)
    state.close()
    assert not held(tmp_path)
    os.write(go[1], b"x")
    wait(pid)
    for fd in (*go, *done):
        os.close(fd)


def test_a_damaged_plan_is_not_read(tmp_path: Path) -> None:
    state = StateDirectory.open(tmp_path)
    plan = state.put(b"one")
    path = state.plan_path(plan)
    assert read_plan(path, plan) == b"one"
    path.write_bytes(b"two")
    with pytest.raises(StateError, match="damaged"):
        read_plan(path, plan)
    assert state.put(b"one") == plan  # and is mended
    assert read_plan(path, plan) == b"one"
    state.close()


def test_numbers_are_never_given_twice(tmp_path: Path) -> None:
    given_out: list[int] = []
    for _ in range(3):
        state = StateDirectory.open(tmp_path)
        given_out += [state.next_generation() for _ in range(3)]
        state.close()
    assert given_out == list(range(1, 10))


def test_old_plans_go_but_not_the_one_that_serves(tmp_path: Path) -> None:
    state = StateDirectory.open(tmp_path)
    plans = [state.put(str(n).encode()) for n in range(30)]
    for age, plan in enumerate(reversed(plans)):
        os.utime(state.plan_path(plan), (1e9 - age, 1e9 - age))
    state.commit(Committed(1, plans[0]), NOTHING)
    state.prune()
    left = {path.stem for path in tmp_path.glob("*.plan")}
    assert left == {plans[0], *plans[-16:]}
    state.close()


@pytest.mark.prop(39)
@given(
    st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=4, unique=True),
    st.integers(0, 60),
)
def test_a_crash_at_any_moment_leaves_the_old_or_the_new(datas: list[bytes], after: int) -> None:
    """A child stores and commits, and dies at its n-th call to the kernel, as kill -9 would."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "state"
        before = StateDirectory.open(path)
        first = before.put(b"first")
        before.commit(Committed(before.next_generation(), first), NOTHING)
        before.close()
        log = os.open(Path(name) / "log", os.O_RDWR | os.O_CREAT)

        def store() -> None:
            _die_after(after)
            state = StateDirectory.open(path)
            for data in datas:
                number = state.next_generation()
                os.pwrite(log, bytes([number]), number)
                plan = state.put(data)
                state.commit(Committed(number, plan), NOTHING)

        pid = fork(store)
        os.waitpid(pid, 0)
        told = [byte for byte in os.pread(log, 100, 0) if byte]
        os.close(log)

        state = StateDirectory.open(path)
        committed = state.committed()
        assert committed is not None
        known = {hashlib.sha256(data).hexdigest(): data for data in (b"first", *datas)}
        assert read_plan(state.plan_path(committed.plan), committed.plan) == known[committed.plan]
        order = [hashlib.sha256(data).hexdigest() for data in (b"first", *datas)]
        assert committed.generation == order.index(committed.plan) + 1
        assert state.next_generation() > max([committed.generation, *told])
        state.close()


def _die_after(count: int) -> None:
    """Ends the process at its `count`-th change of the file system, a half write among them."""
    left = count

    def last() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    write, rename = os.write, Path.rename

    def half_write(fd: int, data: bytes | memoryview) -> int:
        if last():
            write(fd, bytes(data)[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return write(fd, data)

    def no_rename(self: Path, target: Path) -> Path:
        if last():
            os.kill(os.getpid(), signal.SIGKILL)
        renamed = rename(self, target)
        if last():
            os.kill(os.getpid(), signal.SIGKILL)
        return renamed

    os.write = half_write  # type: ignore[assignment]
    Path.rename = no_rename  # type: ignore[method-assign,assignment]
