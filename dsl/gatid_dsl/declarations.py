"""Declarations: from the parser's tree to syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid_dsl import syntax
from gatid_dsl.changes import route_added, route_change, type_change
from gatid_dsl.codes import SYNTAX_ERROR
from gatid_dsl.cst import Branch, is_leaf
from gatid_dsl.statements import args, body, statement
from gatid_dsl.type_exprs import object_type, path, type_expr
from gatid_dsl.values import moment, pyref, text, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid_dsl.reading import Reading


def file(ctx: Reading, node: Branch) -> syntax.File:
    """Everything a source declares."""
    return syntax.File(tuple(declaration(ctx, child) for child in node.children))


def declaration(ctx: Reading, node: Branch) -> syntax.Declaration:
    """One declaration."""
    return _DECLARATIONS[node.data](ctx, node)


def _include(ctx: Reading, node: Branch) -> syntax.Include:
    return syntax.Include(text(ctx, node.children[0]), ctx.span(node))


def _app(ctx: Reading, node: Branch) -> syntax.App:
    name, block = node.children
    return syntax.App(ctx.word(name), body(ctx, block), ctx.doc(node), ctx.span(node))


def _version(ctx: Reading, node: Branch) -> syntax.Version:
    date, tags, block = node.children
    return syntax.Version(
        moment(ctx, date),
        words(ctx, tags.children) if tags else (),
        body(ctx, block),
        ctx.doc(node),
        ctx.span(node),
    )


def _secret(ctx: Reading, node: Branch) -> syntax.Secret:
    name, backend, given, block = node.children
    return syntax.Secret(
        ctx.word(name),
        ctx.word(backend),
        args(ctx, given),
        body(ctx, block),
        ctx.doc(node),
        ctx.span(node),
    )


def _module(ctx: Reading, node: Branch) -> syntax.Module:
    name, target, block = node.children
    return syntax.Module(
        ctx.word(name), pyref(ctx, target), body(ctx, block), ctx.doc(node), ctx.span(node)
    )


def _hook(ctx: Reading, node: Branch) -> syntax.Hook:
    name, target, block = node.children
    return syntax.Hook(
        ctx.word(name), pyref(ctx, target), body(ctx, block), ctx.doc(node), ctx.span(node)
    )


def _policy(ctx: Reading, node: Branch) -> syntax.Policy:
    name, block = node.children
    return syntax.Policy(ctx.word(name), body(ctx, block), ctx.doc(node), ctx.span(node))


def _topic(ctx: Reading, node: Branch) -> syntax.Topic:
    name, kind, block = node.children
    return syntax.Topic(
        ctx.word(name), type_expr(ctx, kind), body(ctx, block), ctx.doc(node), ctx.span(node)
    )


def _on(ctx: Reading, node: Branch) -> syntax.On:
    topic, target, block = node.children
    return syntax.On(
        ctx.word(topic), pyref(ctx, target), body(ctx, block), ctx.doc(node), ctx.span(node)
    )


def _rollout(ctx: Reading, node: Branch) -> syntax.Rollout:
    groups, block = node.children
    given = () if groups is None else tuple(a for g in groups.children for a in args(ctx, g))
    return syntax.Rollout(given, body(ctx, block), ctx.doc(node), ctx.span(node))


def _typedef(ctx: Reading, node: Branch) -> syntax.TypeDef:
    name, params, kind = node.children
    return syntax.TypeDef(
        ctx.word(name),
        words(ctx, params.children) if params else (),
        object_type(ctx, kind) if kind.data == "object" else type_expr(ctx, kind),
        ctx.doc(node),
        ctx.span(node),
    )


def _group(ctx: Reading, node: Branch) -> syntax.Group:
    where, block = node.children
    return syntax.Group(
        path(ctx, where),
        tuple(_member(ctx, child) for child in block.children),
        ctx.doc(node),
        ctx.span(node),
    )


def _member(ctx: Reading, node: Branch) -> syntax.Statement | syntax.Group | syntax.Route:
    match node.data:
        case "group":
            return _group(ctx, node)
        case "route":
            return _route(ctx, node)
        case _:
            return statement(ctx, node)


def _route(ctx: Reading, node: Branch) -> syntax.Route:
    name, method, where, block = node.children
    return syntax.Route(
        ctx.word(name),
        ctx.word(method),
        path(ctx, where),
        body(ctx, block),
        ctx.doc(node),
        ctx.span(node),
    )


def _change(ctx: Reading, node: Branch) -> syntax.Change:
    tag, *why, block = node.children
    lossless = [child for child in block.children if is_leaf(child)]
    for place in lossless:
        if place is not block.children[0]:
            ctx.refuse(
                SYNTAX_ERROR,
                ctx.span(place),
                "`lossless` stands below other lines of its change",
                "write `lossless` once, as the first line of the change",
            )
    return syntax.Change(
        ctx.word(tag),
        text(ctx, why[0]) if why else None,
        bool(lossless),
        tuple(_CHANGES[child.data](ctx, child) for child in block.children if not is_leaf(child)),
        ctx.doc(node),
        ctx.span(node),
    )


def _route_removed(ctx: Reading, node: Branch) -> syntax.RouteRemoved:
    name, route = node.children
    return syntax.RouteRemoved(ctx.word(name), _route(ctx, route), ctx.span(node))


_CHANGES: dict[str, Callable[[Reading, Branch], Any]] = {
    "type_change": type_change,
    "route_change": route_change,
    "route_added": route_added,
    "route_removed": _route_removed,
}

_DECLARATIONS: dict[str, Callable[[Reading, Branch], syntax.Declaration]] = {
    "include": _include,
    "app": _app,
    "version": _version,
    "secret": _secret,
    "module": _module,
    "hook": _hook,
    "policy": _policy,
    "topic": _topic,
    "on": _on,
    "rollout": _rollout,
    "typedef": _typedef,
    "group": _group,
    "route": _route,
    "change": _change,
}
