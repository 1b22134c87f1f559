"""Rate limits: exact against a clock and processes that do their worst."""

from __future__ import annotations

import mmap
import time
from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatid.policies.rate import Limiter, RateTable
from gatid_compiler.plan import Rate
from tests.gatid.forks import die, fork, wait, wait_killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECOND = 1_000_000_000


class Clock:
    """A clock that its test moves; in shared memory, so that forked processes see it too."""

    def __init__(self, now: int = 0) -> None:
        self._cell = memoryview(mmap.mmap(-1, 8)).cast("Q")
        self.now = now

    @property
    def now(self) -> int:
        return self._cell[0]

    @now.setter
    def now(self, value: int) -> None:
        self._cell[0] = value

    def __call__(self) -> int:
        return self._cell[0]


def limit(count: int, period: int, burst: int, scope: str = "app") -> Rate:
    return Rate(scope, count, period, "address", burst)


@pytest.fixture
def clock() -> Clock:
    return Clock(5 * SECOND)


@pytest.fixture
def table(clock: Clock) -> Iterator[RateTable]:
    made = RateTable.create(64, clock=clock)
    yield made
    made.close()


limits = st.builds(
    limit,
    count=st.integers(1, 1000),
    period=st.sampled_from([1000, 60_000, 3_600_000, 86_400_000]),
    burst=st.integers(1, 20),
)
steps = st.one_of(
    st.just(0),
    st.integers(0, 10 * SECOND),
    st.integers(-10 * SECOND, 0),
    st.sampled_from([1, -1, SECOND, 3600 * SECOND, -3600 * SECOND]),
)


def at_most(rate: Rate, moments: list[int]) -> bool:
    """Whether no interval holds more than burst + rate × t, in exact numbers."""
    per_ns = Fraction(rate.count, rate.period * 1_000_000)
    return all(
        last - first + 1 <= rate.burst + per_ns * (moments[last] - moments[first])
        for first in range(len(moments))
        for last in range(first, len(moments))
    )


@pytest.mark.prop(34)
@given(
    limits,
    st.lists(st.tuples(steps, st.sampled_from("abc"), st.booleans()), max_size=120),
)
@example(limit(1, 1000, 1), [(0, "a", False), (-5, "a", False), (3600 * SECOND, "a", True)])
@example(limit(1, 1000, 1), [(n * 3600 * SECOND, "a", False) for n in (0, -1, 1)])
def test_never_more_than_burst_and_rate(rate: Rate, asked: list[tuple[int, str, bool]]) -> None:
    """Whatever the clock does, also over reloads. Where it steps back, time stands still."""
    clock = Clock(10_000 * SECOND)
    table = RateTable.create(64, clock=clock)
    limiter = Limiter(rate, table)
    passed: defaultdict[str, list[int]] = defaultdict(list)
    latest = 0
    for step, key, reload in asked:
        clock.now = max(0, clock.now + step)
        latest = max(latest, clock.now)
        if reload:
            limiter = Limiter(rate, table)
        if limiter.take(key) == 0.0:
            passed[key].append(latest)
    assert all(at_most(rate, moments) for moments in passed.values())
    table.close()


@pytest.mark.prop(34)
@given(limits, st.lists(st.integers(0, SECOND), max_size=60), st.integers(0, 2**60))
def test_a_client_under_the_rate_is_never_refused(
    rate: Rate, pauses: list[int], start: int
) -> None:
    """Under the rate: between two requests lies at least the time that one token needs."""
    clock = Clock(start)
    table = RateTable.create(64, clock=clock)
    limiter = Limiter(rate, table)
    greedy = Limiter(rate, table)
    exact = Fraction(rate.period * 1_000_000, rate.count)
    for pause in pauses:
        assert limiter.take("well-behaved") == 0.0
        greedy.take("someone else")
        needed = exact.__ceil__()
        clock.now += needed + pause
    table.close()


@given(limits, st.lists(st.integers(0, 5 * SECOND), max_size=60))
def test_it_is_the_token_bucket(rate: Rate, gaps: list[int]) -> None:
    """An oracle that counts tokens, of whole nanoseconds each, agrees on every request."""
    clock = Clock(SECOND)
    table = RateTable.create(64, clock=clock)
    limiter = Limiter(rate, table)
    token = -(-rate.period * 1_000_000 // rate.count)
    tokens = rate.burst * token
    for gap in gaps:
        clock.now += gap
        tokens = min(rate.burst * token, tokens + gap)
        wait_for = limiter.take("k")
        if tokens >= token:
            assert wait_for == 0.0
            tokens -= token
        else:
            assert wait_for == (token - tokens) / SECOND
    table.close()


def test_the_wait_it_says_is_the_wait_it_needs(clock: Clock, table: RateTable) -> None:
    limiter = Limiter(limit(2, 1000, 3), table)
    assert [limiter.take("k") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    clock.now += SECOND // 2 - 1
    assert limiter.take("k") > 0
    clock.now += 1
    assert limiter.take("k") == 0.0


def test_scopes_have_buckets_of_their_own(table: RateTable) -> None:
    one, other = (Limiter(limit(1, 1000, 1, scope), table) for scope in ("app", "route x"))
    same = Limiter(limit(1, 1000, 1, "app"), table)
    assert (one.take("k"), other.take("k")) == (0.0, 0.0)
    assert same.take("k") > 0


def test_a_reload_keeps_the_bucket_and_a_faster_limit_is_not_held_back(
    clock: Clock, table: RateTable
) -> None:
    slow = Limiter(limit(2, 86_400_000, 2), table)
    assert [slow.take("k") for _ in range(2)] == [0.0, 0.0]
    fast = Limiter(limit(10, 1000, 2), table)
    assert fast.take("k") == 0.1
    clock.now += SECOND // 10
    assert fast.take("k") == 0.0


def test_a_full_table_refuses_new_keys_and_serves_the_old(clock: Clock, table: RateTable) -> None:
    limiter = Limiter(limit(2, 1000, 2), table)
    assert {limiter.take(f"k{n}") for n in range(64)} == {0.0}
    assert limiter.take("new") == 0.5
    assert limiter.take("k1") == 0.0
    clock.now += SECOND // 2
    # The debts of all but `k1` are paid, so their places are free.
    assert {limiter.take(f"n{n}") for n in range(63)} == {0.0}
    assert limiter.take("one more") > 0


def test_strange_keys_are_keys(table: RateTable) -> None:
    limiter = Limiter(limit(1, 1000, 1), table)
    keys = ["", "\0", "\ud800", "é", "x" * 100_000]
    assert [limiter.take(key) for key in keys] == [0.0] * len(keys)
    assert all(limiter.take(key) > 0 for key in keys)


class Dawdling:
    """Buckets whose readers take their time before they write, so that races would be seen."""

    def __init__(self, times: memoryview) -> None:
        self._times = times

    def __getitem__(self, index: int) -> int:
        value = self._times[index]
        time.sleep(0.0002)
        return value

    def __setitem__(self, index: int, value: int) -> None:
        self._times[index] = value


@pytest.mark.prop(34)
def test_workers_share_one_limit_exactly(
    clock: Clock, table: RateTable, record_property: Callable[[str, object], None]
) -> None:
    """Four processes take all they can get, at each moment of a clock they share."""
    rate = limit(3, 1000, 5)
    passed = memoryview(mmap.mmap(-1, 4 * 8)).cast("Q")
    limiter = Limiter(rate, table)
    limiter.take("k")

    def worker(index: int) -> None:
        table._full_at = Dawdling(table._full_at)
        for _ in range(10):
            passed[index] += limiter.take("k") == 0.0

    start = clock.now
    for moment in range(12):
        clock.now = start + moment * SECOND // 6
        wait(*(fork(lambda index=index: worker(index)) for index in range(4)))
        # Half a token a moment; the interval is 333,333,334 ns, so whole tokens come late.
        grown = (clock.now - start) // -(-SECOND // 3)
        assert 1 + sum(passed) == rate.burst + grown
    record_property("examples", 12 * 4 * 10)


def test_a_key_is_not_found_across_two_others(table: RateTable) -> None:
    half, none = b"A" * 8, bytes(8)
    for key in (none + half, half + none, half + half):
        assert table.take(key, SECOND, 0) == 0


def test_workers_do_not_mix_keys(clock: Clock, table: RateTable) -> None:
    """New keys of several processes that race for places in one set get one bucket each."""
    rate = limit(1, 1000, 1)
    passed = memoryview(mmap.mmap(-1, 4 * 8)).cast("Q")

    def worker(index: int) -> None:
        limiter = Limiter(rate, table)
        for turn in range(64):
            passed[index] += limiter.take(f"k{(turn * (2 * index + 1)) % 64}") == 0.0

    wait(*(fork(lambda index=index: worker(index)) for index in range(4)))
    assert sum(passed) == 64


def test_a_killed_holder_leaves_the_lock_free(clock: Clock) -> None:
    """The clock is read under the lock, so a child that dies in it dies as the holder."""
    dying = [False]

    def deadly() -> int:
        if dying[0]:
            die()
        return clock.now

    table = RateTable.create(64, clock=deadly)
    limiter = Limiter(limit(1, 1000, 2), table)

    def child() -> None:
        dying[0] = True
        limiter.take("k")

    wait_killed(fork(child))
    assert [limiter.take("k") == 0.0 for _ in range(3)] == [True, True, False]
    table.close()


@pytest.mark.parametrize("taken", [0, 1])
def test_a_writer_killed_in_between_leaves_the_bucket_before(table: RateTable, taken: int) -> None:
    """Killed after the key and before the time: the bucket is what it was."""
    limiter = Limiter(limit(1, 1000, 3), table)
    for _ in range(taken):
        limiter.take("k")

    class Deadly:
        def __init__(self, times: memoryview) -> None:
            self._times = times

        def __getitem__(self, index: int | slice) -> object:
            return self._times[index]

        def __setitem__(self, index: int, value: int) -> None:
            die()

    def child() -> None:
        table._full_at = Deadly(table._full_at)
        limiter.take("k")

    wait_killed(fork(child))
    assert [limiter.take("k") == 0.0 for _ in range(4 - taken)] == [True] * (3 - taken) + [False]


def test_the_clock_of_the_system_is_the_default() -> None:
    table = RateTable.create(1)
    assert table.slots == 64
    assert Limiter(limit(1, 86_400_000, 1), table).take("k") == 0.0
    assert 86_390 < Limiter(limit(1, 86_400_000, 1), table).take("k") <= 86_400
    table.close()


def test_a_table_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one slot"):
        RateTable.create(0)
