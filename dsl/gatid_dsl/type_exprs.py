"""Type expressions, and the paths that hold some: from the parser's tree to syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid_dsl import syntax
from gatid_dsl.codes import SYNTAX_ERROR, TOO_DEEP
from gatid_dsl.cst import Branch, Leaf, is_branch, is_leaf
from gatid_dsl.source import Span
from gatid_dsl.values import key, literal, number, text, value

if TYPE_CHECKING:
    from gatid_dsl.reading import Reading

MAX_CHAIN = 64
"""How many suffixes or operators may follow one another."""


def type_expr(ctx: Reading, node: Branch) -> syntax.TypeExpr:
    """A type of any kind."""
    match node.data:
        case "type_name":
            return _type_name(ctx, node)
        case "object":
            return object_type(ctx, node)
        case "array":
            return _array(ctx, node)
        case "union":
            return syntax.TypeUnion(_types(ctx, node), ctx.span(node))
        case "intersection":
            return syntax.TypeIntersection(_types(ctx, node), ctx.span(node))
        case "tuple":
            return syntax.TypeTuple(_types(ctx, node), ctx.span(node))
        case "paren":
            return type_expr(ctx, node.children[0])
        case _:
            return syntax.TypeLiteral(literal(ctx, node.children[0]), ctx.span(node))


def optional_type(ctx: Reading, node: Branch | None) -> syntax.TypeExpr | None:
    """A type, where one is written."""
    return None if node is None else type_expr(ctx, node)


def _types(ctx: Reading, node: Branch) -> tuple[syntax.TypeExpr, ...]:
    return tuple(type_expr(ctx, child) for child in node.children)


def _type_name(ctx: Reading, node: Branch) -> syntax.TypeName:
    name, args, constraints = node.children
    return syntax.TypeName(
        ctx.word(name),
        _types(ctx, args) if args else (),
        tuple(_constraint(ctx, child) for child in constraints.children) if constraints else (),
        ctx.span(node),
    )


def _constraint(ctx: Reading, node: Branch) -> syntax.Range | syntax.Constraint:
    if node.data != "constraint":
        return _range(ctx, node)
    name, given = node.children
    if given.type == "NAME":
        return syntax.Constraint(ctx.word(name), ctx.word(given), ctx.span(node))
    is_text = given.type in ("STRING", "RAW")
    bound = text(ctx, given) if is_text else number(ctx, given)
    return syntax.Constraint(ctx.word(name), bound, ctx.span(node))


def _range(ctx: Reading, node: Branch) -> syntax.Range:
    ends = [number(ctx, leaf) for leaf in node.children]
    match node.data:
        case "below":
            return syntax.Range(None, ends[0], False, ctx.span(node))
        case "exact":
            return syntax.Range(ends[0], ends[0], True, ctx.span(node))
        case _:
            high = ends[1] if len(ends) > 1 else None
            return syntax.Range(ends[0], high, False, ctx.span(node))


def _array(ctx: Reading, node: Branch) -> syntax.TypeExpr:
    inner, *suffixes = node.children
    if len(suffixes) > MAX_CHAIN:
        ctx.refuse(
            TOO_DEEP,
            ctx.span(node),
            f"an array of arrays, {len(suffixes):,} deep",
            "give the inner array a name of its own",
        )
    item = type_expr(ctx, inner)
    start = ctx.span(node)
    for suffix in suffixes[:MAX_CHAIN]:
        length = next((c for c in suffix.children if is_branch(c)), None)
        item = syntax.TypeArray(
            item,
            None if length is None else _range(ctx, length),
            any(is_leaf(c) for c in suffix.children),
            start.to(ctx.span(suffix)),
        )
    return item


def object_type(ctx: Reading, node: Branch) -> syntax.TypeObject:
    """`{ a: T, b?: T, ... }`."""
    fields: list[syntax.Field] = []
    rest: syntax.Rest | None = None
    for item in node.children:
        if rest is not None:
            ctx.refuse(
                SYNTAX_ERROR,
                rest.span,
                "`...` is followed by more of its object",
                "write `...` once, as the last line of the object",
            )
        if item.data == "rest":
            rest = syntax.Rest(optional_type(ctx, item.children[0]), ctx.span(item))
        else:
            fields.append(_field(ctx, item))
    return syntax.TypeObject(tuple(fields), rest, ctx.span(node))


def _field(ctx: Reading, node: Branch) -> syntax.Field:
    name, optional, secret, kind, default = node.children
    return syntax.Field(
        key(ctx, name),
        optional is not None,
        secret is not None,
        type_expr(ctx, kind),
        None if default is None else value(ctx, default.children[0]),
        ctx.doc(node),
        ctx.span(node),
    )


def path(ctx: Reading, node: Branch) -> syntax.Path:
    """`/orders/{id: Uuid}`; `/` alone has no segments."""
    if len(node.children) == 1 and str(node.children[0]) == "/":
        return syntax.Path((), ctx.span(node))
    return syntax.Path(tuple(_segment(ctx, child) for child in node.children), ctx.span(node))


def _segment(ctx: Reading, node: Any) -> syntax.PathText | syntax.PathParam:
    if is_leaf(node):
        return _path_text(ctx, node)
    name, kind = node.children
    return syntax.PathParam(ctx.word(name), optional_type(ctx, kind), ctx.span(node))


def _path_text(ctx: Reading, leaf: Leaf) -> syntax.PathText:
    span = ctx.span(leaf)
    return syntax.PathText(leaf.value[1:], Span(span.source, span.start + 1, span.end))
