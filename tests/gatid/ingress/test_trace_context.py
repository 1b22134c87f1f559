"""Trace Context, level 2, case by case as the specification has them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.ingress.trace_context import continue_trace

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GOOD = f"00-{TRACE}-{SPAN}-01"

hexes = st.text("0123456789abcdef", min_size=32, max_size=32).filter(lambda t: t.strip("0"))


@given(hexes, hexes.map(lambda t: t[:16]).filter(lambda t: t.strip("0")), st.integers(0, 255))
def test_a_good_parent_is_carried_on(trace_id: str, span_id: str, flags: int) -> None:
    trace = continue_trace([f"00-{trace_id}-{span_id}-{flags:02x}"], [])
    assert (trace.trace_id, trace.parent_id) == (trace_id, span_id)
    assert trace.sampled == bool(flags & 1)
    # Flags that nobody knows are not passed on.
    assert trace.header == f"00-{trace_id}-{trace.span_id}-{flags & 3:02x}"
    assert re.fullmatch("[0-9a-f]{16}", trace.span_id)
    assert trace.span_id not in {span_id, "0" * 16}


@pytest.mark.parametrize(
    "parent",
    [
        "", GOOD.upper(), GOOD + "-", GOOD + "-00", GOOD[:-1], GOOD + "0", " " + GOOD, GOOD + "\n",
        f"ff-{TRACE}-{SPAN}-01", f"0-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE[:-1]}g-{SPAN}-01", f"00-{TRACE}-{SPAN}-0x",
        f"00_{TRACE}_{SPAN}_01", f"01-{TRACE}-{SPAN}-01x", f"cc-{TRACE}-{SPAN}-01.what",
        f"{GOOD},{GOOD}",
    ],
)  # fmt: skip
def test_a_bad_parent_begins_a_new_trace(parent: str) -> None:
    trace = continue_trace([parent], ["a=1"])
    assert trace.trace_id != TRACE
    assert (trace.parent_id, trace.sampled, trace.state) == (None, False, "")
    assert re.fullmatch(f"00-{trace.trace_id}-{trace.span_id}-02", trace.header)


@pytest.mark.parametrize("parents", [[], [GOOD, GOOD]])
def test_no_parent_or_two_begin_a_new_trace(parents: list[str]) -> None:
    assert continue_trace(parents, []).parent_id is None


@pytest.mark.parametrize("more", ["", "-", "-what-comes-next"])
def test_later_versions_are_read_as_far_as_they_are_known(more: str) -> None:
    trace = continue_trace([f"cc-{TRACE}-{SPAN}-09{more}"], [])
    assert trace.header == f"00-{TRACE}-{trace.span_id}-01"


@pytest.mark.parametrize(
    ("states", "kept"),
    [
        (["a=1,b=2"], "a=1,b=2"),
        (["a=1", "b=2"], "a=1,b=2"),
        (["a=1 ,\tb=2", "", ","], "a=1,b=2"),
        (["0a/b*_-=x y"], "0a/b*_-=x y"),
        (["t@sys=1"], "t@sys=1"),
        (["a=1,a=2"], ""),
        (["A=1"], ""),
        (["a"], ""),
        (["a="], ""),
        (["a=b=c"], ""),
        ([f"{'a' * 256}=1"], f"{'a' * 256}=1"),
        ([f"{'a' * 257}=1"], ""),
        ([f"a={'x' * 257}"], ""),
        ([",".join(f"k{i}=1" for i in range(33))], ""),
    ],
)
def test_states(states: list[str], kept: str) -> None:
    assert continue_trace([GOOD], states).state == kept
