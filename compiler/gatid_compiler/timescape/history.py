"""History: the definitions of every release, and the lenses between them.

Time is counted in blocks, one `type` or `route` block of a change each. `states[i]` are the
definitions before block i, the last state is head. Messages stand among the definitions, as
objects of their parts, so that blocks on routes are blocks like any other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.fingerprint import Fingerprints
from gatid_compiler.gtypes.model import Definitions
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.lenses.model import Lens
from gatid_compiler.timescape.reshape import closure, references
from gatid_dsl.source import Span

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import GType


@dataclass(frozen=True, slots=True)
class Block:
    """One block of operations, typed: a lens for each definition that it stands on.

    `inner` are the lenses to those definitions from such as the block itself leads to.
    """

    lenses: Mapping[str, Lens]
    span: Span
    inner: Mapping[str, Lens] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """States and the blocks between them; `releases[r]` is the state of release r."""

    states: Sequence[Definitions]
    blocks: Sequence[Block]
    releases: Sequence[int]
    _touching: dict[str, list[int]] = field(init=False, default_factory=dict)
    _reached: dict[tuple[str, int], frozenset[str]] = field(init=False, default_factory=dict)
    _until: dict[tuple[str, int], int | None] = field(init=False, default_factory=dict)
    _prints: dict[tuple[str, int | None], str] = field(init=False, default_factory=dict)
    _of_state: dict[int, Fingerprints] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for index, block in enumerate(self.blocks):
            for key in block.lenses:
                self._touching.setdefault(key, []).append(index)

    def touching(self, key: str, low: int, high: int) -> Sequence[int]:
        """The blocks from state `low` to state `high` that stand on the definition."""
        indices = self._touching.get(key, [])
        return indices[bisect_left(indices, low) : bisect_left(indices, high)]

    def reached(self, key: str, at: int) -> frozenset[str]:
        """The definition and all that it reaches, in one state."""
        found = self._reached.get((key, at))
        if found is None:
            found = self._reached[key, at] = frozenset(closure([key], self.states[at]))
        return found

    def same_until(self, key: str, at: int) -> int | None:
        """The first block from a state on that changes the definition or what it reaches; None
        where it is what it is at head.
        """
        found = self._until.get((key, at), -1)
        if found == -1:
            last = len(self.blocks)
            firsts = (self.touching(inner, at, last)[:1] for inner in self.reached(key, at))
            found = self._until[key, at] = min((i for (i,) in filter(None, firsts)), default=None)
        return found

    def print_of(self, key: str, at: int) -> str:
        """The fingerprint of the definition in one state."""
        until = self.same_until(key, at)
        found = self._prints.get((key, until))
        if found is None:
            defs = self.states[at]
            prints = self._of_state.get(at)
            if prints is None:
                prints = self._of_state[at] = Fingerprints(defs)
            found = self._prints[key, until] = prints.of(defs[key])
        return found

    def changes(self, t: GType, at: int, start: int, end: int) -> bool:
        """Whether a value of the type, as it is in the state `at`, may change between two."""
        low, high = min(start, end), max(start, end)
        return any(
            self.touching(inner, low, high)
            for key in set(references(t))
            for inner in self.reached(key, at)
        )

    def recursive(self, key: str, at: int) -> bool:
        """Whether the definition reaches itself."""
        defs = self.states[at]
        return any(key in self.reached(inner, at) for inner in references(defs[key]))


def swept(defs: dict[str, GType]) -> dict[str, GType]:
    """The definitions without those for one place that nothing refers to any more."""
    roots = [key for key in defs if not keys.is_variant(key)]
    if len(roots) == len(defs):
        return defs
    alive = closure(roots, defs)
    return {key: t for key, t in defs.items() if key in alive}
