"""The shape of what the parser hands to the transformer: branches and leaves with offsets.

Written as protocols, so that only `parse.py` knows which library made them.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeGuard


class Leaf(Protocol):
    """A token; also a `str` of its text."""

    type: str
    value: str
    start_pos: int | None
    end_pos: int | None


class Extent(Protocol):
    """Where a branch begins and ends, as offsets."""

    start_pos: int
    end_pos: int


class Branch(Protocol):
    """What one rule of the grammar read: its name, its parts, None for a part left out."""

    @property
    def data(self) -> str:
        """The name of the rule."""
        ...

    children: list[Any]

    @property
    def meta(self) -> Extent:
        """Where it stands."""
        ...


def is_leaf(node: Branch | Leaf | None) -> TypeGuard[Leaf]:
    """Whether a part is a token."""
    return isinstance(node, str)


def is_branch(node: Branch | Leaf | None, *rules: str) -> TypeGuard[Branch]:
    """Whether a part was read by a rule, by one of `rules` where they are given."""
    return (
        node is not None and not isinstance(node, str) and (not rules or node.data in rules)  # type: ignore[union-attr]
    )
