"""Diagnostics as text for people and as JSON for programs (language reference, *Diagnostics*)."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

from gatid_dsl.diagnostic import Diagnostic, Label, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatid_dsl.source import Source, Span

_TAB = 4
_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_BLUE = "\x1b[1;34m"
_COLOURS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m"}


def render_text(diagnostics: Iterable[Diagnostic], color: bool = False) -> str:
    """Each diagnostic with the line it stands in, a blank line between two.

    The first line of each is `FILE:LINE:COLUMN: error[CODE]: message`.
    """
    paint = _Paint(color)
    return "\n".join(_one(diagnostic, paint) for diagnostic in diagnostics)


class _Paint:
    def __init__(self, color: bool) -> None:
        self._color = color

    def __call__(self, text: str, style: str) -> str:
        return f"{style}{text}{_RESET}" if self._color and text else text


def _one(diagnostic: Diagnostic, paint: _Paint) -> str:
    span, severity = diagnostic.span, diagnostic.severity
    line, column = span.source.position(span.start)
    style = _COLOURS[severity]
    place = f"{_plain(span.source.path)}:{line}:{column}:"
    kind = paint(f"{severity}[{diagnostic.code}]", style)
    out = [f"{paint(place, _BOLD)} {kind}: {paint(_plain(diagnostic.message), _BOLD)}"]
    places = [(span, "", style), *((x.span, x.message, _BLUE) for x in diagnostic.labels)]
    width = max(len(str(_line(where))) for where, _, _ in places)
    for source in _sources(span, diagnostic.labels):
        if source is not span.source:
            first = next(where for where, _, _ in places if where.source is source)
            out.append(f"{' ' * width}--> {_plain(source.path)}:{_line(first)}")
        out.extend(_excerpt([p for p in places if p[0].source is source], width, paint))
    out.extend(f"{' ' * width} = {paint('note', _BOLD)}: {_plain(n)}" for n in diagnostic.notes)
    if diagnostic.help:
        out.append(f"{' ' * width} = {paint('help', _BOLD)}: {_plain(diagnostic.help)}")
    return "\n".join(out) + "\n"


def _sources(span: Span, labels: Sequence[Label]) -> list[Source]:
    return list(dict.fromkeys([span.source, *(label.span.source for label in labels)]))


def _line(span: Span) -> int:
    return span.source.position(span.start)[0]


def _excerpt(places: list[tuple[Span, str, str]], width: int, paint: _Paint) -> list[str]:
    """The lines that places of one source stand in, each place underlined below its line."""
    out: list[str] = []
    shown: int | None = None
    for span, message, style in sorted(places, key=lambda place: place[0].start):
        line, column = span.source.position(span.start)
        text = span.source.line(line)
        if line != shown:
            if shown is not None and line > shown + 1:
                out.append(f"{' ' * width} ...")
            out.append(f"{line:>{width}} | {_shown(text)}".rstrip())
        shown = line
        before = _width(text[: column - 1])
        length = max(_width(text[column - 1 : column - 1 + (span.end - span.start)]), 1)
        note = f" {_plain(message)}" if message else ""
        # Places beside the first one are underlined otherwise, so that text alone tells them apart.
        mark = ("-" if message else "^") * length
        out.append(f"{' ' * width} | {' ' * before}{paint(mark + note, style)}")
    return out


def _shown(text: str) -> str:
    """A line as it is printed: tabs to their stops, control characters made visible."""
    out: list[str] = []
    column = 0
    for char in text:
        cell = " " * (_TAB - column % _TAB) if char == "\t" else _cell(char)
        out.append(cell)
        column += _columns(char) if len(cell) == 1 else len(cell)
    return "".join(out)


def _width(text: str) -> int:
    """How many columns the start of a line takes when it is printed."""
    column = 0
    for char in text:
        if char == "\t":
            column += _TAB - column % _TAB
        else:
            cell = _cell(char)
            column += _columns(char) if cell == char else len(cell)
    return column


def _cell(char: str) -> str:
    """A character that prints, or the code point of one that would not or would mislead."""
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return f"<U+{ord(char):04X}>"
    return char


def _columns(char: str) -> int:
    """How many columns a terminal gives to a character (Unicode Standard Annex 11)."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _plain(text: str) -> str:
    """A message with what could drive a terminal made visible; newlines are indented."""
    return "\n    ".join("".join(_cell(c) for c in line) for line in text.split("\n"))


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """One JSON object: how many errors and warnings, and each diagnostic with its places."""
    found = list(diagnostics)
    errors = sum(d.severity is Severity.ERROR for d in found)
    return json.dumps(
        {
            "errors": errors,
            "warnings": len(found) - errors,
            "diagnostics": [_data(diagnostic) for diagnostic in found],
        },
        ensure_ascii=False,
        indent=2,
    )


def _data(diagnostic: Diagnostic) -> dict[str, object]:
    span = diagnostic.span
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "file": span.source.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "help": diagnostic.help,
        "notes": list(diagnostic.notes),
        "labels": [_label(label) for label in diagnostic.labels],
        "fix": diagnostic.fix,
    }


def _label(label: Label) -> dict[str, object]:
    line, column = label.span.source.position(label.span.start)
    return {
        "file": label.span.source.path,
        "line": line,
        "column": column,
        "message": label.message,
    }
