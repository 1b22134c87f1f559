"""Literals, arguments and settings: from the parser's tree to syntax."""

from __future__ import annotations

import datetime
import math
import re
from typing import TYPE_CHECKING, Any

from gatid_dsl import syntax
from gatid_dsl.codes import BAD_DATE, BAD_NUMBER, BAD_STRING, UNKNOWN_UNIT
from gatid_dsl.cst import Branch, Leaf, is_leaf
from gatid_dsl.source import Span
from gatid_dsl.strings import BadPart, unescape
from gatid_dsl.units import BYTES, MILLISECONDS, PERIODS, meant_period, meant_unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatid_dsl.reading import Reading

_MAX_DIGITS = 1_000
_QUANTITY = re.compile(r"([0-9]+)((?:\.[0-9]+)?)([A-Za-z]+)")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?Z)?")


def text(ctx: Reading, leaf: Leaf) -> syntax.Text:
    """A string."""
    span = ctx.span(leaf)
    inner = leaf.value[1:-1]
    if leaf.type == "RAW":
        return syntax.Text(inner, span, raw=True)
    value = unescape(inner)
    if isinstance(value, str):
        return syntax.Text(value, span)
    for part in value:
        _refuse_part(ctx, part, span.start + 1)
    return syntax.Text(inner, span)


def _refuse_part(ctx: Reading, part: BadPart, offset: int) -> None:
    place = Span(ctx.source, offset + part.start, offset + part.end)
    if not part.text.startswith("\\"):
        escape = "\\t" if part.text == "\t" else f"\\u{ord(part.text):04x}"
        ctx.refuse(
            BAD_STRING,
            place,
            f"a control character (U+{ord(part.text):04X}) stands in a string",
            f"write it as the escape `{escape}`",
        )
    elif part.text.startswith("\\u") and len(part.text) == 6:
        ctx.refuse(
            BAD_STRING,
            place,
            f"`{part.text}` is half a character",
            "write both halves of the pair, or the character itself",
        )
    elif part.text.startswith("\\u"):
        ctx.refuse(
            BAD_STRING,
            place,
            f"`{part.text}` is no escape",
            "`\\u` is followed by four hexadecimal digits",
        )
    else:
        ctx.refuse(
            BAD_STRING,
            place,
            f"`{part.text}` is no escape",
            "write `\\\\` for a backslash; in `'…'` a backslash is itself",
        )


def number(ctx: Reading, leaf: Leaf) -> syntax.Number:
    """A whole number, or one with a fraction or an exponent."""
    span = ctx.span(leaf)
    if leaf.type == "FLOAT":
        value = float(leaf.value)
        if math.isinf(value):
            ctx.refuse(
                BAD_NUMBER,
                span,
                f"`{_short(leaf.value)}` is too large for a number",
                "the largest is about 1.8e308",
            )
            value = 0.0
        return syntax.Number(value, span)
    return syntax.Number(_whole(ctx, leaf.value, span), span)


def _whole(ctx: Reading, digits: str, span: Span) -> int:
    if len(digits) > _MAX_DIGITS:
        ctx.refuse(
            BAD_NUMBER,
            span,
            f"a number of {len(digits):,} digits",
            f"whole numbers have at most {_MAX_DIGITS:,} digits",
        )
        return 0
    return int(digits)


def _short(written: str) -> str:
    return written if len(written) <= 24 else f"{written[:20]}…"


def literal(ctx: Reading, leaf: Leaf) -> syntax.Literal:
    """A string, a number, `true`, `false` or `null`."""
    match leaf.type:
        case "STRING" | "RAW":
            return text(ctx, leaf)
        case "TRUE" | "FALSE":
            return syntax.Bool(leaf.type == "TRUE", ctx.span(leaf))
        case "NULL":
            return syntax.Null(ctx.span(leaf))
        case _:
            return number(ctx, leaf)


def moment(ctx: Reading, leaf: Leaf) -> syntax.Moment:
    """A version's day or moment; one the calendar does not have is refused."""
    span = ctx.span(leaf)
    written = leaf.value
    try:
        if _MOMENT.fullmatch(written):
            datetime.datetime.fromisoformat(written.removesuffix("Z"))
            return syntax.Moment(written, span)
    except ValueError:
        pass
    ctx.refuse(
        BAD_DATE,
        span,
        f"`{written}` is no day or moment",
        "write a day as `2026-03-01` or a moment in UTC as `2026-03-01T09:00:00Z`",
    )
    # Later passes may rely on a moment being one; nothing is built from this configuration.
    return syntax.Moment("2000-01-01", span)


def quantity(ctx: Reading, leaf: Leaf) -> syntax.Duration | syntax.Size:
    """A duration or a size; a unit that does not exist is refused."""
    span = ctx.span(leaf)
    parts = _QUANTITY.fullmatch(leaf.value)
    whole, fraction, unit = parts.groups() if parts else (leaf.value, "", "")
    known = unit if unit in MILLISECONDS or unit in BYTES else meant_unit(unit)
    factor = MILLISECONDS.get(known or "ms") or BYTES.get(known or "B", 1)
    if known != unit:
        ctx.refuse(
            UNKNOWN_UNIT,
            span,
            f"unknown unit `{_short(unit)}`",
            f"write `{_short(whole)}{known}`"
            if known and not fraction
            else "durations are counted in `ms s m h d`, sizes in `B KiB MiB GiB`",
            f"{whole}{known}" if known and not fraction else None,
        )
    elif fraction:
        smaller = _without_fraction(f"{whole}{fraction}", unit)
        ctx.refuse(
            UNKNOWN_UNIT,
            span,
            f"`{_short(leaf.value)}` has a fraction",
            f"write `{smaller}`" if smaller else "write a whole number of a smaller unit",
            smaller,
        )
    count = _whole(ctx, whole, span) * factor
    return syntax.Size(count, span) if known in BYTES else syntax.Duration(count, span)


def _without_fraction(written: str, unit: str) -> str | None:
    """`1.5s` is `1500ms`: the same in the largest unit that needs no fraction."""
    table = MILLISECONDS if unit in MILLISECONDS else BYTES
    if len(written) > 15:
        return None
    total = float(written) * table[unit]
    for smaller, factor in sorted(table.items(), key=lambda item: -item[1]):
        if factor < table[unit] and total % factor == 0:
            return f"{int(total // factor)}{smaller}"
    return None


def rate(ctx: Reading, leaf: Leaf) -> syntax.RateOf:
    """`600/min`; a period that does not exist is refused."""
    span = ctx.span(leaf)
    digits, _, period = leaf.value.partition("/")
    known = period if period in PERIODS else meant_period(period)
    if known != period:
        fix = f"{digits}/{known}" if known else None
        ctx.refuse(
            UNKNOWN_UNIT,
            span,
            f"unknown period `{_short(period)}`",
            f"write `{_short(digits)}/{known}`" if known else "rates are counted per `s min h d`",
            fix,
        )
    return syntax.RateOf(_whole(ctx, digits, span), PERIODS[known or "s"], span)


def pyref(ctx: Reading, leaf: Leaf) -> syntax.PyRef:
    """`package.module:name`."""
    module, _, name = leaf.value.partition(":")
    return syntax.PyRef(module, name, ctx.span(leaf))


def value(ctx: Reading, node: Any) -> syntax.Value:
    """A value of `config`, or what fills a field."""
    if is_leaf(node):
        return literal(ctx, node)
    return list_value(ctx, node) if node.data == "list_value" else map_value(ctx, node)


def list_value(ctx: Reading, node: Branch) -> syntax.ListValue:
    """`[a, b]`."""
    return syntax.ListValue(tuple(value(ctx, item) for item in node.children), ctx.span(node))


def map_value(ctx: Reading, node: Branch) -> syntax.MapValue:
    """`{ key: value, … }`."""
    return syntax.MapValue(
        tuple(
            (key(ctx, entry.children[0]), value(ctx, entry.children[1])) for entry in node.children
        ),
        ctx.span(node),
    )


def key(ctx: Reading, leaf: Leaf) -> syntax.Word | syntax.Text:
    """The name of a field or a setting, quoted or not."""
    return ctx.word(leaf) if leaf.type == "NAME" else text(ctx, leaf)


def words(ctx: Reading, leaves: Iterable[Leaf]) -> tuple[syntax.Word, ...]:
    """Tokens as words."""
    return tuple(ctx.word(leaf) for leaf in leaves)
