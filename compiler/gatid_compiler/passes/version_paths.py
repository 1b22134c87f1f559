"""With `path on` the first segment of a path may ask for a version, so no route may begin so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatid_compiler.rules import routes as rules
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gatid_compiler import plan
    from gatid_compiler.passes.report import Report
    from gatid_compiler.passes.routes import Head
    from gatid_dsl.source import Span

_DATED = re.compile(r"tsv:.*|\d{4}-\d{2}-\d{2}(?:[Tt].*)?", re.ASCII | re.DOTALL)


def check(
    app: plan.App,
    releases: Sequence[plan.Release],
    heads: Iterable[Head],
    changes: Iterable[syntax.Change],
    report: Report,
) -> None:
    """Report the paths, of now and of before, that begin with what reads as a version."""
    if app.selectors is None or not app.selectors.path:
        return
    tags = {tag for release in releases for tag in release.tags}
    for name, first, span in (*_now(heads), *_before(changes)):
        if first in tags or _DATED.fullmatch(first):
            report.add(
                rules.PATH_READS_AS_VERSION.at(
                    span,
                    f"the path of `{name}` begins with `{first}`, which asks for a version",
                    help=f"take `{first}` from the path: with `path on` gatid reads it there, and a"
                    " route `/x` answers in each version without saying so in its path",
                )
            )


_Found = tuple[str, str, "Span"]


def _now(heads: Iterable[Head]) -> Iterator[_Found]:
    for head in heads:
        if head.path.segments and isinstance(head.path.segments[0], str):
            yield head.node.name.text, head.path.segments[0], head.node.path.span


def _before(changes: Iterable[syntax.Change]) -> Iterator[_Found]:
    for change in changes:
        for block in change.body:
            if not isinstance(block, syntax.RouteChange):
                continue
            for op in block.body:
                if isinstance(op, syntax.Moved) and op.path.segments:
                    first = op.path.segments[0]
                    if isinstance(first, syntax.PathText):
                        yield block.name.text, first.text, op.path.span
