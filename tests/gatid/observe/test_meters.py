"""Counting in shared memory: exact over workers and their deaths, readable by Prometheus."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from gatid.observe.families import FAMILIES, SECONDS, VALUES
from gatid.observe.meters import Meters
from gatid.observe.pages import Kind, MeterPages
from gatid.observe.render import render
from gatid.observe.user_metrics import UserMetrics
from tests.gatid.forks import die, fork, wait, wait_killed

if TYPE_CHECKING:
    from collections.abc import Iterator

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def pages() -> Iterator[MeterPages]:
    made = MeterPages.create(4, page_size=1 << 16)
    yield made
    made.close()


def scrape(pages: MeterPages) -> Samples:
    """What Prometheus would read; a series that is exported twice is a fault."""
    found: Samples = {}
    for family in text_string_to_metric_families(render(pages).decode()):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def labels(**pairs: str) -> frozenset[tuple[str, str]]:
    return frozenset(pairs.items())


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from(["get", 'o"dd\\\n']),
            st.sampled_from([200, 404, 500]),
            st.floats(0, 20),
        ),
        max_size=60,
    )
)
def test_requests_are_counted_over_all_workers(
    asked: list[tuple[int, str, int, float]],
) -> None:
    pages = MeterPages.create(3, page_size=1 << 16)
    workers = [Meters(pages, index) for index in range(3)]
    counts = [
        {route: meters.request(route, "tsv:1-x-1", (200,)) for route in ("get", 'o"dd\\\n')}
        for meters in workers
    ]
    for worker, route, status, seconds in asked:
        counts[worker][route](status, seconds)
    seen = scrape(pages)
    for (route, status), count in Counter((r, s) for _, r, s, _ in asked).items():
        of = labels(route=route, contract="tsv:1-x-1", status=str(status))
        assert seen["gatid_requests_total", of] == count
    for route in {r for _, r, _, _ in asked}:
        took = [s for _, r, _, s in asked if r == route]
        of = labels(route=route, contract="tsv:1-x-1")
        name = "gatid_request_duration_seconds"
        assert seen[f"{name}_count", of] == len(took)
        assert math.isclose(seen[f"{name}_sum", of], sum(took), abs_tol=1e-9)
        for bound in (*SECONDS, math.inf):
            le = "+Inf" if bound == math.inf else repr(bound)
            assert seen[f"{name}_bucket", of | {("le", le)}] == sum(s <= bound for s in took)
    pages.close()


def test_counters_outlive_the_death_of_their_worker(pages: MeterPages) -> None:
    def worker(requests: int, killed: bool) -> None:
        meters = Meters(pages, 1)
        count = meters.request("get", "c", (200,))
        meters.generation.set(7)
        for _ in range(requests):
            meters.in_flight.add(1)
            count(200, 0.5)
        if killed:
            die()

    wait_killed(fork(lambda: worker(10, killed=True)))
    seen = scrape(pages)
    of = labels(route="get", contract="c", status="200")
    assert seen["gatid_requests_total", of] == 10
    assert seen["gatid_requests_in_flight", labels()] == 10
    assert seen["gatid_generation", labels()] == 7

    pages.forget(1)
    seen = scrape(pages)
    assert seen["gatid_requests_total", of] == 10
    assert seen["gatid_requests_in_flight", labels()] == 0
    assert seen["gatid_worker_up", labels(worker="1")] == 0

    wait(fork(lambda: worker(5, killed=False)))
    seen = scrape(pages)
    assert seen["gatid_requests_total", of] == 15
    assert seen["gatid_requests_in_flight", labels()] == 5
    assert seen["gatid_worker_starts_total", labels(worker="1")] == 2
    assert seen["gatid_worker_up", labels(worker="1")] == 1


def test_a_page_has_one_writer(pages: MeterPages) -> None:
    Meters(pages, 2)

    def other() -> None:
        with pytest.raises(BlockingIOError):
            Meters(pages, 2)
        Meters(pages, 3)

    wait(fork(other))


def test_a_record_begun_by_a_killed_writer_is_not_seen(pages: MeterPages) -> None:
    """The child dies after it wrote the record and before it says so."""

    class Deadly:
        def __init__(self, used: memoryview) -> None:
            self._used = used

        def __getitem__(self, index: int) -> int:
            return self._used[index]

        def __setitem__(self, index: int, value: int) -> None:
            die()

    Meters(pages, 0)
    before = list(pages.records(0))

    def child() -> None:
        pages._used[0] = Deadly(pages._used[0])
        pages.append(0, Kind.COUNTER, b'["left_behind_' + b"x" * 100 + b'",[]]', 1, 0)

    wait_killed(fork(child))
    assert list(pages.records(0)) == before
    UserMetrics(Meters(pages, 0)).counter("mine", 3)
    assert scrape(pages)["mine_total", labels()] == 3


def test_a_full_page_drops_and_counts(pages: MeterPages) -> None:
    small = MeterPages.create(1, page_size=4096)
    meters = Meters(small, 0)
    counts = [meters.request(f"route{n}", "c", (200,)) for n in range(50)]
    for count in counts:
        count(200, 0.1)
        count(418, 0.1)
    seen = scrape(small)
    counted = sum(v for (name, _), v in seen.items() if name == "gatid_requests_total")
    assert 0 < counted < 100
    assert seen["gatid_metrics_dropped_total", labels(worker="0")] == 100 - counted
    small.close()


def test_series_of_users_leave_room_for_ours(pages: MeterPages) -> None:
    meters = Meters(pages, 0)
    user = UserMetrics(meters)
    for n in range(5000):
        user.counter("hits", labels={"client": n})
    seen = scrape(pages)
    kept = sum(v for (name, _), v in seen.items() if name == "hits_total")
    assert 0 < kept < 5000
    assert seen["gatid_metrics_dropped_total", labels(worker="0")] == 5000 - kept
    meters.request("new", "c")(200, 0.1)
    of = labels(route="new", contract="c", status="200")
    assert scrape(pages)["gatid_requests_total", of] == 1


metric = st.sampled_from(["orders", "a_b", "x9"])
label_sets = st.dictionaries(
    st.sampled_from(["kind", "who"]),
    st.one_of(st.text(max_size=5), st.sampled_from(['"', "\\", "\n", "\\n", "}", 'a="b",'])),
    max_size=2,
)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.sampled_from(["counter", "gauge", "histogram"]),
            metric,
            label_sets,
            st.integers(0, 20_000),
        ),
        max_size=40,
    )
)
def test_user_metrics_arrive(
    asked: list[tuple[int, str, str, dict[str, str], int]],
) -> None:
    """Any label value, any worker; names are told apart by what they measure."""
    pages = MeterPages.create(2, page_size=1 << 18)
    workers = [UserMetrics(Meters(pages, index)) for index in range(2)]
    expected: Samples = {}
    for worker, kind, base, named, value in asked:
        name = f"{base}_{kind}"
        getattr(workers[worker], kind)(name, value, named)
        of = frozenset((key, _as_utf8(text)) for key, text in named.items())
        if kind == "counter":
            expected[f"{name}_total", of] = expected.get((f"{name}_total", of), 0) + value
        elif kind == "gauge":
            expected[name, of] = value
        else:
            expected[f"{name}_sum", of] = expected.get((f"{name}_sum", of), 0) + value
            expected[f"{name}_count", of] = expected.get((f"{name}_count", of), 0) + 1
            for bound in (*VALUES, math.inf):
                le = ("le", "+Inf" if bound == math.inf else repr(bound))
                bucket = (f"{name}_bucket", of | {le})
                expected[bucket] = expected.get(bucket, 0) + (value <= bound)
    seen = scrape(pages)
    ours = {key: value for key, value in seen.items() if not key[0].startswith("gatid_")}
    assert ours == expected
    pages.close()


def _as_utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def test_what_cannot_be_exported_is_refused(pages: MeterPages) -> None:
    user = UserMetrics(Meters(pages, 0))
    user.counter("orders_total", 2)
    user.counter("orders", 1)
    assert scrape(pages)["orders_total", labels()] == 3
    for name in ("", "9x", "a-b", "a b", "a\n", "gatid_requests", "é"):
        with pytest.raises(ValueError, match=r"name|gatid's own"):
            user.counter(name)
    for label in ("", "le", "__name__", "a-b"):
        with pytest.raises(ValueError, match="cannot be a label"):
            user.gauge("depth", 1, {label: "x"})
    with pytest.raises(ValueError, match="only grows"):
        user.counter("orders", -1)
    with pytest.raises(ValueError, match="only grows"):
        user.counter("orders", math.inf)
    with pytest.raises(ValueError, match="finite"):
        user.histogram("size", math.nan)
    with pytest.raises(ValueError, match="exported by a counter already"):
        user.gauge("orders_total", 1)
    user.histogram("size", 1)
    with pytest.raises(ValueError, match="exported by a histogram already"):
        user.gauge("size_sum", 1)


def test_gauges_may_be_anything(pages: MeterPages) -> None:
    user = UserMetrics(Meters(pages, 0))
    for value in (-1.5, math.inf, -math.inf, math.nan):
        user.gauge("level", value)
        shown = scrape(pages)["level", labels()]
        assert shown == value or (math.isnan(shown) and math.isnan(value))


def test_every_family_is_exported_with_its_help(pages: MeterPages) -> None:
    Meters(pages, 0)
    text = render(pages).decode()
    for family in FAMILIES:
        assert f"# HELP {family.name}" in text
    assert 'gatid_build_info{version="' in text
    assert text.endswith("\n")
