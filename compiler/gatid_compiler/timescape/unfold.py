"""Unfolds routes over the timeline: from head and the changes to every contract there was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.model import GType, Ref
from gatid_compiler.rules.project import NOT_SUPPORTED_YET
from gatid_compiler.timescape import codes, eras
from gatid_compiler.timescape.contracts import contract, stretches
from gatid_compiler.timescape.derive import Derivation, Derived
from gatid_compiler.timescape.final_types import FinalTypes
from gatid_compiler.timescape.fuse.finish import OverlapError, UnmergedError
from gatid_compiler.timescape.fuse.symbols import EndlessError
from gatid_compiler.timescape.kept import Removed, Stated, kept, named_answers, named_parts
from gatid_compiler.timescape.lenses.keys import plain
from gatid_compiler.timescape.lenses.misuse import shown
from gatid_compiler.timescape.merged import Merged
from gatid_compiler.timescape.messages import Standing
from gatid_compiler.timescape.paths import with_answer_headers
from gatid_compiler.timescape.proofs.hops import Proof, prove
from gatid_compiler.timescape.proofs.judge import Judge
from gatid_compiler.timescape.proofs.tell import tell
from gatid_compiler.timescape.reshape import references
from gatid_compiler.timescape.written import Written
from gatid_compiler.timescape.written_out import written_out
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.passes.report import Report
    from gatid_compiler.passes.types import TypeReader
    from gatid_compiler.timescape.messages import Era
    from gatid_dsl.diagnostic import Diagnostic
    from gatid_dsl.source import Span


@dataclass(frozen=True, slots=True)
class HeadRoute:
    """A route as it is now."""

    name: str
    method: str
    path: tuple[plan.Segment, ...]
    shape: plan.Shape
    handler: plan.Handler
    node: syntax.Route


@dataclass(frozen=True, slots=True)
class Unfolded:
    """Every route's contracts, oldest first, and the types they refer to by their final names.

    `derived` is the history that all of it was made of, `judge` what judged the transforms.
    """

    contracts: Mapping[str, tuple[plan.Contract, ...]]
    types: Mapping[str, GType]
    derived: Derived | None = None
    judge: Judge | None = None

    def judged(
        self,
        releases: Sequence[plan.Release],
        report: Report,
        edited: Callable[[Span, Sequence[Proof]], str | None] | None = None,
    ) -> tuple[Proof, ...]:
        """What is known of every transform; what is not proved is reported. Not to be asked with
        errors in the report. `edited` looks for what to write instead.
        """
        if self.derived is None or self.judge is None:
            return ()
        proofs = prove(self.derived, self.judge)
        tell(proofs, self.derived, releases, report, edited)
        return proofs


def derive(
    routes: Sequence[HeadRoute],
    types: Definitions,
    releases: Sequence[plan.Release],
    changes: Sequence[syntax.Change],
    reader: TypeReader,
    report: Report,
    removed: Sequence[HeadRoute] = (),
    unread: Collection[str] = (),
) -> Derived:
    """History alone: the types of every release, and the lenses between them.

    `removed` are the routes that changes say are gone, as they were; `unread` names those that
    are declared, and are at fault.
    """
    defs = dict(types)
    written = Written(changes, reader, defs)
    standings: dict[str, Standing] = {}
    headed = with_answer_headers(changes)
    newest = max(0, len(releases) - 1)
    for route in routes:
        era, messages = _newest(route, newest, reader, defs, headed)
        defs.update(messages)
        standings[route.name] = Standing.newest(route.method, route.path, era)
    held = kept(changes, reader, defs, report)
    stated = Stated(held, _removed(changes, removed, reader, defs, headed))
    nodes = [route.node for route in (*routes, *removed)]
    lost = dict(written_out(reader.declared, nodes, [line.node for line in held.values()]))
    merged = Merged(defs)
    written.place(merged)
    stated = stated.placed(merged)
    declared = frozenset(reader.declared)
    derivation = Derivation(
        defs, standings, stated, written, declared, lost, merged, report, unread
    )
    return derivation.run(releases, changes)


def unfold(
    routes: Sequence[HeadRoute],
    types: Definitions,
    releases: Sequence[plan.Release],
    changes: Sequence[syntax.Change],
    reader: TypeReader,
    report: Report,
    removed: Sequence[HeadRoute] = (),
    unread: Collection[str] = (),
) -> Unfolded:
    """All contracts of all routes. With errors in the report the result is not to be used."""
    derived = derive(routes, types, releases, changes, reader, report, removed, unread)
    if report.has_errors:
        return Unfolded({}, types)
    final = FinalTypes(derived.history, releases)
    final.take_head()
    judge = Judge(derived.history)
    contracts: dict[str, tuple[plan.Contract, ...]] = {}
    for route in (*routes, *removed):
        try:
            contracts[route.name] = tuple(
                contract(route.name, stretch, seq, derived, releases, final, judge)
                for seq, stretch in enumerate(stretches(route.name, derived), start=1)
            )
        except OverlapError as overlap:
            report.add(_overlap(overlap, derived))
        except EndlessError as endless:
            name = plain(endless.type)
            report.add(
                NOT_SUPPORTED_YET.at(
                    _culprit(Ref(endless.type), derived),
                    f"a field of `{name}` is filled here with a literal that holds a `{name}` whose"
                    " field is filled with it again, which is not supported yet",
                    help="write a literal without it, such as `[]`",
                )
            )
        except UnmergedError as unmerged:
            report.add(
                NOT_SUPPORTED_YET.at(
                    _culprit(unmerged.type, derived),
                    f"a change inside {shown(unmerged.type)} is not supported yet",
                    help="write the intersection as one object",
                )
            )
    return Unfolded(contracts, final.types, derived=derived, judge=judge)


def _newest(
    route: HeadRoute,
    release: int,
    reader: TypeReader,
    defs: dict[str, GType],
    headed: Collection[str],
) -> tuple[Era, Mapping[str, GType]]:
    named = named_parts(route.node, route.shape, reader, defs)
    told = route.name in headed
    headers = named_answers(route.node, route.shape, reader, defs)
    return eras.newest(
        route.name, route.shape, named, route.handler, release, headed=told, headers=headers
    )


def _removed(
    changes: Sequence[syntax.Change],
    routes: Sequence[HeadRoute],
    reader: TypeReader,
    defs: dict[str, GType],
    headed: Collection[str],
) -> Mapping[int, Removed]:
    """By the blocks that say so, the routes that are gone."""
    by_node = {id(route.node): route for route in routes}
    found: dict[int, Removed] = {}
    for change in changes:
        for block in change.body:
            if isinstance(block, syntax.RouteRemoved) and id(block.route) in by_node:
                route = by_node[id(block.route)]
                era, messages = _newest(route, 0, reader, defs, headed)
                found[id(block)] = Removed(route.method, route.path, era, messages)
    return found


def _overlap(overlap: OverlapError, derived: Derived) -> Diagnostic:
    return codes.UNION_OVERLAP.at(
        _culprit(overlap.branch, derived),
        f"in {shown(overlap.union)} nothing tells {shown(overlap.branch)} from the other "
        "branches, and this change is not for all of them",
        help="give every branch a literal field of its own, such as `kind`",
    )


def _culprit(t: GType, derived: Derived) -> Span:
    """The first block that changes something in the type."""
    names = set(references(t))
    history = derived.history
    for index, block in enumerate(history.blocks):
        known = [name for name in names if name in history.states[index]]
        reached = {inner for name in known for inner in history.reached(name, index)}
        if reached & set(block.lenses):
            return block.span
    return history.blocks[0].span
