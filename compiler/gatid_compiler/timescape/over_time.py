"""Every route's contracts: one each where there are no versions, else what history unfolds to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.model import GType
from gatid_compiler.timescape.timeline import tsv

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gatid_compiler.passes.report import Report
    from gatid_compiler.passes.routes import Head
    from gatid_compiler.passes.types import TypeReader
    from gatid_compiler.timescape.derive import Derived  # noqa: TC004 — only with versions
    from gatid_compiler.timescape.proofs.hops import Proof  # noqa: TC004 — only with versions
    from gatid_dsl import syntax
    from gatid_dsl.source import Span


@dataclass(frozen=True, slots=True)
class Contracts:
    """Contracts by route, oldest first, the types that they refer to, and, where there are
    versions, the history that they were made of and what is proved of it, if it was judged.
    """

    contracts: Mapping[str, tuple[plan.Contract, ...]]
    types: Mapping[str, GType]
    derived: Derived | None = None
    judged: bool = False
    proofs: tuple[Proof, ...] = ()


def contracts(
    heads: Mapping[str, Head],
    defs: Mapping[str, GType],
    releases: Sequence[plan.Release],
    changes: Sequence[syntax.Change],
    reader: TypeReader,
    report: Report,
    removed: Mapping[str, Head],
) -> Contracts:
    """The contracts of all routes that have a handler, `removed` ones that head has not too."""
    if not releases and not changes:
        only = {n: (_only(n, h, h.handler),) for n, h in heads.items() if h.handler is not None}
        return Contracts(only, defs)
    # A project without versions does not pay for what carries traffic between them.
    from gatid_compiler.timescape import unfold

    now, gone = (
        [
            unfold.HeadRoute(n, h.node.method.text, h.path.segments, h.shape, h.handler, h.node)
            for n, h in some.items()
            if h.handler is not None
        ]
        for some in (heads, removed)
    )
    unread = [n for n, h in (*heads.items(), *removed.items()) if h.handler is None]
    unfolded = unfold.unfold(now, defs, releases, changes, reader, report, gone, unread)
    judged = not report.has_errors

    def edited(span: Span, proofs: Sequence[Proof]) -> str | None:
        from gatid_compiler.timescape.proofs.edits import Edits

        return Edits(
            changes,
            defs,
            lambda expr: reader.read(expr, dict(defs)),
            lambda tried, types, said: unfold.derive(
                now, {**defs, **types}, releases, tried, reader, said, gone
            ),
        ).find(span, proofs)

    if not judged:
        _fitted(report, edited)
    proofs = unfolded.judged(releases, report, edited) if judged else ()
    return Contracts(unfolded.contracts, unfolded.types, unfolded.derived, judged, proofs)


def _fitted(report: Report, edited: Callable[[Span, Sequence[Proof]], str | None]) -> None:
    """Says of bounds that do not fit with which ones all would be proved."""
    from gatid_compiler.timescape import codes

    for fault in report.of(codes.CONVERT_RANGE):
        found = edited(fault.span, ())
        if found is not None:
            report.forget(fault.span)
            report.add(replace(fault, help=f"this is proved: {found}"))


def _only(name: str, head: Head, handler: plan.Handler) -> plan.Contract:
    return plan.Contract(
        id=tsv(0, name, 1),
        seq=1,
        since=0,
        until=None,
        method=head.node.method.text,
        path=head.path.segments,
        shape=head.shape,
        handler=handler,
        handler_shape=head.shape,
        up=None,
        down=(),
    )
