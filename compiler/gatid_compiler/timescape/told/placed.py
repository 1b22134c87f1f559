"""Where operations stand: the path of each, from the type or route that its block is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator


def placed(op: syntax.Operation, place: str = "") -> Iterator[tuple[str, syntax.Operation]]:
    """The operation, or those inside it, each with the path of what it is about."""
    match op:
        case syntax.Each():
            for inner in op.body:
                where = f"{place}{op.target}" if op.target.parts else place.rstrip(".")
                yield from placed(inner, f"{where}[].")
        case syntax.In():
            for inner in op.body:
                yield from placed(inner, f"{place}{op.target}.")
        case syntax.When():
            for inner in op.body:
                yield from placed(inner, place)
        case syntax.Split() | syntax.Hoist():
            yield f"{place}{op.source}", op
        case syntax.Status() | syntax.Todo() | syntax.Was():
            yield place.rstrip("."), op
        case syntax.Rename() | syntax.Move():
            yield f"{place}{op.source}", op
        case _:
            yield f"{place}{op.target}", op
