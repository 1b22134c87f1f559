"""The proofs of a project: one for each route, hop, direction and status."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.timescape.derive import Derived
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.proofs.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.timescape.proofs.judge import Judge


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of one message of a route on the hop to a release from the one before.

    `status` is that of an answer as the release knows it, None for requests; `key` is what
    history calls the message; `seconds` is the time that judging took. What
    messages have in common is judged once, with the first of them.
    """

    route: str
    release: int
    status: int | None
    key: str
    verdict: Verdict
    seconds: float

    @property
    def name(self) -> str:
        """`create_order.request`, `create_order.201`: what the lock calls it."""
        return f"{self.route}.{'request' if self.status is None else self.status}"


@dataclass(frozen=True, slots=True)
class Judged:
    """The proofs of a project, also where one of them is refuted, and what they are about."""

    releases: Sequence[plan.Release]
    derived: Derived
    proofs: Sequence[Proof]


@dataclass(frozen=True, slots=True)
class Hop:
    """A message of a route that changes on the hop to a release, and the states that it is
    carried between.
    """

    route: str
    release: int
    status: int | None
    key: str
    start: int
    end: int


def hops(derived: Derived, judge: Judge) -> Iterator[Hop]:
    """All hops in which messages change. Where older clients keep a handler, nothing is carried
    to the next one.
    """
    history = derived.history
    for release in range(1, len(history.releases)):
        low, high = history.releases[release - 1], history.releases[release]
        for route, (_, now) in derived.carried(release).items():
            messages: list[tuple[str, int | None]] = [(keys.request(now.era.key), None)]
            messages += [
                (keys.response(now.era.key, known), now.statuses[known]) for known in now.era.told
            ]
            for key, status in messages:
                if any(judge.hops(key, low, high)):
                    start, end = (low, high) if status is None else (high, low)
                    yield Hop(route, release, status, key, start, end)


def prove(derived: Derived, judge: Judge) -> tuple[Proof, ...]:
    """The proofs of all hops, route by route, oldest first."""
    found = []
    for hop in hops(derived, judge):
        way = (hop.key, hop.start, hop.end)
        known = judge.seconds(*way)
        begun = time.perf_counter()
        verdict = judge.hop(*way)
        seconds = time.perf_counter() - begun + known
        found.append(Proof(hop.route, hop.release, hop.status, hop.key, verdict, seconds))
    return tuple(sorted(found, key=lambda proof: (proof.route, proof.release)))
