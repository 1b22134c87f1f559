"""Unfolds routes over the timeline: from head and the changes to every contract there was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.model import GType, Ref
from gatid_compiler.rules.project import NOT_SUPPORTED_YET
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.contracts import contract, stretches
from gatid_compiler.timescape.derive import Derivation, Derived
from gatid_compiler.timescape.final_types import FinalTypes
from gatid_compiler.timescape.fuse.finish import OverlapError, UnmergedError
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.lenses.misuse import shown
from gatid_compiler.timescape.messages import Standing, answer_type, request_type
from gatid_compiler.timescape.reshape import aliases, references, resolved
from gatid_compiler.timescape.written import Written
from gatid_compiler.timescape.written_out import written_out
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.passes.report import Report
    from gatid_compiler.passes.types import TypeReader
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

    `removed` will hold routes that only older releases had; nothing makes them yet. `derived` is
    the history that all of it was made of.
    """

    contracts: Mapping[str, tuple[plan.Contract, ...]]
    types: Mapping[str, GType]
    removed: tuple[plan.Route, ...] = ()
    derived: Derived | None = None


def derive(
    routes: Sequence[HeadRoute],
    types: Definitions,
    releases: Sequence[plan.Release],
    changes: Sequence[syntax.Change],
    reader: TypeReader,
    report: Report,
) -> Derived:
    """History alone: the types of every release, and the lenses between them."""
    defs = dict(types)
    written = Written(changes, reader, defs)
    standings: dict[str, Standing] = {}
    for route in routes:
        named = _named_parts(route, reader, defs)
        defs[keys.request(route.name)] = request_type(route.shape, named)
        for answer in route.shape.answers:
            if answer.type is not None:
                defs[keys.response(route.name, answer.status)] = answer_type(answer.type)
        statuses = {answer.status: answer.status for answer in route.shape.answers}
        standings[route.name] = Standing(route.method, route.path, statuses)
    lost = dict(written_out(reader.declared, [route.node for route in routes]))
    for route in routes:
        lost.update(_lower_headers(route, reader, defs))
    declared = frozenset(reader.declared)
    derivation = Derivation(defs, standings, written, declared, lost, report)
    return derivation.run(releases, changes)


def unfold(
    routes: Sequence[HeadRoute],
    types: Definitions,
    releases: Sequence[plan.Release],
    changes: Sequence[syntax.Change],
    reader: TypeReader,
    report: Report,
) -> Unfolded:
    """All contracts of all routes. With errors in the report the result is not to be used."""
    derived = derive(routes, types, releases, changes, reader, report)
    if report.has_errors:
        return Unfolded({}, types)
    final = FinalTypes(derived.history, releases)
    final.take_head()
    contracts: dict[str, tuple[plan.Contract, ...]] = {}
    for route in routes:
        head = plan.Contract(
            id="",
            seq=1,
            since=0,
            until=None,
            method=route.method,
            path=route.path,
            shape=route.shape,
            handler=route.handler,
            handler_shape=route.shape,
            up=None,
            down=(),
        )
        try:
            contracts[route.name] = tuple(
                contract(route.name, head, stretch, seq, derived, releases, final)
                for seq, stretch in enumerate(stretches(route.name, route.shape, derived), start=1)
            )
        except OverlapError as overlap:
            report.add(_overlap(overlap, derived))
        except UnmergedError as unmerged:
            report.add(
                NOT_SUPPORTED_YET.at(
                    _culprit(unmerged.type, derived),
                    f"a change inside {shown(unmerged.type)} is not supported yet",
                    help="write the intersection as one object",
                )
            )
    return Unfolded(contracts, final.types, derived=derived)


def _named_parts(route: HeadRoute, reader: TypeReader, defs: dict[str, GType]) -> dict[str, GType]:
    """Parts of the request that are written as a declared type, which changes with that type.

    The shape at head has them written out at their outermost.
    """
    words = {"query": "query", "headers": "header", "cookies": "cookie"}
    parts = {
        "query": route.shape.query,
        "headers": route.shape.headers,
        "cookies": route.shape.cookies,
    }
    found: dict[str, GType] = {}
    for statement in route.node.body:
        if isinstance(statement, syntax.Typed) and statement.keyword.text in words:
            written = reader.read(statement.type, defs)
            if (
                isinstance(written, Ref)
                and resolved(written, defs) == parts[statement.keyword.text]
            ):
                found[words[statement.keyword.text]] = written
    return found


def _lower_headers(route: HeadRoute, reader: TypeReader, defs: dict[str, GType]) -> dict[str, Span]:
    """A declared type of headers whose names are not in lower case, as those of headers are."""
    found: dict[str, Span] = {}
    for statement in route.node.body:
        if isinstance(statement, syntax.Typed) and statement.keyword.text == "headers":
            names = aliases(reader.read(statement.type, defs), defs)
            if names and resolved(defs[names[-1]], defs) != route.shape.headers:
                found.update((keys.origin(name), statement.type.span) for name in names)
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
