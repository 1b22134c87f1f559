"""What may be written by hand in the place of a `todo`, tried: what is refused is not offered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.timescape.suggest.verify import differences, tried

if TYPE_CHECKING:
    from gatid_compiler.timescape.lock.model import Facts
    from gatid_compiler.timescape.suggest.model import Block, Op, Suggestion
    from gatid_compiler.timescape.suggest.tree import Tree
    from gatid_compiler.timescape.suggest.write import Place


_TRIALS = 4
"""More faults behind faults than that, and nothing is offered."""


def offered(tree: Tree, facts: Facts, suggestion: Suggestion) -> Suggestion:
    """The suggestion, with what leads to the release if it is written in the place of each `todo`;
    where nothing leads there wholly, with what is allowed.
    """
    for _ in range(_TRIALS):
        if not any(_offers(block) for block in suggestion.blocks):
            return suggestion
        other = by_hand(suggestion)
        trial = tried(tree, other)
        if trial.past is not None and not trial.refused:
            is_whole = not any(block.has_todo for block in other.blocks)
            if is_whole and differences(trial.past, facts):
                break
            return suggestion
        places = [place for d in trial.refused if (place := trial.place(d)) is not None]
        blocks = tuple(
            _without(block, (number,), places) for number, block in enumerate(suggestion.blocks)
        )
        if blocks == suggestion.blocks:
            break
        suggestion = replace(suggestion, blocks=blocks)
    blocks = tuple(_without(block, (), [()]) for block in suggestion.blocks)
    return replace(suggestion, blocks=blocks)


def by_hand(suggestion: Suggestion) -> Suggestion:
    """The suggestion with what is offered in the place of what is left to do."""
    return replace(
        suggestion,
        blocks=tuple(
            replace(b, ops=b.kept or tuple(map(_written, b.ops))) for b in suggestion.blocks
        ),
    )


def _written(op: Op) -> Op:
    if op.is_todo and op.by_hand:
        return op.by_hand[0]
    return op if op.body is None else replace(op, body=tuple(map(_written, op.body)))


def _offers(block: Block) -> bool:
    return bool(block.kept) or any(
        op.is_todo and op.by_hand for whole in block.ops for op in whole.all()
    )


def _without(block: Block, at: Place, refused: list[Place]) -> Block:
    """The block without what is refused: what is kept for any line of it."""
    if any(place[: len(at)] == at[: len(place)] for place in refused) and block.kept:
        return replace(block, kept=())
    return replace(block, ops=tuple(_less(op, (*at, i), refused) for i, op in enumerate(block.ops)))


def _less(op: Op, at: Place, refused: list[Place]) -> Op:
    if any(place[: len(at)] == at[: len(place)] for place in refused):
        op = replace(op, by_hand=())
    if op.body is None:
        return op
    return replace(op, body=tuple(_less(o, (*at, i), refused) for i, o in enumerate(op.body)))
