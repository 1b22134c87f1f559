"""Which routes were read in part only: what they do not say, they may have said."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gatid_dsl.diagnostic import Diagnostic
    from gatid_dsl.source import Span


def damaged(
    declarations: Sequence[syntax.Declaration], faults: Iterable[Diagnostic]
) -> Iterator[Span]:
    """The names of the routes of a file in which there is a fault of syntax.

    A fault belongs to the declaration that begins last before it: one whose block stays open
    ends where the reader gave up, not where its text does.
    """
    nodes = sorted(_flat(declarations), key=lambda node: node.span.start)
    starts = [node.span.start for node in nodes]
    for fault in faults:
        index = bisect_right(starts, fault.span.start) - 1
        node = nodes[index] if index >= 0 else None
        if isinstance(node, syntax.Route):
            yield node.name.span


def _flat(declarations: Sequence[syntax.Declaration]) -> Iterator[syntax.Declaration]:
    for node in declarations:
        yield node
        if isinstance(node, syntax.Group):
            yield from _flat(
                [inner for inner in node.body if isinstance(inner, syntax.Route | syntax.Group)]
            )
