"""A suggestion as it is written: canonical `.gati`, guesses and doubts in comments beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.timescape.suggest.model import SURE, Op

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatid_compiler.timescape.suggest.model import Block, Suggestion

_INDENT = "  "

Place = tuple[int, ...]
"""Where an operation is: the number of its block, then of the operation, and so inwards."""


def written(suggestion: Suggestion) -> tuple[str, Mapping[int, Place]]:
    """The text, and for each of its lines that holds an operation where that operation is."""
    lines: list[str] = []
    places: dict[int, Place] = {}
    if suggestion.declares:
        lines += [suggestion.declares, ""]
    lines.append(f"change {suggestion.tag} {{")
    lines += [f"{_INDENT}# {remark}" for remark in suggestion.remarks]
    for number, block in enumerate(suggestion.blocks):
        if block.added:
            places[len(lines) + 1] = (number,)
            lines.append(f"{_INDENT}route {block.name} added")
            continue
        places[len(lines) + 1] = (number,)
        lines.append(f"{_INDENT}{block.owner} {{")
        _operations(block.ops, (number,), 2, lines, places)
        if block.kept:
            of = "functions of yours" if block.kind == "type" else "a handler that is kept"
            lines.append(f"{_INDENT * 2}# or, in the place of all that, with {of}:")
            lines += [f"{_INDENT * 2}#   {op.whole}" for op in block.kept]
        lines.append(f"{_INDENT}}}")
    lines.append("}")
    return "\n".join(lines) + "\n", places


def text(suggestion: Suggestion) -> str:
    """The text alone."""
    return written(suggestion)[0]


def _operations(
    ops: tuple[Op, ...], at: Place, depth: int, lines: list[str], places: dict[int, Place]
) -> None:
    margin = _INDENT * depth
    width = max(
        (len(_text(op)) for op in ops if op.body is None and not op.arrows and _comment(op)),
        default=0,
    )
    for index, op in enumerate(ops):
        places[len(lines) + 1] = (*at, index)
        if op.body is not None:
            lines.append(f"{margin}{_text(op)} {{")
            _operations(op.body, (*at, index), depth + 1, lines, places)
            lines.append(f"{margin}}}")
            continue
        if len(op.arrows) > 1 and _comment(op):
            lines.append(f"{margin}{replace(op, arrows=()).text} {{")
            lines += [f"{margin}{_INDENT}{line}" for line in _arrows(op)]
            lines.append(f"{margin}}}")
            continue
        comment = _comment(op)
        said = f"{_text(op):<{width}}  # {comment}" if comment else _text(op)
        lines.append(f"{margin}{said}")
        if op.is_todo and op.by_hand:
            lines.append(f"{margin}# such as, with functions or values of yours:")
            lines += [f"{margin}#   {each.whole}" for each in op.by_hand]


def _arrows(op: Op) -> Iterator[str]:
    """The arrows of a `map`, one a line, each with how sure it is."""
    texts = [f"{arrow.text}," for arrow in op.arrows]
    texts[-1] = texts[-1].removesuffix(",")
    width = max(len(text) for text in texts)
    for text, arrow in zip(texts, op.arrows, strict=True):
        doubt = "" if arrow.confidence == SURE else f"{arrow.confidence}%"
        doubt += f"; or {' or '.join(arrow.others)}" if arrow.others else ""
        yield f"{text:<{width}}  # {doubt}" if doubt else text


def _text(op: Op) -> str:
    return op.text.strip()


def _comment(op: Op) -> str:
    if op.confidence == SURE and not op.others and not op.why:
        return ""
    said = f"{op.confidence}%" + (f": {op.why}" if op.why else "")
    others = op.others or tuple(other for arrow in op.arrows for other in arrow.others)
    return said + (f"; or {' or '.join(others)}" if others else "")


def without(blocks: tuple[Block, ...], place: Place, instead: Op) -> tuple[Block, ...]:
    """The blocks with another operation in one place, and for the group of what was there."""
    number, *way = place
    block = blocks[number]
    changed = replace(block, ops=_put(block.ops, way, instead))
    return (*blocks[:number], changed, *blocks[number + 1 :])


def _put(ops: tuple[Op, ...], way: list[int], instead: Op) -> tuple[Op, ...]:
    if not way:
        return (instead,)
    index, *inner = way
    new = instead
    if inner:
        new = replace(ops[index], body=_put(ops[index].body or (), inner, instead))
    elif group := ops[index].group:
        mates = [i for i, op in enumerate(ops) if op.group == group]
        left = [op for op in ops[mates[0] :] if op.group != group]
        return (*ops[: mates[0]], new, *left)
    return (*ops[:index], new, *ops[index + 1 :])
