"""Where a route stands: its method, path and statuses, taken back operation by operation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.model import Object
from gatid_compiler.passes import paths
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.lenses.misuse import MisuseError
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.passes.report import Report
    from gatid_compiler.timescape.messages import Standing
    from gatid_dsl.diagnostic import Diagnostic
    from gatid_dsl.source import Span


def moved(
    op: syntax.Moved,
    name: syntax.Word,
    standing: Standing,
    carried: GType | None,
    report: Report,
) -> Standing:
    """The method and path before. Where the request is `carried` on, they fit it."""
    node = syntax.Route(name, op.method, op.path, (), "", op.span)
    path = paths.join(node, (), report)
    then = replace(standing, method=op.method.text, path=path.segments)
    if carried is None:
        return then
    names = {s.name for s in standing.path if isinstance(s, plan.Param)}
    typed = next((param for param in path.params if param.type is not None), None)
    if typed is not None:
        raise _misplaced(op, "parameters keep their types", f"write `{{{typed.name.text}}}`")
    if {param.name.text for param in path.params} != names:
        listed = ", ".join(f"`{{{param}}}`" for param in sorted(names)) or "none"
        raise _misplaced(
            op,
            f"the parameters of `{name.text}` are {listed} at this moment",
            "a path has the same parameters wherever it moves; `rename path.a -> path.b` "
            "gives them other names",
        )
    if op.method.text in ("GET", "HEAD") and expect(Object, carried).field("body") is not None:
        raise _misplaced(
            op, f"a {op.method.text} has no body, and `{name.text}` has", "write its old method"
        )
    return then


def status(op: syntax.Status, standing: Standing) -> Standing:
    """The statuses before."""
    old, new = int(op.old.value), int(op.new.value)
    known = next((head for head, now in standing.statuses.items() if now == new), None)
    if known is None:
        listed = ", ".join(f"`{now}`" for now in standing.statuses.values())
        raise MisuseError(
            codes.STATUS_CHANGE.at(
                op.new.span,
                f"the route does not answer with `{new}` after this operation",
                help=f"it answers with {listed}",
            )
        )
    if old != new and old in standing.statuses.values():
        raise MisuseError(
            codes.STATUS_CHANGE.at(
                op.old.span,
                f"the route still answers with `{old}` after this operation",
                help="two statuses cannot become one: change the other one first",
            )
        )
    return replace(standing, statuses={**standing.statuses, known: old})


def renamed_parameter(op: syntax.Operation, standing: Standing) -> Standing:
    """A parameter of the path keeps its place under its old name."""
    if not isinstance(op, syntax.Rename) or op.target.parts[0] != "path":
        return standing
    return renamed(op.source.parts[-1], op.target.parts[-1], standing)


def renamed(old: str, new: str, standing: Standing) -> Standing:
    """Before a parameter of the path had its new name."""
    path = tuple(
        plan.Param(old) if isinstance(segment, plan.Param) and segment.name == new else segment
        for segment in standing.path
    )
    return replace(standing, path=path)


def collisions(
    standings: Mapping[str, Standing], placed: Mapping[str, Span]
) -> Iterator[Diagnostic]:
    """Routes that match the same requests, given those that a release moved or removed, and
    where that is written.
    """
    first: dict[tuple[str, tuple[str | None, ...]], str] = {}
    # What has not been somewhere else in this change comes first, and is what is in the way.
    for route in sorted(standings, key=lambda route: route in placed):
        there = standings[route]
        shape = tuple(s if isinstance(s, str) else None for s in there.path)
        other = first.setdefault((there.method, shape), route)
        if other != route and route in placed:
            yield codes.CHANGE_MOVED.at(
                placed[route],
                f"`{other}` matches the same requests before this change",
                help="it was `added` in this version, or was somewhere else",
            )


def _misplaced(op: syntax.Moved, message: str, help: str) -> MisuseError:
    return MisuseError(codes.CHANGE_MOVED.at(op.span, message, help=help))
