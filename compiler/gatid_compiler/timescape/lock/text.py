"""The text of a lock: one line a fact, sorted, each with a checksum of its own.

A line that was edited, lost or torn off is found and named; two releases that were merged
into one file are seen by their parents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.rules import lock as rules
from gatid_compiler.timescape.lock.model import (
    FILE,
    KINDS,
    NO_PARENT,
    Fact,
    Key,
    Lock,
    Released,
    digest,
)
from gatid_dsl.diagnostic import Label
from gatid_dsl.source import Span

if TYPE_CHECKING:
    from gatid_compiler.passes.report import Report
    from gatid_dsl.source import Source

FORMAT = 1

_TITLE = (
    "# What was released, and may not change any more. `gatid release` writes this file;\n"
    "# keep it under version control, and do not edit it.\n"
)
_CHECK = 8
_RESTORE = f"take `{FILE}` back from version control; only `gatid release` writes it"
_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


def write(lock: Lock) -> str:
    """The file's text; the same lock is the same text."""
    parts = [f"{_TITLE}{FILE} {FORMAT}\nentry {lock.entry}\n"]
    for release in lock.releases:
        lines = [f"{_check(release.label, fact.line)} {fact.line}" for fact in release.sorted]
        parts.append("\n".join((*release.head, *lines, f"hash {release.hash}", "")))
    return "\n".join(parts)


def read(source: Source, report: Report) -> Lock | None:
    """The lock; None when it is not as it was written, which is reported."""
    known = report.count
    reading = _Reading(source, report)
    lock = reading.run()
    return lock if report.count == known else None


def _check(label: str, line: str) -> str:
    return digest(f"{label}\n{line}")[:_CHECK]


class _Reading:
    def __init__(self, source: Source, report: Report) -> None:
        self._source = source
        self._report = report
        self._releases: list[Released] = []
        self._number = 0
        self._whole = True
        self._lines = [source.line(number) for number in range(1, len(source.line_starts) + 1)]

    def run(self) -> Lock:
        if self._next() != f"{FILE} {FORMAT}":
            self._bad(
                f"this is not a `{FILE}` that this gatid can read",
                help=f"its first line is `{FILE} {FORMAT}`; {_RESTORE}",
            )
            return Lock("")
        words = (self._next() or "").split(maxsplit=1)
        if len(words) != 2 or words[0] != "entry":
            self._bad("the file does not say whose it is", help=_RESTORE)
            return Lock("")
        span = self._span()
        while (line := self._next()) is not None:
            if not self._release(line):
                break
        return Lock(words[1], tuple(self._releases), span)

    def _next(self) -> str | None:
        """The next line that says something."""
        while self._number < len(self._lines):
            self._number += 1
            line = self._lines[self._number - 1].strip()
            if line and not line.startswith("#"):
                return line
        return None

    def _release(self, line: str) -> bool:
        """One release, from its first line on; whether to go on after it."""
        match line.split():
            case ["release", label, date]:
                span = self._span()
            case _:
                self._unexpected(line)
                return False
        second = (self._next() or "").split()
        if len(second) != 2 or second[0] != "parent":
            self._torn(label)
            return False
        facts: dict[Key, Fact] = {}
        places: dict[Key, Span] = {}
        while (line := self._next() or "") and not line.startswith("hash "):
            fact = self._fact(label, line)
            if fact is None:
                self._whole = False
                if line.startswith(_MARKERS):
                    return False
                continue
            facts[fact.key] = fact
            places[fact.key] = self._span()
        if not line:
            self._torn(label)
            return False
        release = Released(label, date, second[1], facts, span, places)
        if self._whole and line != f"hash {release.hash}":
            self._bad(
                f"the lines of `{label}` are not those that were released: one is missing, "
                "added or edited",
                help=_RESTORE,
                labels=(Label(span, "it begins here"),),
            )
            return False
        self._follows(release)
        self._releases.append(release)
        return True

    def _fact(self, label: str, line: str) -> Fact | None:
        if line.startswith(_MARKERS):
            self._unexpected(line)
            return None
        check, _, rest = line.partition(" ")
        kind, _, named = rest.partition(" ")
        name, _, judged = named.partition(" ")
        digest_, _, text = judged.partition(" ")
        if kind not in KINDS or not digest_ or check != _check(label, rest):
            self._bad("this line is not as it was written", help=_RESTORE)
            return None
        return Fact(kind, name, digest_, text)

    def _follows(self, release: Released) -> None:
        """The release is the next one of the chain, or there is a fork."""
        tip = self._releases[-1].hash if self._releases else NO_PARENT
        span = release.span or self._span()
        if release.parent == tip or not self._whole:
            return
        for other in self._releases:
            if other.parent == release.parent and other.span is not None:
                self._report.add(
                    rules.LOCK_CONFLICT.at(
                        span,
                        f"`{release.label}` and `{other.label}` were both released after "
                        f"{_parent(other, self._releases)}",
                        help="keep one, take the lines of the other away, and release that "
                        "one again on top of the one that stays",
                        labels=(Label(other.span, "the other one"),),
                    )
                )
                return
        self._report.add(
            rules.BAD_LOCK.at(
                span,
                f"what `{release.label}` was released after is not in this file",
                help=_RESTORE,
            )
        )

    def _unexpected(self, line: str) -> None:
        if line.startswith(_MARKERS):
            self._bad(
                "a merge left its marks here",
                help="keep the releases of one side, and release those of the other again",
            )
        else:
            self._bad("this line is not as it was written", help=_RESTORE)

    def _torn(self, label: str) -> None:
        while self._number > 1 and not self._lines[self._number - 1].strip():
            self._number -= 1
        self._bad(f"the file ends here, in the middle of `{label}`", help=_RESTORE)

    def _bad(self, message: str, *, help: str, labels: tuple[Label, ...] = ()) -> None:
        self._report.add(rules.BAD_LOCK.at(self._span(), message, help=help, labels=labels))

    def _span(self) -> Span:
        """The current line."""
        number = max(self._number, 1)
        start = self._source.line_starts[number - 1]
        return Span(self._source, start, start + len(self._lines[number - 1]))


def _parent(release: Released, releases: list[Released]) -> str:
    for other in releases:
        if other.hash == release.parent:
            return f"`{other.label}`"
    return "nothing"
