from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from gatid_dsl.diagnostic import Label, Rule, Severity
from gatid_dsl.render import render_json, render_text
from gatid_dsl.source import Source, Span
from gatid_dsl.suggest import nearest

RULE = Rule("some-rule", "page")
WARNING = Rule("some-warning", "page", Severity.WARNING)


def span(source: Source, text: str) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def test_labels_notes_and_other_files() -> None:
    one, two = Source("one.gati", "a\nb b\nc\n"), Source("sub/two.gati", "\n\nother place\n")
    found = RULE.at(
        span(one, "c"),
        "the message",
        help="the help",
        notes=("the note",),
        labels=(Label(span(two, "place"), "and here"), Label(span(one, "a"), "first")),
    )
    assert render_text([found, WARNING.at(span(one, "b b"), "careful")]) == (
        "one.gati:3:1: error[some-rule]: the message\n"
        "1 | a\n"
        "  | - first\n"
        "  ...\n"
        "3 | c\n"
        "  | ^\n"
        " --> sub/two.gati:3\n"
        "3 | other place\n"
        "  |       ----- and here\n"
        "  = note: the note\n"
        "  = help: the help\n"
        "\n"
        "one.gati:2:1: warning[some-warning]: careful\n"
        "2 | b b\n"
        "  | ^^^\n"
    )


def test_colour_changes_no_letter() -> None:
    source = Source("a.gati", "\tab 漢字 c\n")
    found = [RULE.at(span(source, "字"), "message `x`", help="help")]
    plain = render_text(found)
    coloured = render_text(found, color=True)
    assert coloured != plain
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == plain


def test_json_is_one_object_with_counts() -> None:
    source = Source("a.gati", "é = 漢\nx")
    found = [
        RULE.at(span(source, "漢"), "m", help="h", notes=("n",), fix="f"),
        WARNING.at(span(source, "x"), "w", labels=(Label(span(source, "é"), "l"),)),
    ]
    assert json.loads(render_json(found)) == {
        "errors": 1,
        "warnings": 1,
        "diagnostics": [
            {
                "code": "some-rule",
                "severity": "error",
                "message": "m",
                "file": "a.gati",
                "line": 1,
                "column": 5,
                "end_line": 1,
                "end_column": 6,
                "help": "h",
                "notes": ["n"],
                "labels": [],
                "fix": "f",
            },
            {
                "code": "some-warning",
                "severity": "warning",
                "message": "w",
                "file": "a.gati",
                "line": 2,
                "column": 1,
                "end_line": 2,
                "end_column": 2,
                "help": None,
                "notes": [],
                "labels": [{"file": "a.gati", "line": 1, "column": 1, "message": "l"}],
                "fix": None,
            },
        ],
    }
    assert json.loads(render_json([])) == {"errors": 0, "warnings": 0, "diagnostics": []}


@given(st.text(max_size=40), st.data())
def test_any_place_in_any_text_is_shown_without_driving_the_terminal(
    text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    shown = render_text([RULE.at(Span(Source(text, text), start, end), text, help=text)])
    assert not set(shown) & {chr(n) for n in (*range(10), *range(11, 32), 127, 0x202E)}


def test_the_nearest_name() -> None:
    names = ["route", "group", "retries", "max_body", "GET"]
    assert nearest("rout", names) == "route"
    assert nearest("ruote", names) == "route"
    assert nearest("retry", names) is None
    assert nearest("max-body", names) == "max_body"
    assert nearest("get", names) == "GET"
    assert nearest("route", names) is None
    assert nearest("Book", ["bool"]) is None
    assert nearest("uuid", ["Uuid"]) == "Uuid"
    assert nearest("x", ["y"]) is None
    assert nearest("zzz", names) is None
