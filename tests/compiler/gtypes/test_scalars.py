"""The patterns of the scalars, against an own reading of their grammars."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes import rust, scalars
from gatid_compiler.gtypes.model import Bytes, Format, Scalar, Schema
from gatid_compiler.gtypes.validator import Invalid, validator
from gatid_compiler.gtypes.values import member
from tests.compiler.gtypes.inhabit import SAMPLES, leaf_members

GOOD = {
    Scalar.UUID: ["00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"],
    Scalar.EMAIL: ["joe.bloggs@example.com", '"joe@x"@example.com', "a@[IPv6:::1]", "te~st@e-x.c"],
    Scalar.URL: [
        "http://foo.bar/?baz=qux#quux", "urn:oasis:names:spec", "mailto:a@b.c", "tel:+1-816",
        "ldap://[2001:db8::7]/c=GB?one", "a:", "http://x:/", "http://[v1.a:b]", "file:///etc",
    ],
    Scalar.DATE: ["2020-02-29", "2000-02-29", "1999-12-31"],
    Scalar.TIME: ["08:30:06.283185Z", "23:59:60+00:00", "15:59:60-08:00", "00:29:60+00:30"],
    Scalar.DATETIME: ["1963-06-19T08:30:06.283185Z", "1990-12-31T15:59:60-08:00"],
    Scalar.DURATION: ["P4DT12H30M5S", "P4Y", "PT36H", "P1W", "P0D", "PT0.5H", "P1Y2D", "PT1H2S"],
    Scalar.DECIMAL: ["0", "-0", "12345678901234567890.10"],
    Scalar.IP: ["192.168.0.1", "2001:db8::8a2e:370:7334", "::", "1::", "::ffff:1.2.3.4"],
}  # fmt: skip
BAD = {
    Scalar.UUID: ["2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", ""],
    Scalar.EMAIL: ["a", "@b", "a@", ".a@b", "a.@b", "a..b@c", "a b@c", "é@b", "a@-b", "a@b."],
    Scalar.URL: ["//foo", "/abc", "abc", "http://a b", "http://[::1", "1a:b", "http://x:y", "a:%1",
                 "http://é", "a:\\b", "bar,baz:foo"],
    Scalar.DATE: ["2021-02-29", "1900-02-29", "2020-13-01", "2020-1-1", "2020-01-32", "20200101"],
    Scalar.TIME: ["08:30:06", "24:00:00Z", "22:59:60Z", "23:59:61Z", "08:30:06+24:00", "8:30:06Z",
                  "08:30:06.Z", "08:30:06 Z"],
    Scalar.DATETIME: ["2020-01-01 00:00:00Z", "2020-01-01T00:00:00", "2020-02-30T00:00:00Z"],
    Scalar.DURATION: ["P", "PT", "P1YT", "P1Y2W", "P2D1Y", "1D", "PT1D", "P1.5Y2M", "-P1D", "P1S"],
    Scalar.DECIMAL: ["", "-", "+1", ".5", "1.", "1e3", " 1", "1\n", "٣"],
    Scalar.IP: ["256.1.1.1", "1.2.3", "01.2.3.4", "::1::", "1:2:3:4:5:6:7", "fe80::1%eth0", "::g"],
}  # fmt: skip

EDITS = st.sampled_from([*'019aZzTPYMDHSW:-.+%@=/[]"\\ \n', "", "60", "::", "29"])


def accepted(t: Format | Bytes, text: str) -> bool:
    try:
        validator(Schema(t, {})).python(text)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("scalar", list(Scalar))
def test_texts_known_to_be_right_or_wrong(scalar: Scalar) -> None:
    t = Format(scalar)
    for texts, right in ((GOOD, True), (SAMPLES, True), (BAD, False)):
        for text in texts[scalar]:
            assert accepted(t, text) is right, text
            assert member(text, Schema(t, {})) is right, text
            assert scalars.matches(scalar, text) is right, text


@pytest.mark.prop(13)
@settings(max_examples=700)
@given(st.sampled_from(list(Scalar)).map(Format) | st.builds(Bytes, st.integers(0, 3)), st.data())
def test_patterns_and_readings_agree_near_the_edge(t: Format | Bytes, data: st.DataObject) -> None:
    text = data.draw(leaf_members(t))
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.integers(0, len(text)))
        other = data.draw(
            st.sampled_from([*'019aZzTPYMDHSW:-.+%@=/[]"\\ \n', "", "60", "::", "29"])
        )
        text = text[:place] + other + text[place + data.draw(st.integers(0, 2)) :]
    expected = member(text, Schema(t, {}))
    assert accepted(t, text) == expected
    if isinstance(t, Format):
        assert scalars.matches(t.scalar, text) == expected


def test_the_grammars_need_no_more_than_the_engine_has() -> None:
    for pattern in (*scalars.PATTERNS.values(), *scalars.LEAP_PATTERNS.values(), scalars.BASE64):
        assert rust.refusal(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "text", "matched"),
    [
        (r"[\w-]+", "a_b-c", True),
        (r"[\w-]+", "é", False),
        (r"[^\d]", "٣", True),
        (r"[\D]", "3", False),
        (r"[]\s]", "]", True),
        (r"[^]\s]", "]", False),
        (r"[\[\d]+", "[1", True),
        (r"\\d", "\\d", True),
        (r"a|b", "ab", False),
        (r"^a$", "a\n", False),
        (r"a\b", "a", True),
        (r"\Ba", "a", False),
        (r".", "\n", False),
        (r"[[:alpha:]\d]+", "a1", True),
    ],
)
def test_patterns_match_the_whole_string_in_ascii(pattern: str, text: str, matched: bool) -> None:
    assert rust.matcher(pattern)(text) is matched
