"""What a lock is judged by and made of: everything derived, and where it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatid_compiler import plan
from gatid_compiler.gtypes.model import GType
from gatid_compiler.timescape.derive import Derived
from gatid_dsl import syntax


@dataclass(frozen=True, slots=True)
class Past:
    """A project over its whole timeline.

    `contracts` and `types` are as in the plan, `derived` is what they were made of. The rest
    is syntax, for places: `declared` are the types, `routes` the routes, removed ones too.
    """

    releases: Sequence[plan.Release]
    contracts: Mapping[str, Sequence[plan.Contract]]
    types: Mapping[str, GType]
    derived: Derived
    versions: Sequence[syntax.Version]
    changes: Sequence[syntax.Change]
    declared: Mapping[str, syntax.TypeDef]
    routes: Mapping[str, syntax.Route]

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

    def find(self, name: str) -> int | None:
        """The release that a tag, a date or `head` means."""
        if name == "head" and self.releases:
            return len(self.releases) - 1
        for number, release in enumerate(self.releases):
            if name in release.tags or name == release.date:
                return number
        return None
