"""A suggestion tried: what does not compile, or does not give what was released, is left to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.fingerprint import Fingerprints
from gatid_compiler.passes.report import Report
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.lock.differences import differ
from gatid_compiler.timescape.lock.facts import Present
from gatid_compiler.timescape.lock.past import Past
from gatid_compiler.timescape.reshape import closure
from gatid_compiler.timescape.suggest.model import Block, Op, Suggestion, Verdict, instead, todo
from gatid_compiler.timescape.suggest.write import without, written
from gatid_dsl.diagnostic import Diagnostic, Severity
from gatid_dsl.source import Source

if TYPE_CHECKING:
    from gatid_compiler.timescape.lock.model import Facts
    from gatid_compiler.timescape.suggest.tree import Tree

FILE = "suggested"
_SEEN = ("answer", "part", "route")


def verified(
    tree: Tree, facts: Facts, suggestion: Suggestion, expected: Mapping[str, str]
) -> Suggestion:
    """The suggestion with its verdicts; `tree` begins with the release that `facts` are of, and
    `expected` are the fingerprints of types in it by what they are called now.

    What is refused, or gives something else, is replaced by a `todo` with the reason, one after
    the other.

    Raises:
        CannotSuggestError: what the files say already cannot be derived.
    """
    for _ in range(_most(suggestion)):
        trial = tried(tree, suggestion)
        if trial.past is None or any(trial.place(d) for d in trial.refused):
            suggestion = _without(suggestion, trial)
            continue
        judged = _judged(trial.past, facts, suggestion, trial, expected)
        if judged.blocks == suggestion.blocks:
            return judged
        suggestion = judged
    raise AssertionError("every operation is replaced once")


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a suggestion: the past that it gives, or what is refused."""

    past: Past | None
    source: Source
    places: Mapping[int, tuple[int, ...]]
    said: tuple[Diagnostic, ...]

    def place(self, diagnostic: Diagnostic) -> tuple[int, ...] | None:
        """The operation that a diagnostic is about."""
        if diagnostic.span.source is not self.source:
            return None
        return self.places.get(self.source.position(diagnostic.span.start)[0])

    @property
    def refused(self) -> list[Diagnostic]:
        """The errors."""
        return [d for d in self.said if d.severity is Severity.ERROR]


def _most(suggestion: Suggestion) -> int:
    return 10 + 3 * sum(1 + len(whole.all()) for b in suggestion.blocks for whole in b.ops)


def tried(tree: Tree, suggestion: Suggestion) -> Trial:
    """What comes of a suggestion."""
    text, places = written(suggestion)
    source = Source(FILE, text)
    report = Report()
    past = tree.tried(source, first=suggestion.first).derived(report)
    # What types say is told to the one who read the others.
    read = [d for d in tree.reading.sorted([source]) if d.span.source is source]
    said = (*report.sorted([source]), *read)
    return Trial(None if read else past, source, places, said)


def _without(suggestion: Suggestion, trial: Trial) -> Suggestion:
    """A `todo` in the place of every operation that is refused."""
    found: dict[tuple[int, ...], str] = {}
    for diagnostic in trial.refused:
        place = trial.place(diagnostic)
        if place is not None:
            found.setdefault(place, _reason(diagnostic))
    blocks = suggestion.blocks
    if not found:
        # What is refused stands elsewhere, as a consequence: nothing here is to be trusted.
        reason = trial.refused[0].message if trial.refused else "this cannot be derived"
        done = tuple(b if b.added else replace(b, ops=(todo(reason),)) for b in blocks)
        if done == blocks:
            raise CannotSuggestError(reason)
        return replace(suggestion, blocks=done)
    for place, message in sorted(found.items(), reverse=True):
        if len(place) == 1:
            if blocks[place[0]].added:
                raise CannotSuggestError(message)
            whole = replace(blocks[place[0]], ops=(todo(message),))
            blocks = (*blocks[: place[0]], whole, *blocks[place[0] + 1 :])
            continue
        blocks = without(blocks, place, instead(_at(blocks, place), message))
    return replace(suggestion, blocks=blocks)


def _reason(diagnostic: Diagnostic) -> str:
    """Why an operation is refused; of a refuted one also what is wrong with the example."""
    if diagnostic.rule is not codes.REFUTED:
        return diagnostic.message
    faults = [note for note in diagnostic.notes if note.endswith(" found")]
    return "; ".join((diagnostic.message, *faults[:1]))


class CannotSuggestError(Exception):
    """Nothing can be derived, whatever is suggested; the message says why."""


def _at(blocks: tuple[Block, ...], place: tuple[int, ...]) -> Op:
    number, first, *inner = place
    op = blocks[number].ops[first]
    for index in inner:
        op = (op.body or ())[index]
    return op


def _judged(
    past: Past, facts: Facts, suggestion: Suggestion, trial: Trial, expected: Mapping[str, str]
) -> Suggestion:
    """The verdicts; a block that gives what was not released is a `todo` after this."""
    differing = differences(past, facts)
    open_ = {b.name for b in suggestion.blocks if b.kind == "type" and b.has_todo}
    state = past.derived.history.states[past.derived.history.releases[0]]
    prints = Fingerprints(state)

    def excused(key: str) -> bool:
        return bool({keys.origin(k) for k in closure([key], dict(state))} & open_)

    wrong: dict[str, str] = {}
    for key, print_ in expected.items():
        if key in state and prints.of(state[key]) != print_ and not excused(key):
            name = keys.origin(key)
            wrong[f"type {name}"] = f"`{name}` is not what was released, and nothing more is known"
    routes = {b.name for b in suggestion.blocks if b.kind == "route" and b.has_todo}
    for fact, name in differing:
        route, _, part = name.rpartition(".") if fact != "route" else (name, "", "path")
        messages = [k for k in state if _route(k) == route]
        if route in routes or not messages or wrong or any(excused(k) for k in messages):
            continue
        wrong[f"route {route}"] = f"the {part} is not what was released, and nothing more is known"
    blocks = tuple(
        replace(b, ops=(todo(wrong.pop(b.owner)),)) if b.owner in wrong else b
        for b in suggestion.blocks
    )
    for owner, reason in wrong.items():
        kind, _, name = owner.partition(" ")
        blocks = (*blocks, Block("type" if kind == "type" else "route", name, (todo(reason),)))
    unproved = [d for d in trial.said if d.rule in (codes.UNPROVED, codes.REFUTED)]
    doubted = [trial.place(d) for d in unproved]
    return replace(
        suggestion,
        blocks=blocks,
        verdicts={
            b.owner: _verdict(b, doubted=any(p and p[0] == number for p in doubted))
            for number, b in enumerate(blocks)
        },
        differing=tuple(name for _, name in differing),
        unproved=tuple(sorted({d.message for d in unproved})),
    )


def differences(past: Past, facts: Facts) -> list[tuple[str, str]]:
    """What clients see in the oldest version otherwise than the facts have it, sorted."""
    now = Present(past).facts(0)
    seen = {key for key in (*now, *facts) if key[0] in _SEEN}
    return sorted(key for key in seen if differ(facts.get(key), now.get(key)))


def _route(key: str) -> str:
    return key.split(" ")[1] if keys.is_message(key) else ""


def _verdict(block: Block, *, doubted: bool) -> Verdict:
    if block.has_todo:
        return "open"
    return "unproved" if doubted else "exact"
