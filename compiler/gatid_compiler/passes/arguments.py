"""What follows a statement's word, read by kind; the help line shows the form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

from gatid_compiler.passes.places import NOTHING, keyword_word, placed
from gatid_compiler.rules import project as rules
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gatid_compiler.passes.report import Report
    from gatid_compiler.plan import Json

A = TypeVar("A")

FORMS = {
    "use": "use staff",
    "auth": "auth none",
    "roles": "roles any(clerk, admin)",
    "rate": "rate 600/min per subject { burst 50 }",
    "timeout": "timeout 10s",
    "max_body": "max_body 1MiB",
    "max_header": "max_header 16KiB",
    "body_timeout": "body_timeout 30s",
    "min_rate": "min_rate 256B",
    "concurrency": "concurrency 5000",
    "depth": "depth 64",
    "duplicate_keys": "duplicate_keys refused",
    "before": "before check_stock",
    "after": "after log_it",
    "catch": "catch report",
    "allow": "allow secret store_dsn",
    "emits": "emits order.created",
    "capacity": "capacity 1000",
    "overflow": "overflow refuse",
    "listen": 'listen "127.0.0.1:8080"',
    "admin": 'admin "127.0.0.1:9090"',
    "workers": "workers auto",
    "limits": "limits { max_body 1MiB }",
    "versions": 'versions { header "X-Gati-Version" }',
    "config": 'config { currency: "EUR" }',
    "header": 'header "X-API-Key"',
    "param": 'param "api_key"',
    "keys": "keys api_keys",
    "issuer": 'issuer "https://id.example.com"',
    "audience": 'audience "shop"',
    "algorithms": "algorithms RS256, ES256",
    "leeway": "leeway 30s",
    "require": 'require email, "realm.roles"',
    "default": "default latest",
    "ttl": "ttl 5m",
    "retries": "retries 1",
    "snapshot": "snapshot { sample 0.01  keep 7d }",
    "sample": "sample 0.01",
    "errors": "errors on",
    "max": "max 256KiB",
    "keep": "keep 7d",
    "redact": 'redact "/body/card", "/headers/authorization"',
    "burst": "burst 50",
    "health": "health 10s { timeout 5s }",
    "failures": "failures 3",
    "isolate": "isolate process strict",
    "memory": "memory 256MiB",
    "open_files": "open_files 64",
    "file_size": "file_size 64MiB",
    "cpu": "cpu 10m",
    "handler": "handler shop.orders:create",
    "deprecated": "deprecated 2026-09-15",
    "sunset": "sunset 2027-01-01",
    "from": 'secret dsn from env "SHOP_DSN"',
}
"""How each statement is written."""


def wrong(node: syntax.Directive, takes: str, report: Report, form: str | None = None) -> None:
    """Report that a statement's arguments are not of its kind; `form` is how it is written."""
    name = node.keyword.text
    first = node.groups[0][0] if node.groups and node.groups[0] else None
    if first is None:
        span, message = node.keyword.span, f"`{name}` takes {takes}"
    else:
        span = first.span.to(node.groups[-1][-1].span)
        message = f"`{name}` takes {takes}, not `{span.text}`"
    run_on = next((a for g in node.groups for a in g[1:] if _begins_statement(a)), None)
    if run_on is None:
        help = f"write it like `{form or FORMS.get(name, name)}`"
    else:
        help = f"begin a new line before `{run_on.span.text}`"
    report.add(rules.BAD_ARGUMENT.at(span, message, help=help))


def _begins_statement(arg: syntax.Arg) -> bool:
    return isinstance(arg, syntax.Word) and arg.text in FORMS


def one(
    node: syntax.Directive,
    read: Callable[[syntax.Arg], A | None],
    takes: str,
    report: Report,
    *,
    block: bool = False,
) -> A | None:
    """The one argument of a statement, or None after it has been reported."""
    if not block:
        no_block(node, report)
    if len(node.groups) == 1 and len(node.groups[0]) == 1:
        value = read(node.groups[0][0])
        if value is not None:
            return value
    wrong(node, takes, report)
    return None


def no_block(node: syntax.Directive, report: Report) -> None:
    """Report a block at a statement that takes none."""
    if node.block is None:
        return
    if node.block:
        placed(node.block, NOTHING, report)
    else:
        report.add(
            rules.BAD_ARGUMENT.at(
                node.span,
                f"`{node.keyword.text}` takes no block",
                help=f"write it like `{FORMS.get(node.keyword.text, node.keyword.text)}`",
            )
        )


def duration(node: syntax.Directive, report: Report, *, block: bool = False) -> int | None:
    """A duration above zero, in milliseconds."""

    def read(arg: syntax.Arg) -> int | None:
        positive = isinstance(arg, syntax.Duration) and arg.milliseconds > 0
        return arg.milliseconds if positive and isinstance(arg, syntax.Duration) else None

    return one(node, read, "a duration above zero", report, block=block)


def size(node: syntax.Directive, report: Report, *, least: int = 0) -> int | None:
    """A size in bytes."""

    def read(arg: syntax.Arg) -> int | None:
        return arg.bytes if isinstance(arg, syntax.Size) and arg.bytes >= least else None

    takes = "a size" if least == 0 else f"a size of at least {least} bytes"
    return one(node, read, takes, report)


def count(
    node: syntax.Directive, report: Report, *, least: int = 1, most: int | None = None
) -> int | None:
    """A whole number from `least`, to `most` where there is a bound."""

    def read(arg: syntax.Arg) -> int | None:
        if not isinstance(arg, syntax.Number) or not isinstance(arg.value, int):
            return None
        fits = arg.value >= least and (most is None or arg.value <= most)
        return arg.value if fits else None

    upto = "" if most is None else f" to {most}"
    return one(node, read, f"a whole number from {least}{upto}", report)


def share(node: syntax.Directive, report: Report) -> float | None:
    """A number from 0 to 1."""

    def read(arg: syntax.Arg) -> float | None:
        fits = isinstance(arg, syntax.Number) and 0 <= arg.value <= 1
        return float(arg.value) if fits and isinstance(arg, syntax.Number) else None

    return one(node, read, "a share from 0 to 1", report)


def text(node: syntax.Directive, report: Report, *, block: bool = False) -> str | None:
    """A string that is not empty."""

    def read(arg: syntax.Arg) -> str | None:
        return arg.value if isinstance(arg, syntax.Text) and arg.value else None

    return one(node, read, "a string", report, block=block)


def word(node: syntax.Directive, takes: str, report: Report) -> syntax.Word | None:
    """A name."""

    def read(arg: syntax.Arg) -> syntax.Word | None:
        return arg if isinstance(arg, syntax.Word) else None

    return one(node, read, takes, report)


def switch(node: syntax.Directive, report: Report) -> bool:
    """`on`, or `off` as if the line were not there."""
    found = word(node, "`on` or `off`", report)
    if found is not None and found.text not in ("on", "off"):
        wrong(node, "`on` or `off`", report)
    return found is not None and found.text == "on"


def listed(node: syntax.Directive, takes: str, report: Report) -> Sequence[syntax.Arg]:
    """The arguments of a statement that takes a list; one that names a thing twice is told."""
    no_block(node, report)
    if not node.groups or any(len(group) != 1 for group in node.groups):
        wrong(node, takes, report)
        return ()
    args = [group[0] for group in node.groups]
    once([(arg, arg.span.text) for arg in args], report)
    return args


def once(args: Sequence[tuple[syntax.Arg, str]], report: Report) -> None:
    """Report names that stand in one list twice."""
    seen: set[str] = set()
    for arg, name in args:
        if name in seen:
            report.add(
                rules.NAMED_TWICE.at(arg.span, f"`{name}` is named twice", help="name it once")
            )
        seen.add(name)


def options(node: syntax.Directive, report: Report) -> Sequence[syntax.Statement]:
    """The block of a statement that has nothing but a block."""
    if node.groups or node.block is None:
        wrong(node, "a block", report)
    return node.block or ()


def config(node: syntax.Config, report: Report) -> Mapping[str, Json]:
    """What `config` says, as plain JSON."""
    if isinstance(node.value, syntax.MapValue):
        return _mapping(node.value, report)
    report.add(
        rules.BAD_ARGUMENT.at(
            keyword_word(node).span,
            "`config` takes keys and values",
            help=f"write it like `{FORMS['config']}`",
        )
    )
    return {}


def _mapping(node: syntax.MapValue, report: Report) -> Mapping[str, Json]:
    found: dict[str, Json] = {}
    for key, value in node.items:
        name = key.text if isinstance(key, syntax.Word) else key.value
        if name in found:
            report.add(
                rules.NAMED_TWICE.at(
                    key.span, f"the key `{name}` stands here twice", help="keep one of them"
                )
            )
        found[name] = _json(value, report)
    return found


def _json(value: syntax.Value, report: Report) -> Json:
    match value:
        case syntax.Null():
            return None
        case syntax.MapValue():
            return _mapping(value, report)
        case syntax.ListValue(items=items):
            return tuple(_json(item, report) for item in items)
        case syntax.Number(value=float(number)) if not math.isfinite(number):
            report.add(
                rules.BAD_ARGUMENT.at(
                    value.span,
                    f"`{value.span.text}` is too large a number",
                    help="numbers with a fraction or an exponent go up to about 1.8e308",
                )
            )
            return None
        case syntax.Text() | syntax.Number() | syntax.Bool():
            return value.value
