"""Request ids: ordered, unique, and what they claim to be."""

from __future__ import annotations

import os
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.ingress.request_id import request_ids


@pytest.mark.prop(3)
@given(st.lists(st.integers(-3, 3), max_size=200), st.integers(1, 3))
def test_ids_are_unique_and_in_order(steps: list[int], makers: int) -> None:
    now = 1_770_000_000_000_000_000

    def clock() -> int:
        return now

    made: list[list[str]] = [[] for _ in range(makers)]
    nexts = [request_ids(clock) for _ in range(makers)]
    for i, step in enumerate(steps):
        # The clock goes on, stands still and steps back.
        now += step * 700_000
        made[i % makers].append(nexts[i % makers]())
    everything = [id for ids in made for id in ids]
    assert len(set(everything)) == len(everything)
    for ids in made:
        assert ids == sorted(ids)
    for id in everything:
        parsed = uuid.UUID(id)
        assert (str(parsed), parsed.version, parsed.variant) == (id, 7, uuid.RFC_4122)


def test_more_ids_than_fit_into_a_tick() -> None:
    next_id = request_ids(lambda: 1_770_000_000_000_000_000)
    ids = [next_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))


def test_a_forked_process_makes_other_ids() -> None:
    now = 1_770_000_000_000_000_000
    next_id = request_ids(lambda: now)
    next_id()
    now += 1_000_000
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, next_id().encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        theirs = pipe.read()
    os.waitpid(child, 0)
    assert theirs != next_id()
    assert len(theirs) == 36
