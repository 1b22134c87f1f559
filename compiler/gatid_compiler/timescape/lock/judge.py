"""What is derived now must be what was released.

The newest release is judged first: what differs there, or in its change, differs in older ones
as a consequence, and is said once, at the place that was edited.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.passes.report import Report
from gatid_compiler.rules import lock as rules
from gatid_compiler.timescape.codes import REFUTED, UNPROVED
from gatid_compiler.timescape.life import moment
from gatid_compiler.timescape.lock import text
from gatid_compiler.timescape.lock.canonical import operations
from gatid_compiler.timescape.lock.code import difference
from gatid_compiler.timescape.lock.differences import Differences
from gatid_compiler.timescape.lock.facts import unproved
from gatid_compiler.timescape.lock.model import FILE
from gatid_dsl.diagnostic import Label
from gatid_dsl.files import read
from gatid_dsl.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gatid_compiler.timescape.lock.model import Facts, Key, Lock, Released
    from gatid_compiler.timescape.lock.past import Past
    from gatid_dsl import syntax
    from gatid_dsl.diagnostic import Diagnostic


def judge(entry: Path, past: Past | None, report: Report) -> None:
    """Reports everything in which the project of the entry file is not what its lock says was
    released. The lock of another app in the same folder says nothing of it.
    """
    lock = load(entry.parent / FILE, report)
    if lock is None:
        return
    if lock.entry == entry.name:
        _Judgement(lock, past, report).run()
        _released(lock, past, report)
    elif not (entry.parent / lock.entry).is_file():
        report.add(
            rules.BAD_LOCK.at(
                lock.span or _nowhere(),
                f"this is the lock of `{lock.entry}`, which is not here",
                help=f"if it is called `{entry.name}` now, write `entry {entry.name}`",
            )
        )


def judge_unread(entry: Path, past: Past, head: Past, report: Report) -> None:
    """As `judge`, where changes are at fault and older versions cannot be derived: what changes
    say, and what head is, is compared with what was released. `past` is asked for syntax alone,
    `head` has head as its only version.

    Faults inside of released changes follow from what was edited. Where that is found, it is
    told instead of them; else it stands in a draft, or is missing there.
    """
    said = Report()
    lock = load(entry.parent / FILE, said)
    if lock is None or lock.entry != entry.name:
        return
    released = _Judgement(lock, past, said).run_unread(head)
    drafts = [f"`change {r.label}`" for r in past.releases[len(released) :]]
    where = " or ".join(drafts) or "the `change` of a new version"
    for label, changes in released:
        for change in changes:
            for fault in report.forget(change.span):
                if not said.has_errors:
                    help = f"`{label}` is released, so its change stays: say in {where} what became"
                    report.add(
                        replace(fault, help=f"{help} different, or take the edit back", fix=None)
                    )
    report.extend(said.sorted(()))


def judge_refuted(entry: Path, past: Past, report: Report) -> None:
    """As `judge`, where transforms are refuted. Where something is not what was released, those
    of released changes may be a consequence of that, and are not told; else it is gatid that
    thought otherwise when they were released.
    """
    said = Report()
    lock = load(entry.parent / FILE, said)
    if lock is None or lock.entry != entry.name:
        return
    _Judgement(lock, past, said).run()
    if said.has_errors:
        for change in _changes(lock, past):
            for fault in report.forget(change.span):
                if fault.rule is not REFUTED:
                    report.add(fault)
    else:
        _released(lock, past, report)
    report.extend(said.sorted(()))


def _changes(lock: Lock, past: Past) -> dict[syntax.Change, tuple[Released, Mapping[Key, Span]]]:
    """The changes that are released, each with its release and the places of its facts."""
    found = {}
    for release, _, places in lock.held():
        number = past.find(release.label)
        for change in past.changes_of(number) if number is not None else ():
            found[change] = release, places
    return found


def _released(lock: Lock, past: Past | None, report: Report) -> None:
    """Says of what is not proved in a released change that it is released: what could be written
    instead is of no use.
    """
    if past is None:
        return
    for change, (release, places) in _changes(lock, past).items():
        for fault in report.forget(change.span):
            if fault.rule is UNPROVED:
                fault = replace(
                    fault, help=f"nothing has to be done: `{release.label}` is released so"
                )
            elif fault.rule is REFUTED:
                fault = _thought_otherwise(fault, release, places)
            report.add(fault)


def _thought_otherwise(
    fault: Diagnostic, release: Released, places: Mapping[Key, Span]
) -> Diagnostic:
    """A refuted transform that was released: what the lock says of it, and the way out."""
    said = " ".join((fault.message, *fault.notes))
    named = [name for kind, name in release.facts if kind == "verdict" and _speaks_of(said, name)]
    proved = [name for name in sorted(named) if release.facts["verdict", name].text == "proved"]
    if not proved:
        return fault
    names = ", ".join(f"`{name}`" for name in proved)
    return replace(
        fault,
        notes=(
            *fault.notes,
            f"`gati.lock` says that {names} was proved when `{release.label}` was released: the "
            "gatid of that day did not see this message",
        ),
        help=f"take `{release.label}` and what follows it out of `gati.lock`, mend the change, and "
        "release them again",
        labels=(*fault.labels, Label(places["verdict", proved[0]], "released here")),
        fix=None,
    )


def _speaks_of(text: str, name: str) -> bool:
    """Whether a text names the message, by its own name or as what a route takes or answers."""
    route, _, part = name.rpartition(".")
    sent = f"send to `{route}`" if part == "request" else f"what `{route}` answers"
    return f"`{name}`" in text or sent in text


def load(path: Path, report: Report) -> Lock | None:
    """The lock in a file; an empty one if there is no file, None when it is at fault."""
    source = read(path, FILE)
    if isinstance(source, Source):
        return text.read(source, report)
    report.add(source)
    return None


class _Judgement:
    def __init__(self, lock: Lock, past: Past | None, report: Report) -> None:
        self._lock = lock
        self._past = past
        self._report = report

    def run(self) -> None:
        matched = [(held, self._find(held[0])) for held in self._lock.held()]
        if self._past is None:
            return
        present = [(held, number) for held, number in matched if number is not None]
        if len(present) < len(matched):
            return
        self._order(self._past, [number for _, number in present])
        known = self._report.count
        differences = Differences(self._past, len(present), self._report)
        for (release, facts, places), number in reversed(present):
            self._change(self._past, release, facts, places, number)
            self._code(self._past, release, facts, places, number)
            if self._report.count == known:
                differences.report(number, facts, places)
        if self._report.count == known:
            for (release, facts, places), number in present:
                self._verdicts(self._past, release, facts, places, number)

    def run_unread(self, head: Past) -> list[tuple[str, list[syntax.Change]]]:
        """Judges what needs no derivation; gives what is released, and its changes."""
        past = self._past
        matched = [(held, self._find(held[0])) for held in self._lock.held()]
        present = [(held, number) for held, number in matched if number is not None]
        if past is None or len(present) < len(matched):
            return []
        known = self._report.count
        for (release, facts, places), number in reversed(present):
            self._change(past, release, facts, places, number)
            if number == len(past.releases) - 1 and self._report.count == known:
                seen = {key: fact for key, fact in facts.items() if key[0] != "status"}
                Differences(head, 1, self._report).report(0, seen, places)
        return [(held[0].label, past.changes_of(number)) for held, number in present]

    def _find(self, release: Released) -> int | None:
        """The version that a release is of; reported where there is none."""
        place = release.span or _nowhere()
        number = self._past.find(release.label) if self._past else None
        if self._past is None or number is None:
            self._report.add(
                rules.RELEASED_CHANGED.at(
                    place,
                    f"`{release.label}` was released, and is no version any more",
                    help=f"declare it as it was: `version {release.date} as {release.label}`",
                )
            )
            return None
        now = self._past.releases[number]
        node = self._past.version(number)
        if moment(release.date) != now.unix:
            self._report.add(
                rules.RELEASED_CHANGED.at(
                    node.date.span,
                    f"`{release.label}` was released as of `{release.date}`",
                    help=f"write `version {release.date} as {release.label}`",
                    labels=(Label(place, "released here"),),
                )
            )
            return None
        missing = [k for kind, k in release.facts if kind == "tag" and k not in now.tags]
        if missing or now.label != release.label:
            tags = ", ".join(
                [release.label] + [t for t in (*now.tags, *missing) if t != release.label]
            )
            self._report.add(
                rules.RELEASED_CHANGED.at(
                    node.tags[0].span,
                    f"clients know this version as `{release.label}`"
                    + (f", and by the tag `{missing[0]}`" if missing else ""),
                    help=f"write `version {release.date} as {tags}`",
                    labels=(Label(place, "released here"),),
                )
            )
            return None
        return number

    def _order(self, past: Past, numbers: list[int]) -> None:
        """No version lies before a released one without being released."""
        for number in range(max(numbers, default=-1)):
            if number not in numbers:
                node = past.version(number)
                newest = self._lock.releases[-1]
                self._report.add(
                    rules.RELEASE_ORDER.at(
                        node.date.span,
                        f"`{past.releases[number].label}` lies before `{newest.label}`, which "
                        "is released",
                        help=f"give it a date after `{newest.date}`",
                        labels=(Label(newest.span, "released here"),) if newest.span else (),
                    )
                )

    def _change(
        self,
        past: Past,
        release: Released,
        facts: Facts,
        places: Mapping[Key, Span],
        number: int,
    ) -> None:
        """The change that brought a release says what it said."""
        then = [facts[key] for key in sorted(facts) if key[0] == "change"]
        changes = past.changes_of(number)
        now = list(operations(changes))
        for index in range(max(len(then), len(now))):
            old = then[index] if index < len(then) else None
            new, span = now[index] if index < len(now) else (None, None)
            if old is not None and new is not None and old.digest == new.digest:
                continue
            at = span or (changes[-1].tag.span if changes else past.version(number).date.span)
            labels = (Label(places[old.key], "released here"),) if old is not None else ()
            if not labels and release.span:
                labels = (Label(release.span, "released here"),)
            self._report.add(
                rules.RELEASED_CHANGED.at(
                    at,
                    f"`{release.label}` is released: its change stays as it was",
                    help="take the edit back; what is to be different belongs to a version of "
                    "its own",
                    notes=(
                        f"released: {f'`{old.text}`' if old else 'nothing more'}",
                        f"now:      {f'`{new.text}`' if new else 'nothing more'}",
                    ),
                    labels=labels,
                )
            )
            return

    def _code(
        self,
        past: Past,
        release: Released,
        facts: Facts,
        places: Mapping[Key, Span],
        number: int,
    ) -> None:
        """The functions that carry values to a release say what they said."""
        for now, span in past.functions_of(number):
            then = facts.get(now.key)
            if then is None or then.digest == now.digest:
                continue
            before, after = difference(then, now)
            self._report.add(
                rules.RELEASED_CHANGED.at(
                    span,
                    f"`{now.name}` is not what it was when `{release.label}` was released",
                    help="take the edit back: clients of older versions rely on what it does",
                    notes=(f"released: {before}", f"now:      {after}"),
                    labels=(Label(places[now.key], "released here"),),
                )
            )

    def _verdicts(
        self,
        past: Past,
        release: Released,
        facts: Facts,
        places: Mapping[Key, Span],
        number: int,
    ) -> None:
        """What was proved is proved still."""
        proved = {
            name for kind, name in facts if kind == "verdict" and facts[kind, name].text == "proved"
        }
        changes = past.changes_of(number)
        for name in unproved(past, number):
            if name in proved:
                self._report.add(
                    rules.PROOF_LOST.at(
                        changes[0].tag.span if changes else past.version(number).date.span,
                        f"`{name}` was proved when `{release.label}` was released, and this "
                        "gatid cannot prove it",
                        help="nothing has to be done: it is validated at run time again",
                        labels=(Label(places["verdict", name], "released here"),),
                    )
                )


def _nowhere() -> Span:
    return Span(Source(FILE, ""), 0, 0)
