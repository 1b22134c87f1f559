"""What counts as JSON: RFC 8259, in UTF-8, against Python's own reader."""

from __future__ import annotations

import json
import re
from typing import Any as Value
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes.faults import Invalid, Malformed
from gatid_compiler.gtypes.model import Any, Int, Number, Schema
from gatid_compiler.gtypes.validator import validator
from gatid_compiler.gtypes.values import member
from tests.compiler.gtypes.inhabit import any_json

ANYTHING = validator(Schema(Any(), {}))
NUMBER = validator(Schema(Int(), {}))


def refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def reads(text: bytes) -> Value:
    """The value as Python reads it under the RFC; a pair of surrogates must be whole."""
    value = json.loads(text.decode(), parse_constant=refuse)
    json.dumps(value, ensure_ascii=False).encode()
    return value


@pytest.mark.parametrize(
    "text",
    [
        b"", b" ", b"nul", b"nan", b"NaN", b"-NaN", b"Infinity", b"[Infinity]", b"01", b"-", b"+1",
        b"1.", b".5", b"1e", b"0x1", b"'a'", b'"a', b'"\t"', b'"\\x"', b'"\\u12"', b'"\\ud800"',
        b'"\\ud800\\u0041"', b"[1,]", b"[,1]", b"[1 2]", b'{"a"}', b'{"a":}', b'{a:1}', b"{1:1}",
        b'{"a":1,}', b"[1]]", b"1 2", b"\xef\xbb\xbf1", b"\xff", b'"\xc0\xaf"', b'"\xed\xa0\x80"',
        b"[\x0c1]", b"/**/1", b"1#", b"[" * 300, b"\x001", b"1\x00", "１".encode(),
        "[1]".encode("utf-16"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_malformed(text: bytes) -> None:
    for made in (ANYTHING, NUMBER):
        with pytest.raises(Malformed) as caught:
            made.json(text)
        assert caught.value.message
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "text",
    [
        b" [ ] ", b"\t\r\n{ }\n", b"-0", b"-0.0e-0", b"1E+2", b'"\\u0000"', b'"\\ud83d\\ude00"',
        b'"\x7f"', "\"\u2028\U0010ffff\"".encode(), b'{"":0}', b'{"a":1,"a":2}', b'"\\/"',
        b"1e-400", b"123456789012345678901234567890", b"0.1234567890123456789",
    ],
)  # fmt: skip
def test_what_is_json_is_read(text: bytes) -> None:
    assert ANYTHING.json(text) == reads(text)


@settings(max_examples=500)
@given(any_json(), st.data())
def test_text_with_one_octet_changed(value: Value, data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans())).encode()
    place = data.draw(st.integers(0, len(text)))
    octet = data.draw(st.sampled_from([*b'"\\{}[]:,.-+eE019 \n\tntfau', 0, 0xC3, 0xA9, 0xED]))
    text = text[:place] + bytes([octet]) + text[place + data.draw(st.integers(0, 1)) :]
    try:
        expected = reads(text)
    except (ValueError, RecursionError):
        with pytest.raises(Malformed):
            ANYTHING.json(text)
        return
    if member(expected, Schema(Any(), {})):
        assert ANYTHING.json(text) == expected
    else:
        assert re.search(rb"[eE]\+?\d{3}|\d{309}", text)


@pytest.mark.parametrize(
    ("number", "is_multiple"),
    [
        ("0e99999999999999999999999999", True),
        ("-0.0e-99999999999999999999999999", True),
        ("1e-99999999999999999999999999", False),
        ("-1e-999999999", False),
        ("15e-1", True),
        ("1" + "0" * 4000 + "e-4000", True),
        ("1e99999999999999999999999999", False),
        ("0." + "0" * 5000 + "1", False),
        ("1." + "0" * 5000, False),
    ],
)
def test_numbers_of_any_exponent_are_judged_at_once(number: str, is_multiple: bool) -> None:
    half = validator(Schema(Number(multiple=0.5), {}))
    text = number.encode()
    if is_multiple:
        assert half.json(text) == float(number)
    else:
        with pytest.raises(Invalid):
            half.json(text)
