"""Where snapshots are kept: whole or not at all, for so long, and no more than so many."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.snapshots import Directory, SnapshotError

if TYPE_CHECKING:
    from pathlib import Path

    from gatid.snapshots.store import Entry


def put(directory: Directory, taken: int, until: int, size: int) -> str:
    directory.path.mkdir(exist_ok=True)
    name = f"{taken:013d}-{until:013d}-{uuid.uuid4()}.json"
    (directory.path / name).write_bytes(b"{" + b" " * (size - 2) + b"}")
    return name


@given(
    kept=st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(2, 40)), max_size=12
    ),
    now=st.integers(0, 60),
    most=st.integers(0, 300),
)
def test_what_is_old_goes_and_then_the_oldest_of_too_much(
    tmp_path_factory: pytest.TempPathFactory, kept: list[tuple[int, int, int]], now: int, most: int
) -> None:
    directory = Directory(tmp_path_factory.mktemp("state"))
    sizes = {put(directory, 1000 * a, 1000 * b, size): size for a, b, size in kept}
    left = sorted(name for name in sizes if int(name.split("-")[1]) > now * 1000)
    while sum(sizes[name] for name in left) > most:
        left.pop(0)
    assert directory.sweep(now, most) == len(sizes) - len(left)
    assert [entry.path.name for entry in directory.entries()] == left


def test_what_was_not_finished_is_no_snapshot(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    assert directory.entries() == []
    name = put(directory, 1, 10_000, 10)
    left = directory.path / f".{name}.abc.new"
    left.write_bytes(b"{")
    (directory.path / "notes.txt").write_text("of somebody")
    assert [entry.path.name for entry in directory.entries()] == [name]
    directory.sweep(left.stat().st_mtime + 1, 1000)
    assert left.exists(), "its writer may still be at it"
    put(directory, 1, 10_000_000_000_000 - 1, 10)
    directory.sweep(left.stat().st_mtime + 100, 1000)
    assert not left.exists()
    assert (directory.path / "notes.txt").exists()


def test_one_is_found_by_a_part_of_its_id(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    put(directory, 1, 10, 10)
    put(directory, 2, 10, 10)
    first, second = directory.entries()
    assert directory.find(first.id) == first
    assert directory.find(second.id[:12]) == second
    with pytest.raises(SnapshotError, match="2 snapshots"):
        directory.find("")
    with pytest.raises(SnapshotError, match="no snapshot"):
        directory.find("none")
    second.path.write_bytes(b"{")
    with pytest.raises(SnapshotError, match="damaged"):
        directory.read(second)
    gone: Entry = first
    first.path.unlink()
    with pytest.raises(SnapshotError, match="removed"):
        directory.read(gone)
