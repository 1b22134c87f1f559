"""What a lock is judged by and made of: everything derived, and where it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.model import GType
from gatid_compiler.timescape.derive import Derived
from gatid_compiler.timescape.lock.code import functions
from gatid_compiler.timescape.proofs.hops import Proof
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.timescape.lock.model import Fact
    from gatid_dsl.source import Span


@dataclass(frozen=True, slots=True)
class Past:
    """A project over its whole timeline.

    `contracts` and `types` are as in the plan, `derived` is what they were made of, `proofs`
    what is known of the transforms between them. The rest is syntax, for places: `declared` are
    the types, `routes` the routes, removed ones too. `carriers` is what the functions say that
    carry values of old types, by `module:name`.
    """

    releases: Sequence[plan.Release]
    contracts: Mapping[str, Sequence[plan.Contract]]
    types: Mapping[str, GType]
    derived: Derived
    versions: Sequence[syntax.Version]
    changes: Sequence[syntax.Change]
    declared: Mapping[str, syntax.TypeDef]
    routes: Mapping[str, syntax.Route]
    carriers: Mapping[str, str] = field(default_factory=dict)
    proofs: Sequence[Proof] = ()

    def contract(self, route: str, release: int) -> plan.Contract | None:
        """The contract of a route in a release; None where it was not there."""
        for contract in self.contracts.get(route, ()):
            if contract.since <= release and (contract.until is None or release < contract.until):
                return contract
        return None

    def version(self, release: int) -> syntax.Version:
        """Where a release is declared."""
        wanted = self.releases[release]
        return next(
            node
            for node in self.versions
            if node.date.text == wanted.date and tuple(t.text for t in node.tags) == wanted.tags
        )

    def changes_of(self, release: int) -> list[syntax.Change]:
        """The changes that brought a release, in the order of writing."""
        tags = self.releases[release].tags
        return [change for change in self.changes if change.tag.text in tags]

    def functions_of(self, release: int) -> Iterator[tuple[Fact, Span]]:
        """What the functions say that carry values to a release, each with where it is named."""
        return functions(self.changes_of(release), self.carriers)

    def find(self, name: str) -> int | None:
        """The release that a tag, a date or `head` means."""
        if name == "head" and self.releases:
            return len(self.releases) - 1
        for number, release in enumerate(self.releases):
            if name in release.tags or name == release.date:
                return number
        return None
