"""The application's own settings: listeners, limits, configuration, how versions are asked for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.passes import arguments
from gatid_compiler.passes.addresses import BadAddressError, address
from gatid_compiler.passes.places import (
    APP,
    LIMITS,
    LISTEN,
    VERSIONS,
    keyword_word,
    placed,
    unknown_option,
)
from gatid_compiler.rules import project as rules
from gatid_dsl import syntax
from gatid_dsl.diagnostic import Label
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.passes.report import Report
    from gatid_dsl.source import Span

DEFAULT_TIMEOUT = 30_000
"""Milliseconds that a request may take where nobody says otherwise."""

MOST_DEPTH = 200
"""How deep the validator can look into JSON."""

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of RFC 9110, section 5.6.2."""

DEFAULT_SELECTORS = plan.Selectors("X-Gati-Version", "version", path=False, default="latest")

NOTHING = plan.App("", "", (), None, None, plan.Limits(), {}, None)
"""What stands in for the settings of a project that has no app."""


def settings(node: syntax.App | None, releases: Sequence[plan.Release], report: Report) -> plan.App:
    """What the `app` block says beside its policies."""
    selectors = DEFAULT_SELECTORS if releases else None
    if node is None:
        return replace(NOTHING, selectors=selectors)
    app = replace(NOTHING, name=node.name.text, doc=node.doc, selectors=selectors)
    taken: dict[plan.Listen, Span] = {}
    for statement in placed(node.body, APP, report):
        match statement:
            case syntax.Directive(keyword=syntax.Word(text="listen")):
                listen = _address(statement, taken, report)
                if listen is not None:
                    app = replace(app, listen=(*app.listen, listen))
            case syntax.Directive(keyword=syntax.Word(text="admin")):
                app = replace(app, admin=_address(statement, taken, report))
            case syntax.Directive(keyword=syntax.Word(text="workers")):
                app = replace(app, workers=_workers(statement, report))
            case syntax.Directive(keyword=syntax.Word(text="limits")):
                app = replace(app, limits=_limits(statement, report))
            case syntax.Directive(keyword=syntax.Word(text="versions")):
                app = replace(app, selectors=_selectors(statement, releases, report))
            case syntax.Config():
                app = replace(app, config=arguments.config(statement, report))
            case _:
                pass  # policies are read with those of the groups and routes
    return app


def _address(
    node: syntax.Directive, taken: dict[plan.Listen, Span], report: Report
) -> plan.Listen | None:
    text = arguments.text(node, report, block=True)
    if node.block is not None:
        placed(node.block, LISTEN, report)
    if text is None:
        return None
    span = node.groups[0][0].span
    try:
        listen = address(text)
    except BadAddressError as error:
        report.add(
            rules.BAD_ADDRESS.at(
                span,
                f"`{text}` is no address: {error}",
                help='write "127.0.0.1:8080", "[::1]:8080", "unix:/run/app.sock" or "fd:NAME"',
            )
        )
        return None
    # Port 0 is any free port, so two listeners may ask for it.
    if listen in taken and (listen.kind != "tcp" or listen.port != 0):
        _taken(span, text, taken[listen], report)
        return None
    taken[listen] = span
    return listen


def _taken(span: Span, text: str, first: Span, report: Report) -> None:
    report.add(
        rules.ADDRESS_TWICE.at(
            span,
            f"`{text}` is taken already",
            help="give each listener an address of its own; the admin listener is never public",
            labels=(Label(first, "taken here"),),
        )
    )


def _workers(node: syntax.Directive, report: Report) -> int | None:
    match node.groups:
        case ((syntax.Word(text="auto"),),):
            arguments.no_block(node, report)
            return None
        case ((syntax.Number(value=int(number)),),) if number > 0:
            arguments.no_block(node, report)
            return number
        case _:
            arguments.wrong(node, "`auto` or a number from 1", report)
            return None


def _limits(node: syntax.Directive, report: Report) -> plan.Limits:
    limits = plan.Limits()
    for statement in placed(arguments.options(node, report), LIMITS, report):
        if isinstance(statement, syntax.Directive):
            limits = _limited(limits, statement, report)
    return limits


def _limited(limits: plan.Limits, node: syntax.Directive, report: Report) -> plan.Limits:
    value: int | None
    match node.keyword.text:
        case "max_body":
            value = arguments.size(node, report)
            return limits if value is None else replace(limits, max_body=value)
        case "max_header":
            value = arguments.size(node, report, least=1024)
            return limits if value is None else replace(limits, max_header=value)
        case "min_rate":
            value = arguments.size(node, report)
            return limits if value is None else replace(limits, min_rate=value)
        case "body_timeout":
            value = arguments.duration(node, report)
            return limits if value is None else replace(limits, body_timeout=value)
        case "concurrency":
            value = arguments.count(node, report)
            return limits if value is None else replace(limits, concurrency=value)
        case "depth":
            value = arguments.count(node, report, most=MOST_DEPTH)
            return limits if value is None else replace(limits, depth=value)
        case _:
            return _duplicate_keys(limits, node, report)


def _duplicate_keys(limits: plan.Limits, node: syntax.Directive, report: Report) -> plan.Limits:
    word = arguments.word(node, "`last` or `refused`", report)
    match word.text if word is not None else "last":
        case "last" | "refused" as keys:
            return replace(limits, duplicate_keys=keys)
        case _:
            assert word is not None  # noqa: S101 - an absent one reads as `last`
            unknown_option(word, ("last", "refused"), "`duplicate_keys`", report)
            return limits


def _selectors(
    node: syntax.Directive, releases: Sequence[plan.Release], report: Report
) -> plan.Selectors | None:
    header = param = None
    path = False
    default = "latest"
    for statement in placed(arguments.options(node, report), VERSIONS, report):
        if not isinstance(statement, syntax.Directive):
            continue
        match statement.keyword.text:
            case "header":
                header = header_name(statement, report)
            case "param":
                param = arguments.text(statement, report)
            case "path":
                path = arguments.switch(statement, report)
            case "default":
                default = _default(statement, releases, report) or default
    if not releases:
        report.add(
            rules.VERSIONS_WITHOUT_RELEASE.at(
                keyword_word(node).span,
                "`versions` does nothing: the project declares no version",
                help="declare one, such as `version 2026-03-01 as v1`, or take the block away",
            )
        )
        return None
    return plan.Selectors(header, param, path=path, default=default)


def header_name(node: syntax.Directive, report: Report) -> str | None:
    """The argument of `header "…"`, which must be the name of a header."""
    name = arguments.text(node, report)
    if name is None or HEADER_NAME.fullmatch(name):
        return name
    arguments.wrong(node, "the name of a header", report)
    return None


def _default(
    node: syntax.Directive, releases: Sequence[plan.Release], report: Report
) -> str | None:
    word = arguments.word(node, "`latest`, `oldest`, `require` or a tag", report)
    if word is None:
        return None
    fixed = ("latest", "oldest", "require")
    tags = [tag for release in releases for tag in release.tags]
    if word.text in (*fixed, *tags):
        return word.text
    if not releases:
        return None
    close = nearest(word.text, [*fixed, *tags])
    known = ", ".join(f"`{name}`" for name in (*fixed, *tags))
    report.add(
        rules.UNKNOWN_TAG.at(
            word.span,
            f"no version has the tag `{word.text}`",
            help=f"write one of {known}",
            fix=close,
        )
    )
    return None
