"""Patterns as languages, against the engine that runs them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes import rust, scalars
from gatid_compiler.gtypes.automata import ExhaustedError
from gatid_compiler.gtypes.model import Scalar
from gatid_compiler.gtypes.patterns import included, matches, problem
from gatid_compiler.gtypes.regex import NotReadError

PIECES = (
    "a", "b", "ab", ".", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", "[ab]", "[^a]", r"[\d-]",
    "[a-c]", r"[^\w]", "[[:alpha:]]", "[a-c&&[^b]]", "[]a]", r"\b", r"\B", "^", "$", r"\A", r"\z",
    "(?i)k", "(?i:S)", "(?s:.)", r"\.", r"\x61", r"\u{62}", "é", "(?P<n>a)", "(?:b)", r"\n", "-",
)  # fmt: skip
TEXTS = st.text("abkKsS\u212a\u017f1 -_.é\n]", max_size=6)


@st.composite
def patterns(draw: st.DrawFn, depth: int = 3) -> str:
    match draw(st.integers(0, 5 if depth else 1)):
        case 0 | 1:
            return draw(st.sampled_from(PIECES))
        case 2 | 3:
            return draw(patterns(depth - 1)) + draw(patterns(depth - 1))
        case 4:
            return f"(?:{draw(patterns(depth - 1))}|{draw(patterns(depth - 1))})"
        case _:
            count = draw(st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "{2,3}?"]))
            return f"(?:{draw(patterns(depth - 1))}){count}"


@settings(max_examples=500)
@given(patterns(), st.lists(TEXTS, min_size=1, max_size=4))
def test_our_reading_is_that_of_the_engine(pattern: str, texts: list[str]) -> None:
    assume(rust.refusal(pattern) is None)
    for text in texts:
        try:
            ours = matches(pattern, text)
        except NotReadError:
            reject()
        assert ours == rust.matcher(pattern)(text), text


@settings(max_examples=300)
@given(patterns(), patterns(), st.lists(TEXTS, max_size=6))
def test_inclusion_holds_for_every_text_or_shows_one(
    one: str, other: str, texts: list[str]
) -> None:
    assume(rust.refusal(one) is None)
    assume(rust.refusal(other) is None)
    try:
        witness = included(one, other)
    except (ExhaustedError, NotReadError):
        reject()
    inside, outside = rust.matcher(one), rust.matcher(other)
    if witness is not None:
        assert inside(witness)
        assert not outside(witness)
        assert all(len(t) >= len(witness) for t in texts if inside(t) and not outside(t))
    else:
        assert all(outside(text) for text in texts if inside(text))


@pytest.mark.parametrize(
    ("one", "other", "witness"),
    [
        (r"[A-Z]{3}-\d{4}", r"[A-Z]+-\d+", None),
        (r"[A-Z]+-\d+", r"[A-Z]{3}-\d{4}", "A-0"),
        (".{1,255}", ".{0,300}", None),
        (".{0,300}", ".{0,255}", "a" * 256),
        ("a|b|c", "[a-c]", None),
        ("(ab)*a", "a(ba)*", None),
        ("(?s:.)*", ".*", "\n"),
        (r"\bfoo\b.*", r"foo(\W.*)?", None),
        ("x*", "(xx)*|(xxx)*", "x"),
        ("(x{6})*", "(xx)*", None),
        (scalars.PATTERNS[Scalar.DATE], r"\d{4}-\d{2}-\d{2}", None),
        (scalars.PATTERNS[Scalar.URL], r"\S+", None),
        (scalars.PATTERNS[Scalar.IP], scalars.PATTERNS[Scalar.URL], "::"),
    ],
)
def test_inclusions(one: str, other: str, witness: str | None) -> None:
    found = included(one, other)
    assert (found is None) == (witness is None)
    assert witness is None or found is not None
    assert found is None or len(found) == len(witness or "")


def test_too_many_states_are_given_up() -> None:
    with pytest.raises(ExhaustedError):
        included("(a|b)*a(a|b){14}", "(a|b)*b(a|b){14}|(a|b)*a(a|b){14}", budget=500)


@pytest.mark.parametrize("pattern", ["(?m)^a", "(?x)a b", r"\b{start}a", "(?-u:a)"])
def test_what_is_not_read_is_said(pattern: str) -> None:
    with pytest.raises(NotReadError):
        matches(pattern, "a")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=a)b", "look-around"),
        ("(?<!a)b", "look-around"),
        (r"(a)\1", "backreferences"),
        ("a)(?:b", "unopened group"),
        ("(a", "unclosed group"),
        ("[a", "unclosed character class"),
        (".{1,100000}", "size limit"),
        ("*", "repetition operator missing expression"),
    ],
)
def test_patterns_that_do_not_run_in_linear_time_are_refused(pattern: str, reason: str) -> None:
    assert reason in (problem(pattern) or "")


def test_the_grammars_of_all_scalars_are_read() -> None:
    for scalar, pattern in scalars.PATTERNS.items():
        assert problem(pattern) is None
        assert included(pattern, pattern) is None, scalar
