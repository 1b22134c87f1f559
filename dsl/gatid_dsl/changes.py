"""What stands in a `change`: from the parser's tree to syntax."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gatid_dsl import syntax
from gatid_dsl.expressions import expression, field_path, field_paths
from gatid_dsl.reading import Reading
from gatid_dsl.source import Span
from gatid_dsl.statements import statement
from gatid_dsl.type_exprs import optional_type, path, type_expr
from gatid_dsl.values import literal, number, pyref, text
from gatid_dsl.values import value as value_of

if TYPE_CHECKING:
    from gatid_dsl.cst import Branch

Read = Callable[[Reading, "list[Any]", Span], syntax.Operation]


def _value(ctx: Reading, node: Branch | None) -> syntax.Value | None:
    return None if node is None else _given(ctx, node)


def _given(ctx: Reading, node: Branch) -> syntax.Value:
    return value_of(ctx, node.children[0])


def _required(ctx: Reading, node: Branch) -> syntax.Literal:
    return literal(ctx, node.children[0])


def _add(ctx: Reading, parts: list[Any], span: Span) -> syntax.Add:
    target, optional, kind, value = parts
    return syntax.Add(
        field_path(ctx, target),
        optional is not None,
        type_expr(ctx, kind),
        _value(ctx, value),
        span,
    )


def _drop(ctx: Reading, parts: list[Any], span: Span) -> syntax.Drop:
    target, optional, kind, value = parts
    return syntax.Drop(
        field_path(ctx, target),
        optional is not None,
        type_expr(ctx, kind),
        _value(ctx, value),
        span,
    )


def _arrow(ctx: Reading, node: Branch) -> syntax.Arrow:
    left, right = node.children
    return syntax.Arrow(
        _required(ctx, left), _required(ctx, right), node.data == "back_arrow", ctx.span(node)
    )


def _map(ctx: Reading, parts: list[Any], span: Span) -> syntax.Map:
    target, *arrows = parts
    return syntax.Map(field_path(ctx, target), tuple(_arrow(ctx, a) for a in arrows), span)


def _split(ctx: Reading, parts: list[Any], span: Span) -> syntax.Split:
    source, kind, separator, targets = parts
    return syntax.Split(
        field_path(ctx, source),
        type_expr(ctx, kind),
        text(ctx, separator),
        field_paths(ctx, targets),
        span,
    )


def _join(ctx: Reading, parts: list[Any], span: Span) -> syntax.Join:
    sources, separator, target, kind = parts
    return syntax.Join(
        field_paths(ctx, sources),
        text(ctx, separator),
        field_path(ctx, target),
        optional_type(ctx, kind),
        span,
    )


def _convert(ctx: Reading, parts: list[Any], span: Span) -> syntax.Convert:
    target, old, new, how, given = parts
    argument: syntax.Number | syntax.Word | syntax.Text | None
    if given is None:
        argument = None
    elif given.type == "NAME":
        argument = ctx.word(given)
    else:
        argument = text(ctx, given) if given.type == "STRING" else number(ctx, given)
    return syntax.Convert(
        field_path(ctx, target),
        type_expr(ctx, old),
        type_expr(ctx, new),
        ctx.word(how),
        argument,
        span,
    )


def _compute(ctx: Reading, parts: list[Any], span: Span) -> syntax.Compute:
    target, kind, value, back, reverse = parts
    return syntax.Compute(
        field_path(ctx, target),
        type_expr(ctx, kind),
        expression(ctx, value),
        None if back is None else (field_path(ctx, back), expression(ctx, reverse)),
        span,
    )


def _was(ctx: Reading, parts: list[Any], span: Span) -> syntax.Was:
    kind, up, down = parts
    return syntax.Was(
        type_expr(ctx, kind),
        None if up is None else pyref(ctx, up),
        None if down is None else pyref(ctx, down),
        span,
    )


def _where(ctx: Reading, node: Branch | None, span: Span) -> syntax.FieldPath:
    """The path of an `each`; without one it is about what its block is about."""
    if node is not None:
        return field_path(ctx, node)
    return syntax.FieldPath((), Span(span.source, span.start, span.start + len("each")))


def operations(ctx: Reading, node: Branch) -> tuple[syntax.Operation, ...]:
    """The operations of a block."""
    return tuple(operation(ctx, child) for child in node.children)


def operation(ctx: Reading, node: Branch) -> syntax.Operation:
    """One operation."""
    return _OPERATIONS[node.data](ctx, node.children, ctx.span(node))


_OPERATIONS: dict[str, Read] = {
    "rename": lambda c, p, s: syntax.Rename(field_path(c, p[0]), field_path(c, p[1]), s),
    "move": lambda c, p, s: syntax.Move(field_path(c, p[0]), field_path(c, p[1]), s),
    "add": _add,
    "drop": _drop,
    "require": lambda c, p, s: syntax.Require(field_path(c, p[0]), _given(c, p[1]), s),
    "relax": lambda c, p, s: syntax.Relax(field_path(c, p[0]), _given(c, p[1]), s),
    "map": _map,
    "split": _split,
    "join": _join,
    "convert": _convert,
    "wrap": lambda c, p, s: syntax.Wrap(field_path(c, p[0]), s),
    "unwrap": lambda c, p, s: syntax.Unwrap(field_path(c, p[0]), s),
    "nest": lambda c, p, s: syntax.Nest(field_paths(c, p[0]), field_path(c, p[1]), s),
    "hoist": lambda c, p, s: syntax.Hoist(field_path(c, p[0]), field_paths(c, p[1]), s),
    "each": lambda c, p, s: syntax.Each(_where(c, p[0], s), operations(c, p[1]), s),
    "inside": lambda c, p, s: syntax.In(field_path(c, p[0]), operations(c, p[1]), s),
    "when": lambda c, p, s: syntax.When(
        field_path(c, p[0]), _required(c, p[1]), operations(c, p[2]), s
    ),
    "status": lambda c, p, s: syntax.Status(number(c, p[0]), number(c, p[1]), s),
    "compute": _compute,
    "was": _was,
    "todo": lambda c, p, s: syntax.Todo(text(c, p[0]), s),
}


def type_change(ctx: Reading, node: Branch) -> syntax.TypeChange:
    """`type NAME { operations }`."""
    name, block = node.children
    return syntax.TypeChange(ctx.word(name), operations(ctx, block), ctx.span(node))


def route_change(ctx: Reading, node: Branch) -> syntax.RouteChange:
    """`route NAME { … }`."""
    name, block = node.children
    return syntax.RouteChange(
        ctx.word(name),
        tuple(_route_step(ctx, child) for child in block.children),
        ctx.span(node),
    )


def _route_step(ctx: Reading, node: Branch) -> syntax.Operation | syntax.Moved | syntax.Statement:
    if node.data in _OPERATIONS:
        return operation(ctx, node)
    if node.data == "moved":
        method, where = node.children
        return syntax.Moved(ctx.word(method), path(ctx, where), ctx.span(node))
    return statement(ctx, node)


def route_added(ctx: Reading, node: Branch) -> syntax.RouteAdded:
    """`route NAME added`."""
    return syntax.RouteAdded(ctx.word(node.children[0]), ctx.span(node))
