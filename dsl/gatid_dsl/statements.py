"""What stands in blocks: from the parser's tree to syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid_dsl import syntax
from gatid_dsl.cst import Branch, Leaf, is_branch, is_leaf
from gatid_dsl.reading import Reading
from gatid_dsl.type_exprs import path, type_expr
from gatid_dsl.values import list_value, map_value, moment, number, pyref, quantity, rate, text

if TYPE_CHECKING:
    from collections.abc import Callable

_LEAVES: dict[str, Callable[[Reading, Leaf], syntax.Arg]] = {
    "STRING": text,
    "RAW": text,
    "INT": number,
    "FLOAT": number,
    "DATE": moment,
    "QUANTITY": quantity,
    "RATE": rate,
    "PYREF": pyref,
    "WORD": Reading.word,
}


def arg(ctx: Reading, node: Any) -> syntax.Arg:
    """One argument of a statement."""
    if is_leaf(node):
        return _LEAVES[node.type](ctx, node)
    match node.data:
        case "call":
            name, *args = (ctx.word(leaf) for leaf in node.children)
            return syntax.Call(name, tuple(args), ctx.span(node))
        case "path":
            return path(ctx, node)
        case _:
            return list_value(ctx, node)


def args(ctx: Reading, node: Branch | None) -> tuple[syntax.Arg, ...]:
    """The arguments of a `words` branch."""
    return () if node is None else tuple(arg(ctx, child) for child in node.children)


def body(ctx: Reading, node: Branch | None) -> tuple[syntax.Statement, ...]:
    """The statements of a block; none where it is left out."""
    return () if node is None else tuple(statement(ctx, child) for child in node.children)


def statement(ctx: Reading, node: Branch) -> syntax.Statement:
    """One statement."""
    span = ctx.span(node)
    match node.data:
        case "typed":
            keyword, kind = node.children
            return syntax.Typed(ctx.word(keyword), type_expr(ctx, kind), span)
        case "returns":
            return syntax.Returns(tuple(_answer(ctx, child) for child in node.children), span)
        case "answers":
            word, status, kind = node.children
            of = None if status is None else number(ctx, status)
            return syntax.Answers(ctx.word(word), of, type_expr(ctx, kind), span)
        case "config":
            return syntax.Config(map_value(ctx, node.children[0]), span)
        case _:
            return _directive(ctx, node)


def _answer(ctx: Reading, node: Branch) -> syntax.Answer:
    first, last = node.children[0], node.children[-1]
    return syntax.Answer(
        number(ctx, first) if is_leaf(first) else None,
        type_expr(ctx, last) if is_branch(last) else None,
        ctx.span(node),
    )


def _directive(ctx: Reading, node: Branch) -> syntax.Directive:
    keyword, groups, block = node.children
    return syntax.Directive(
        ctx.word(keyword),
        () if groups is None else tuple(args(ctx, group) for group in groups.children),
        None if block is None else tuple(_directive(ctx, child) for child in block.children),
        ctx.span(node),
    )
