"""Whatever stands in a file, reading it ends, and says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid_dsl import syntax
from gatid_dsl.parse import MAX_FAULTS, parse
from gatid_dsl.render import render_json, render_text
from gatid_dsl.source import Source
from tests.dsl import printing

TEXTS = [
    path.read_text("utf-8") for path in sorted(Path(__file__).with_name("examples").glob("*.gati"))
]
PIECES = [
    *("{", "}", "(", ")", "[", "]", "<", ">", "|", "&", ",", ":", "=", "->", "<-", "..", "..."),
    *(
        "\n",
        "\r\n",
        "\r",
        " ",
        "\t",
        "#",
        "##",
        '"',
        "'",
        "\\",
        "/",
        "/{",
        "?",
        ";",
        ".",
        "-",
        "\0",
    ),
    *("type", "route", "group", "app", "change", "rename", "query", "returns", "secret", "version"),
    *("x", "1", "1.5", "10s", "2026-03-01", "é", "\u202e", "\ufeff", "😀", "true", "a:b", "a.b"),
]


def check(text: str) -> None:
    parsed = parse(Source("f.gati", text))
    assert isinstance(parsed.file, syntax.File)
    # Some faults come in pairs: what a repaired word leads to is said as well.
    assert len(parsed.diagnostics) <= MAX_FAULTS + text.count("\n") + text.count('"') + 100
    for diagnostic in parsed.diagnostics:
        for span in (diagnostic.span, *(label.span for label in diagnostic.labels)):
            assert 0 <= span.start <= span.end <= len(text)
    render_text(parsed.diagnostics, color=True)
    render_json(parsed.diagnostics)
    if not parsed.diagnostics:
        printed = printing.file(parsed.file)
        assert not parse(Source("f.gati", printed)).diagnostics, printed


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_row_of_pieces_is_read(pieces: list[str]) -> None:
    check(" ".join(pieces))
    check("".join(pieces))


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    check(text)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(TEXTS), st.data())
def test_any_damage_to_a_good_file_is_read(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(start + data.draw(st.integers(0, 30)), len(text))
        text = text[:start] + data.draw(st.sampled_from([*PIECES, ""])) + text[end:]
    check(text)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(TEXTS), st.data())
def test_any_beginning_of_a_good_file_is_read(text: str, data: st.DataObject) -> None:
    check(text[: data.draw(st.integers(0, len(text)))])


def test_many_errors_do_not_hide_one_another_and_have_an_end() -> None:
    good = parse(Source("f.gati", "type = int\n" * 20 + "type A = int\n"))
    assert len(good.diagnostics) == 20
    assert len(good.file.declarations) == 1
    bad = parse(Source("f.gati", "type = int\n" * 1000))
    assert len(bad.diagnostics) == MAX_FAULTS


def test_depth_has_an_end() -> None:
    for text in (
        "type A = " + "(" * 5000 + "int" + ")" * 5000,
        "type A = " + "{ a: " * 5000 + "int" + " }" * 5000,
        "type A = int" + "[]" * 5000,
        "type A = " + "[" * 5000,
        "group / { " * 5000,
        "type A = " + " | ".join(["int"] * 5000),
        "app a { config { a: " + "[" * 5000,
        "change v2 {\n type A {\n compute a: int = " + " + ".join(["a"] * 5000) + "\n}\n}",
        "change v2 {\n type A {\n compute a: int = " + "a if b else " * 5000 + "c\n}\n}",
        "change v2 {\n type A {\n compute a: int = " + "len(" * 5000 + "c\n}\n}",
        "type A = " + "X<" * 5000 + "int" + ">" * 5000,
    ):
        check(text)
