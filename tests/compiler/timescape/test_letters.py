"""Patterns under `lower` and `upper`, and cut to lengths, against Python's own letters."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes.patterns import matches
from gatid_compiler.gtypes.regex import parse
from gatid_compiler.timescape.proofs.letters import GROWS, grows, image, preimage
from gatid_compiler.timescape.proofs.trees import bounded, written
from tests.compiler.timescape.proving import verdicts

_CLASSES = ("[a-z]", "[A-Z]", "[A-Za-z0-9]", "[^a-c]", "[ΣσςßſK]", "İ", "[ŉ-ǰ]", "x", "Ab", "[à-ÿ]")
_TEXTS = st.text(st.sampled_from("aAbBkKxXzZ09 ßΣσςİıſKŉÀàÿŸǰΐﬀ"), max_size=6)


@st.composite
def patterns(draw: st.DrawFn, depth: int = 2) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(_CLASSES))
    inner = patterns(depth - 1)
    match draw(st.sampled_from(("sequence", "choice", "repeat"))):
        case "sequence":
            return draw(inner) + draw(inner)
        case "choice":
            return f"({draw(inner)}|{draw(inner)})"
        case _:
            low = draw(st.integers(0, 2))
            return f"({draw(inner)}){{{low},{draw(st.sampled_from(('', str(low), str(low + 2))))}}}"


@settings(max_examples=200)
@given(patterns(), st.sampled_from(("lower", "upper")), st.data())
def test_the_image_holds_what_letters_become_and_the_preimage_what_leads_there(
    pattern: str, function: str, data: st.DataObject
) -> None:
    text = data.draw(st.from_regex(re.compile(pattern), fullmatch=True) | _TEXTS)
    made = text.lower() if function == "lower" else text.upper()
    if matches(pattern, text):
        assert matches(image(pattern, function), made)
        assert len(made) <= len(text) or grows(pattern, function)
        assert len(made) <= len(text) * GROWS[function][1]
    if matches(preimage(pattern, function), text):
        assert matches(pattern, made)
        assert len(made) == len(text)
    if matches(pattern, made) and text.isascii():
        assert matches(preimage(pattern, function), text)


@settings(max_examples=200)
@given(patterns(), st.integers(0, 4), st.none() | st.integers(0, 4), st.data())
def test_cutting_a_pattern_down_keeps_every_text_of_those_lengths(
    pattern: str, low: int, more: int | None, data: st.DataObject
) -> None:
    text = data.draw(st.from_regex(re.compile(pattern), fullmatch=True))
    high = None if more is None else low + more
    cut = written(bounded(parse(pattern), low, high))
    if low <= len(text) and (high is None or len(text) <= high):
        assert matches(cut, text)
    elif matches(cut, text):
        assert matches(pattern, text)


PROVED = {
    "letters of a pattern": (
        "code: string(pattern '[a-z]{3}')",
        "convert code: string(pattern '[A-Za-z]{3}') -> string(pattern '[a-z]{3}') by lower",
    ),
    "letters and lengths": (
        "code: string(2, pattern '[A-Z]*')",
        "convert code: string(2, pattern '[A-Za-z]*') -> string(2, pattern '[A-Z]*') by upper",
    ),
    "all letters": (
        "code: string(pattern '[^A-Z]*')",
        "convert code: string -> string(pattern '[^A-Z]*') by lower",
    ),
    "addresses": ("mail: Email", "convert mail: Email -> Email by lower"),
    "addresses of pages": ("page: Url", "convert page: Url -> Url by lower"),
    "ids": ("id: Uuid", "convert id: Uuid -> Uuid by lower"),
    "parts with a pattern and a length": (
        "a: string(pattern '[^ ]{1,60}'), b: string(1..60, pattern '[a-z]*')",
        "split n: string(pattern '[^ ]{1,60} [a-z]{1,60}') by \" \" -> a, b",
    ),
    "the length of a pattern": (
        "a: string(pattern '[a-z]{1,5}'), b: int(1..5)",
        "compute b: int(1..5) = len(a)",
    ),
    "the length of a date": ("a: Date, b: int(10)", "compute b: int(10) = len(a)"),
    "texts of multiples": (
        "n: int(0..100, multiple 5)",
        "convert n: string(pattern '[0-9]?[05]|100') -> int(0..100, multiple 5) by text",
    ),
    "hundredths": (
        "n: int(0..10000)",
        "convert n: number(0..100, multiple 0.01) -> int(0..10000) by scale(100)",
    ),
    "one more": ("a: number, b: number", "compute b: number = a + 1"),
}

REFUTED = {
    "a letter that becomes two": (
        "code: string(..40)",
        "convert code: string(..40) -> string(..40) by lower",
    ),
    "a letter that becomes three": (
        "code: string(pattern '[^ ]{1,40}')",
        "convert code: string(pattern '[^ ]{1,40}') -> string(pattern '[^ ]{1,40}') by upper",
    ),
    "a letter inside of a sum": (
        "a: string(..10), b: string(1..11)",
        'compute b: string(1..11) = "x" + lower(a)',
    ),
    "more digits than are read": (
        "n: int(0..)",
        "convert n: string(pattern '[0-9]+') -> int(0..) by text",
    ),
    "more digits than a double has room for": (
        "n: number(-1..)",
        "convert n: Decimal -> number(-1..) by text",
    ),
    "a number beyond doubles deep inside": (
        "a: string, b?: int, tree: { kids: { weight: int, name: string, at: Date }[] }[], c: Url",
        "each tree { each kids { convert weight: number -> int by scale(1000) } }",
    ),
    "a sum beyond the largest double": ("a: number, b: number", "compute b: number = a + 0.5"),
}


@pytest.mark.parametrize("case", PROVED)
def test_is_proved(case: str) -> None:
    assert set(verdicts(*PROVED[case])) == {"proved"}


@pytest.mark.parametrize("case", REFUTED)
def test_is_refuted(case: str) -> None:
    assert "refuted" in verdicts(*REFUTED[case])
    assert "unknown" not in verdicts(*REFUTED[case])
