"""What generated code calls for conversions is what the calendar and fractions say."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from gatid_compiler.gtypes.model import Format, Scalar, Schema
from gatid_compiler.gtypes.values import member
from gatid_compiler.timescape.lenses import library
from gatid_compiler.timescape.lenses.moments import FIRST_SECOND, LAST_SECOND
from gatid_compiler.timescape.proofs.spans import written_between
from tests.compiler.timescape.conversions import START, moment
from tests.compiler.timescape.projects import function, project

MOMENTS = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31))  # noqa: DTZ001
ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


ENDS = st.sampled_from([FIRST_SECOND, -62135596800, 253402300799, LAST_SECOND])
NEAR_ENDS = st.builds(int.__add__, ENDS, st.integers(-90_000, 90_000))


@given(st.integers(-70_000_000_000, 260_000_000_000) | NEAR_ENDS)
def test_seconds_are_moments(seconds: int) -> None:
    assert library.moment_text(seconds, 1) == moment(seconds, "s")
    assert isinstance(library.moment_text(seconds, 1), str) == (
        FIRST_SECOND <= seconds <= LAST_SECOND
    )
    text = library.moment_text(seconds * 1000 + 7, 1000)
    assert text == moment(seconds * 1000 + 7, "ms")
    if isinstance(text, str):
        assert member(text, Schema(Format(Scalar.DATETIME), {}))
        assert library.moment_number(text, 1000) == seconds * 1000 + 7


@given(MOMENTS, ZONES, st.sampled_from(["auto", "seconds", "milliseconds"]))
def test_moments_of_all_zones_are_seconds(when: datetime, zone: timezone, digits: str) -> None:
    text = when.replace(tzinfo=zone).isoformat(timespec=digits)
    read = datetime.fromisoformat(text)
    assert library.moment_number(text, 1) == (read - START) // timedelta(seconds=1)
    assert library.moment_number(text, 1000) == (read - START) // timedelta(milliseconds=1)
    utc = when.replace(tzinfo=UTC, microsecond=0).isoformat().replace("+00:00", "z")
    assert library.moment_text(library.moment_number(utc, 1), 1) == utc.upper()


@given(st.integers(), st.integers().filter(bool))
def test_ratios_round_half_to_even(value: int, by: int) -> None:
    assert library.whole_ratio(value, by) == round(Fraction(value, by))


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back_from_text(value: float) -> None:
    assert repr(library.text_number(library.number_text(value))) == repr(value)


_NEAR = st.integers(-1200, 1200) | st.integers(-(10**18), 10**18)


@given(_NEAR, _NEAR, _NEAR, st.integers(0, 4))
def test_texts_of_a_range_write_what_is_in_it(a: int, b: int, value: int, zeros: int) -> None:
    low, high = sorted((a, b))
    pattern = written_between(low, high, 3)
    for each in (value, low, high, low - 1, high + 1, (low + high) // 2):
        text = ("-" if each < 0 else "") + "0" * zeros + str(abs(each))
        assert bool(re.fullmatch(pattern, text)) is (low <= each <= high and zeros <= 3)


@given(st.text() | st.from_regex(r"[-+0-9.eE_]+"))
def test_what_is_no_number_stays_text(text: str) -> None:
    assert isinstance(library.text_int(text), int | str)
    assert isinstance(library.text_number(text), int | float | str)
    assert library.text_bool(text) == {"true": True, "false": False}.get(text, text)


def test_overflow_is_no_finite_number() -> None:
    assert library.times(10**400, 0.5) == float("inf")
    assert library.over(10**400, 0.5) == float("inf")
    assert library.whole(float("inf")) == float("inf")


def test_prices_in_cents_and_moments() -> None:
    read = project("""
version 2025-01-01 as v1
version 2025-02-01 as v2
type Order { price: int(0..1000000), at: DateTime, paid: bool | null }
route put PUT /order {
  body Order
  returns Order
  handler m:f
}
change v2 {
  type Order {
    convert price: number(0..10000) -> int(0..1000000) by scale(100)
    convert at: int(0..4000000000) -> DateTime by epoch(s)
    convert paid: "true" | "false" | null -> bool | null by text
  }
}
""")
    old, _ = read.contracts("put")
    assert old.up is not None
    assert old.up.checked == ()
    forward = function(old.up.source, "forward")
    sent = {"price": 12.345, "at": 86400, "paid": None}
    now = {"price": 1234, "at": "1970-01-02T00:00:00Z", "paid": None}
    assert forward(sent) == now
    (down,) = old.down
    backward = function(down.source, "backward")
    assert backward(now | {"paid": True}) == {"price": 12.34, "at": 86400, "paid": "true"}
