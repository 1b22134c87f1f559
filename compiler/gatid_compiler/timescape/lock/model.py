"""A lock is a chain of releases, each a set of facts.

A release holds what is new or different against the release before it. What a client can see
(routes, parts, answers, and the types that they refer to) is inherited; what belongs to the
release alone (its tags, its change, what became of statuses, the verdicts) is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from gatid_dsl.source import Span

FILE = "gati.lock"
"""The name of the file; it lies beside the entry file."""

Kind = Literal["answer", "change", "code", "part", "route", "status", "tag", "type", "verdict"]

KINDS: tuple[Kind, ...] = get_args(Kind)

INHERITED: tuple[Kind, ...] = ("answer", "part", "route", "type")
"""What a later release takes over where it says nothing of it."""

GONE = "gone"

NO_PARENT = "none"

Key = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One frozen thing. `digest` is what is compared, `text` is how it is shown in `.gati` words.

    A fact whose digest is `gone` says that what the parent had is there no longer.
    """

    kind: Kind
    name: str
    digest: str
    text: str

    @property
    def key(self) -> Key:
        """What the fact is about: there is one fact of it in a release."""
        return self.kind, self.name

    @property
    def line(self) -> str:
        """The fact as the lock writes it."""
        return f"{self.kind} {self.name} {self.digest} {self.text}".rstrip()


Facts = Mapping[Key, Fact]


@dataclass(frozen=True, slots=True)
class Released:
    """One release of a lock: its facts by what they are about, and the places of its lines.

    The places take no part in comparison: a release is what it says.
    """

    label: str
    date: str
    parent: str
    facts: Facts
    span: Span | None = field(default=None, compare=False)
    places: Mapping[Key, Span] = field(default_factory=dict, compare=False)

    @property
    def hash(self) -> str:
        """SHA-256 over everything it says, its parent's hash among it."""
        return digest("\n".join((*self.head, *(fact.line for fact in self.sorted))))

    @property
    def head(self) -> tuple[str, str]:
        """The two lines that it begins with."""
        return f"release {self.label} {self.date}", f"parent {self.parent}"

    @property
    def sorted(self) -> list[Fact]:
        """The facts in the order in which they are written."""
        return [self.facts[key] for key in sorted(self.facts)]


@dataclass(frozen=True, slots=True)
class Lock:
    """All releases of the app whose entry file is `entry`, oldest first."""

    entry: str
    releases: tuple[Released, ...] = ()
    span: Span | None = field(default=None, compare=False)

    @property
    def tip(self) -> str:
        """The hash that the next release has for its parent."""
        return self.releases[-1].hash if self.releases else NO_PARENT

    def held(self) -> list[tuple[Released, Facts, Mapping[Key, Span]]]:
        """Each release with all that holds in it, inherited facts among it, and their places."""
        found: list[tuple[Released, Facts, Mapping[Key, Span]]] = []
        facts: dict[Key, Fact] = {}
        places: dict[Key, Span] = {}
        for release in self.releases:
            facts = {key: fact for key, fact in facts.items() if fact.kind in INHERITED}
            facts.update(release.facts)
            facts = {key: fact for key, fact in facts.items() if fact.digest != GONE}
            places = {**places, **release.places}
            found.append((release, facts, places))
        return found


def news(now: Facts, before: Facts) -> Facts:
    """What a release writes down: what is not as its parent had it."""
    found: dict[Key, Fact] = {}
    for key, fact in now.items():
        old = before.get(key) if fact.kind in INHERITED else None
        if old is None or old.digest != fact.digest:
            found[key] = fact
    for key, fact in before.items():
        if fact.kind in INHERITED and key not in now:
            found[key] = Fact(fact.kind, fact.name, GONE, "")
    return found


def digest(text: str) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
