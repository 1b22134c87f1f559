"""Field paths and the expressions of `compute`: from the parser's tree to syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid_dsl import syntax
from gatid_dsl.codes import TOO_DEEP
from gatid_dsl.type_exprs import MAX_CHAIN
from gatid_dsl.values import literal, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_dsl.cst import Branch
    from gatid_dsl.reading import Reading


def field_path(ctx: Reading, node: Branch) -> syntax.FieldPath:
    """`customer.name`, parts quoted or not."""
    return syntax.FieldPath(
        tuple(
            leaf.value if leaf.type == "NAME" else text(ctx, leaf).value for leaf in node.children
        ),
        ctx.span(node),
    )


def field_paths(ctx: Reading, node: Branch) -> tuple[syntax.FieldPath, ...]:
    """`a, b.c`."""
    return tuple(field_path(ctx, child) for child in node.children)


def expression(ctx: Reading, node: Branch) -> syntax.Expr:
    """An expression of `compute`."""
    match node.data:
        case "field_ref":
            where = field_path(ctx, node)
            return syntax.FieldRef(where, where.span)
        case "literal":
            return literal(ctx, node.children[0])
        case "paren_expr":
            return expression(ctx, node.children[0])
        case "apply":
            name, *args = node.children
            return syntax.Apply(
                ctx.word(name), tuple(expression(ctx, a) for a in args), ctx.span(node)
            )
        case "expr":
            return _conditional(ctx, _chain(ctx, node))
        case _:
            return _binary(ctx, _chain(ctx, node))


def _chain(ctx: Reading, node: Branch) -> Sequence[Any]:
    """The operands and operators of a level; of a chain too long only the first are kept."""
    if len(node.children) <= MAX_CHAIN * 2:
        return node.children
    ctx.refuse(
        TOO_DEEP,
        ctx.span(node),
        f"an expression of {len(node.children) // 2:,} operators",
        f"at most {MAX_CHAIN} operators may follow one another",
    )
    return node.children[: MAX_CHAIN * 2 - 1]


def _binary(ctx: Reading, parts: Sequence[Any]) -> syntax.Expr:
    left = expression(ctx, parts[0])
    start = ctx.span(parts[0])
    for operator, operand in zip(parts[1::2], parts[2::2], strict=True):
        right = expression(ctx, operand)
        left = syntax.Binary(operator.value, left, right, start.to(ctx.span(operand)))
    return left


def _conditional(ctx: Reading, parts: Sequence[Any]) -> syntax.Expr:
    """`a if c else b if d else e` is `a if c else (b if d else e)`."""
    last = ctx.span(parts[-1])
    otherwise = expression(ctx, parts[-1])
    for i in range(len(parts) - 3, -1, -2):
        then, condition = expression(ctx, parts[i]), expression(ctx, parts[i + 1])
        otherwise = syntax.IfElse(then, condition, otherwise, ctx.span(parts[i]).to(last))
    return otherwise
