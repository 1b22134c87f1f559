"""Routes at head: path, messages and handler of each; no two may match the same request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.model import Object
from gatid_compiler.passes import arguments, messages, paths
from gatid_compiler.passes.places import ROUTE, not_yet, placed, unknown_option
from gatid_compiler.passes.report import Report
from gatid_compiler.rules import routes as rules
from gatid_dsl import syntax
from gatid_dsl.diagnostic import Label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.passes.declare import RoutePlace
    from gatid_compiler.passes.types import TypeReader


@dataclass(frozen=True, slots=True)
class Head:
    """A route as it is now; `handler` is None where it has been reported as missing."""

    node: syntax.Route
    path: paths.JoinedPath
    shape: plan.Shape
    handler: plan.Handler | None


def head(place: RoutePlace, reader: TypeReader, defs: dict[str, GType], report: Report) -> Head:
    """Read one route. Its policies are read elsewhere."""
    node = place.node
    path = paths.join(node, place.groups, report)
    # What stands in the wrong place is reported once, with the policies.
    statements = placed(node.body, ROUTE, Report())
    shape = messages.shape(node, statements, path, reader, defs, report)
    line = next((s for s in statements if _is_handler(s)), None)
    handler = read_handler(line, report) if isinstance(line, syntax.Directive) else None
    if line is None and not report.is_damaged(node.name.span):
        report.add(
            rules.NO_HANDLER.at(
                node.name.span,
                f"nothing handles `{node.name.text}`",
                help="add `handler module:function`, or `handler static 204`",
            )
        )
    if handler is not None:
        shape = answered(node, statements, shape, handler, report)
    return Head(node, path, shape, handler)


def read_handler(node: syntax.Directive, report: Report) -> plan.Handler | None:
    """What `handler` names."""
    arguments.no_block(node, report)
    match node.groups:
        case ((syntax.PyRef(module=module, name=name),),):
            return plan.PyHandler(plan.PyRef(module, name))
        case ((syntax.Word(text="static"), syntax.Number(value=int(status))),):
            if 200 <= status <= 599:
                return plan.StaticHandler(status)
            report.add(
                rules.BAD_STATUS.at(
                    node.groups[0][1].span,
                    f"a route cannot answer with the status {status}",
                    help="final statuses go from 200 to 599",
                )
            )
        case ((syntax.Word(text="proxy") as word, *_),):
            not_yet(word, "`handler proxy`", report)
        case ((syntax.Word() as word, *_),) if word.text != "static":
            unknown_option(word, ("static", "proxy"), "`handler`", report)
        case _:
            arguments.wrong(node, "`module:function` or `static` and a status", report)
    return None


def check_conflicts(heads: Iterable[Head], report: Report) -> None:
    """Report routes of one shape and method."""
    first: dict[tuple[str, tuple[str | None, ...]], Head] = {}
    for item in heads:
        key = (item.node.method.text, item.path.shape)
        known = first.setdefault(key, item)
        if known is not item:
            method, name = item.node.method.text, known.node.name.text
            path = paths.written(known.path.segments)
            report.add(
                rules.DUPLICATE_ROUTE.at(
                    item.node.path.span,
                    f"`{name}` matches the same requests: {method} {path}",
                    help="give one of them another path or method; the names and types of "
                    "parameters take no part in matching",
                    labels=(Label(known.node.path.span, f"`{name}` is here"),),
                )
            )


def _is_handler(statement: syntax.Statement) -> bool:
    return isinstance(statement, syntax.Directive) and statement.keyword.text == "handler"


def answered(
    node: syntax.Route,
    statements: Iterable[syntax.Statement],
    shape: plan.Shape,
    handler: plan.Handler | None,
    report: Report,
) -> plan.Shape:
    """A fixed answer is declared by its handler; any other route must say what it returns."""
    returns = next((s for s in statements if isinstance(s, syntax.Returns)), None)
    if isinstance(handler, plan.StaticHandler):
        known = next((a for a in shape.answers if a.status == handler.status), None)
        if known is None:
            answer = plan.Answer(handler.status, None)
            return replace(shape, answers=(*shape.answers, answer))
        if known.type is not None and returns is not None:
            report.add(
                rules.BAD_STATUS.at(
                    returns.span,
                    f"the fixed answer {handler.status} has no body, but a type is promised",
                    help=f"write `returns {handler.status}`",
                )
            )
        if isinstance(known.headers, Object) and any(f.required for f in known.headers.fields):
            report.add(
                rules.BAD_STATUS.at(
                    node.name.span,
                    f"the fixed answer {handler.status} has no headers, but some are promised",
                    help="let them be optional in `answers`, or write a handler",
                )
            )
        return shape
    if not any(answer.status < 400 for answer in shape.answers):
        written = returns is not None and len(shape.answers) == len(returns.answers)
        if (returns is None and not report.is_damaged(node.name.span)) or written:
            report.add(
                rules.NO_RETURNS.at(
                    node.name.span if returns is None else returns.span,
                    f"`{node.name.text}` does not say what it answers when all is well",
                    help="add `returns T`, or `returns 204` where there is nothing to say",
                )
            )
    return shape
