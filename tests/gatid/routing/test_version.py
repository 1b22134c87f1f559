"""Which release is meant, against the rules written out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.ingress.problem import ProblemError
from gatid.routing.version import Timeline
from gatid_compiler import plan as p
from tests.gatid.endpoint.build import contract, plan, route, shape
from tests.gatid.endpoint.wire import Fields

BOTH = p.Selectors("X-Gati-Version", "version", path=True, default="latest")
START = datetime(2025, 1, 1, tzinfo=UTC)


def release(at: datetime, *tags: str, sunset: int | None = None) -> p.Release:
    date = at.strftime("%Y-%m-%d")
    return p.Release(int(at.timestamp()), date, tags[0] if tags else date, tags, sunset)


def timeline(
    releases: tuple[p.Release, ...], selectors: p.Selectors = BOTH, now: datetime = START
) -> Timeline:
    only = contract("get", "GET", (), shape(), unix=releases[0].unix)
    return Timeline(plan(route("get", only), releases=releases), selectors, now.timestamp)


moments = st.integers(0, 500 * 24).map(lambda hours: START + timedelta(hours=hours))


@pytest.mark.prop(33)
@given(st.lists(moments, min_size=1, max_size=5, unique=True), moments, moments, st.booleans())
def test_moments_and_dates(
    cuts: list[datetime], asked: datetime, now: datetime, by_date: bool
) -> None:
    cuts.sort()
    line = timeline(tuple(release(at) for at in cuts), now=now)
    if by_date:
        text = asked.strftime("%Y-%m-%d")
        until = datetime(asked.year, asked.month, asked.day, tzinfo=UTC) + timedelta(days=1)
        before = [i for i, at in enumerate(cuts) if at < until]
        too_late = until.date() > now.date() + timedelta(days=1)
    else:
        text = asked.strftime("%Y-%m-%dT%H:%M:%SZ")
        before = [i for i, at in enumerate(cuts) if at <= asked]
        too_late = asked.date() > now.date()
    if too_late or not before:
        with pytest.raises(ProblemError) as refused:
            line.resolve(text)
        assert refused.value.status == 400
    else:
        assert line.resolve(text).release == before[-1]
        assert line.resolve(text) == line.resolve(text)


THREE = (
    release(START, "v1"),
    release(datetime(2025, 6, 1, tzinfo=UTC), "v2", "stable"),
    release(datetime(2026, 1, 1, 9, 30, tzinfo=UTC)),
)
LATER = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("v1", 0), ("v2", 1), ("stable", 1), ("2025-01-01", 0), ("2025-05-31", 0),
        ("2025-06-01", 1), ("2026-01-01", 2), ("2025-12-31", 1), ("2026-05-01", 2),
        ("2026-01-01T09:29:59Z", 1), ("2026-01-01T09:30:00Z", 2), ("2026-01-01t09:30:00z", 2),
        ("2026-01-01T10:30:00+01:00", 2), ("2026-01-01T09:29:59.999+00:00", 1),
        (f"tsv:{THREE[0].unix}-get-1", 0), ("2026-05-01T23:59:59Z", 2),
    ],
)  # fmt: skip
def test_what_is_meant(text: str, index: int) -> None:
    assert timeline(THREE, now=LATER).resolve(text).release == index


@pytest.mark.parametrize(
    "text",
    ["", " ", "v3", "V1", "latest", "2026-05-02", "2026-05-02T00:00:00Z", "2024-12-31",
     "2025-02-30", "2025-13-01", "20250101", "2025-1-1", "2025-01-01T00:00:00", "1735689600",
     "2025-01-01T24:00:00Z", "tsv:1-get-1", f"tsv:{THREE[0].unix}-get-2", "tsv:", "٢٠٢٥-٠١-٠١"],
)  # fmt: skip
def test_what_means_nothing(text: str) -> None:
    with pytest.raises(ProblemError) as refused:
        timeline(THREE, now=LATER).resolve(text)
    assert refused.value.status == 400


def explicit(line: Timeline, segment: str | None, query: Any, *headers: str) -> int | None:
    asked = line.explicit(segment, query, Fields([("X-Gati-Version", h) for h in headers]))
    return None if asked is None else asked.release


def test_the_first_that_is_present_wins() -> None:
    line = timeline(THREE, now=LATER)
    assert explicit(line, "v1", {"version": ["v2"]}, "2026-01-01") == 0
    assert explicit(line, None, {"version": ["v2"]}, "v1") == 1
    assert explicit(line, None, {"other": ["v2"]}, "v1") == 0
    assert explicit(line, None, None) is None
    for query, headers in [({"version": ["v1", "v1"]}, ()), ({"version": [""]}, ()), (None, ("v1", "v1")), (None, ("",))]:  # fmt: skip  # noqa: E501
        with pytest.raises(ProblemError):
            explicit(line, None, query, *headers)


def test_only_what_is_named_selects() -> None:
    only = p.Selectors(None, "v", path=False, default="oldest")
    line = timeline(THREE, only, LATER)
    assert explicit(line, None, {"version": ["v1"]}, "v2") is None
    assert line.default == 0


@pytest.mark.parametrize(
    ("default", "index"), [("latest", 2), ("oldest", 0), ("stable", 1), ("require", -1)]
)
def test_defaults(default: str, index: int) -> None:
    assert timeline(THREE, p.Selectors("h", None, path=False, default=default)).default == index


def test_what_reads_as_a_selector() -> None:
    line = timeline(THREE)
    for segment in (
        "v1",
        "stable",
        "2025-01-01",
        "2025-99-99",
        "tsv:1-a-1",
        "2025-01-01T00:00:00Z",
    ):
        assert line.reads(segment)
    for segment in ("", "v3", "orders", "2025", "latest"):
        assert not line.reads(segment)


def test_past_its_sunset_a_release_is_gone() -> None:
    releases = (release(START, "v1", sunset=int(LATER.timestamp())), *THREE[1:])
    line = timeline(releases, now=LATER)
    line.alive(1, "/a b")
    with pytest.raises(ProblemError) as gone:
        line.alive(0, "/a b")
    assert gone.value.status == 410
    link = '</a%20b?version=v2>; rel="successor-version"'
    assert gone.value.headers == (("link", link),)
    timeline(releases, now=LATER - timedelta(seconds=1)).alive(0, "/")


def test_a_retired_version_points_to_the_next_one_as_it_can_be_asked_for() -> None:
    releases = (release(START, "v1", sunset=int(LATER.timestamp())), *THREE[1:])
    for selectors, link in [
        (p.Selectors(None, "v", path=True, default="latest"), "/a?v=v2"),
        (p.Selectors(None, None, path=True, default="latest"), "/v2/a"),
        (p.Selectors("X-V", None, path=False, default="latest"), "/a"),
    ]:
        with pytest.raises(ProblemError) as gone:
            timeline(releases, selectors, now=LATER).alive(0, "/a")
        assert gone.value.headers == (("link", f'<{link}>; rel="successor-version"'),)
