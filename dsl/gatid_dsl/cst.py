"""The tree that the parser hands to the transformer: branches and leaves with offsets.

Knows nothing of the library that finds the rules; `parse.py` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Leaf(Protocol):
    """A token; also a `str` of its text."""

    type: str
    value: str
    start_pos: int | None
    end_pos: int | None


class Branch:
    """What one rule of the grammar read: its name, its parts, None for a part left out.

    The offsets are those of everything the rule read, marks that are no parts included; None
    where it read nothing.
    """

    __slots__ = ("children", "data", "end_pos", "start_pos")

    def __init__(
        self, data: str, children: list[Any], start_pos: int | None, end_pos: int | None
    ) -> None:
        self.data = data
        self.children = children
        self.start_pos = start_pos
        self.end_pos = end_pos


def is_leaf(node: Branch | Leaf | None) -> TypeGuard[Leaf]:
    """Whether a part is a token."""
    return isinstance(node, str)


def is_branch(node: Branch | Leaf | None) -> TypeGuard[Branch]:
    """Whether a part was read by a rule."""
    return isinstance(node, Branch)


def builder(
    name: str, parts: Sequence[tuple[int, bool, int]], left_out: int, *, single: bool
) -> Callable[[list[Any]], Any]:
    """A function that makes the branch of a rule from everything that the rule read.

    Each of `parts` is the index of a part, whether its own parts take its place, and how many
    parts are left out before it; `left_out` how many are behind the last. With `single`, a branch
    of one part is that part. (The library's own builder does the same in four calls.)
    """

    def build(read: list[Any]) -> Any:
        children: list[Any] = []
        for index, inlined, missing in parts:
            if missing:
                children.extend([None] * missing)
            if not inlined:
                children.append(read[index])
            elif children:
                children.extend(read[index].children)
            else:
                # A list grows by one item a rule: it is taken over, not copied each time.
                children = read[index].children
        if left_out:
            children.extend([None] * left_out)
        if single and len(children) == 1:
            return children[0]
        start = end = None
        for node in read:
            if node.start_pos is not None:
                start = node.start_pos
                break
        for node in reversed(read):
            if node.end_pos is not None:
                end = node.end_pos
                break
        return Branch(name, children, start, end)

    return build
