"""Marks that a merge left in a file: where two edits of the same lines met."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatid_dsl.codes import MERGE_CONFLICT
from gatid_dsl.diagnostic import Label
from gatid_dsl.source import Source, Span

if TYPE_CHECKING:
    from gatid_dsl.diagnostic import Diagnostic

_MARK = re.compile(r"^(<{7}|\|{7}|={7}|>{7})(?: [^\r\n]*)?\r?$", re.MULTILINE)


def without_conflicts(source: Source) -> tuple[Source, tuple[Diagnostic, ...]]:
    """The source with the first side of every conflict, line by line where it was, and a fault
    for each.
    """
    if "<<<<<<<" not in source.text:
        return source, ()
    text = source.text
    faults: list[Diagnostic] = []
    opened: list[Span] = []
    kept, skipped = 0, False
    read: list[str] = []
    for mark in _MARK.finditer(text):
        span = Span(source, mark.start(), mark.end())
        if (mark[1][0] == "<") == bool(opened):
            continue  # an underline, or a mark inside of a side
        between = text[kept : mark.start()]
        read.append(_blank(between) if skipped else between)
        read.append(_blank(mark.group()))
        kept = mark.end()
        opened.append(span)
        skipped = mark[1][0] in "|="
        if mark[1][0] == ">":
            faults.append(_fault(opened))
            opened = []
    if not faults or opened:
        return source, ()
    read.append(text[kept:])
    return Source(source.path, "".join(read)), tuple(faults)


def _fault(marks: list[Span]) -> Diagnostic:
    return MERGE_CONFLICT.at(
        marks[0],
        "a merge left two sides here, and which of them counts is not decided",
        help="keep one side, or what both mean together, and take the marks away",
        labels=tuple(
            Label(mark, "the other side ends here" if mark is marks[-1] else "a side ends here")
            for mark in marks[1:]
        ),
    )


def _blank(text: str) -> str:
    return "".join(c if c in "\r\n" else " " for c in text)
