"""The types that operations write, read once, before history is taken back.

Names and generics in them are looked up among the types as they are now, and then go back in
time together with all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.passes.types import TypeReader
    from gatid_compiler.timescape.merged import Merged


class Written:
    """Types by the expression that writes them, and by the generic type that it stands in."""

    def __init__(
        self, changes: Sequence[syntax.Change], reader: TypeReader, defs: dict[str, GType]
    ) -> None:
        self._types: dict[tuple[int, str], GType] = {}
        for change in changes:
            for block in change.body:
                if isinstance(block, syntax.TypeChange):
                    self._read(block.body, block.name.text, reader, defs)
                elif isinstance(block, syntax.RouteChange):
                    self._read(block.body, "", reader, defs)

    def _read(
        self,
        ops: Iterable[object],
        owner: str,
        reader: TypeReader,
        defs: dict[str, GType],
    ) -> None:
        instances = [key for key in defs if key.startswith(f"{owner}<")] if owner else []
        for expr in _expressions(ops):
            for key in instances or [owner]:
                read = reader.read_in(key, expr, defs) if instances else reader.read(expr, defs)
                self._types[id(expr), key] = read

    def place(self, merged: Merged) -> None:
        """Tells apart what is merged in them."""
        self._types = {key: merged.placed(t) for key, t in self._types.items()}

    def reading(self, owner: str) -> Callable[[syntax.TypeExpr], GType]:
        """What expressions write in a change of the definition `owner`, "" for a route."""
        return lambda expr: self._types[id(expr), owner]


def _expressions(ops: Iterable[object]) -> Iterator[syntax.TypeExpr]:
    for op in ops:
        match op:
            case syntax.Add() | syntax.Drop() | syntax.Split() | syntax.Compute() | syntax.Was():
                yield op.type
            case syntax.Join(type=expr) if expr is not None:
                yield expr
            case syntax.Convert(old=old, new=new):
                yield from (old, new)
            case syntax.Each() | syntax.In() | syntax.When():
                yield from _expressions(op.body)
            case _:
                pass
