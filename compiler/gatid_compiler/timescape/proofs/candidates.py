"""What an operation that is not proved might say instead, the smallest edit first.

An edit is another text of the operation, or another type of the field that it gives now, or
both. Whether it is proved is for others to find out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import scalars
from gatid_compiler.gtypes.model import Any, Array, GType, Int, Literal, Number, String, Union
from gatid_compiler.gtypes.text import show
from gatid_compiler.timescape.lenses.finite import values_of
from gatid_compiler.timescape.lenses.moments import FIRST_SECOND, LAST_SECOND
from gatid_compiler.timescape.proofs.spans import plainly
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatid_dsl.source import Span

Editable = syntax.Convert | syntax.Split | syntax.Join | syntax.Compute | syntax.Map


@dataclass(frozen=True, slots=True)
class Edit:
    """The operation as it would be written, and the type that a field of it would have now."""

    operation: str
    field: str | None = None
    type: GType | None = None


def _size(pair: _Pair) -> int:
    """How much of an operation is written otherwise."""
    before, after = pair
    return (after is not None) + (before is not None and after is not None)


def candidates(
    op: Editable, ends: tuple[GType, GType] | None, fields: Mapping[str, GType]
) -> Iterator[Edit]:
    """Edits to try. `ends` are the types of a conversion, as it writes them; `fields` are those
    that the operation gives and that a declared type has now.
    """
    match op:
        case syntax.Convert():
            old, new = ends or (None, None)
            yield from _convert(op, old, new, given=op.target.parts[-1] in fields)
        case syntax.Split():
            yield from _split(op, fields)
        case syntax.Map():
            yield from _map(op, fields)
        case syntax.Compute(back=(path, _)) if path.parts[-1] in fields:
            forward = replace(op, back=None)
            yield from candidates(forward, None, fields)
            name = path.parts[-1]
            yield from (Edit(op.span.text, name, wide) for wide in wider(fields[name]))
        case syntax.Join() | syntax.Compute():
            name = op.target.parts[-1]
            if name in fields:
                # There is no end of what texts of any length make together.
                joined = isinstance(op, syntax.Join)
                for wide in wider(fields[name]):
                    if joined and isinstance(wide, String) and wide.high is not None:
                        continue
                    written = [(op.type.span, show(wide))] if op.type is not None else []
                    yield Edit(_with(op.span, written), name, wide)


def wider(t: GType) -> Iterator[GType]:
    """Types that hold more, the nearest first."""
    match t:
        case Int(low=low, high=high):
            if high is not None:
                yield from (Int(low, end) for end in _ends(high))
                yield Int(low)
            if low is not None:
                yield from (Int(-end, end) for end in _ends(max(abs(low), abs(high or 0))))
                yield Int()
        case Number(low=low, high=high, multiple=multiple):
            if multiple is not None:
                yield Number(low, high)
            if high is not None:
                yield from (Number(low, end) for end in _ends(high))
                yield Number(low)
            if low is not None:
                yield from (Number(-end, end) for end in _ends(max(abs(low), abs(high or 0))))
                yield Number()
        case String(low=low, high=high, patterns=patterns):
            if patterns:
                yield String(low, high)
            if high is not None:
                yield from (String(low, size) for size in _SIZES if size > high)
                yield String(low)
            if low:
                yield from (String(0, size) for size in _SIZES if high is not None and size >= high)
            yield String()
        case Array(low=0, high=high) if high != 0:
            yield replace(t, low=1)
        case _:
            yield String()


_SIZES = (10, 20, 40, 80, 120, 200, 255, 400, 600, 1000, 2000, 4000)


def _ends(least: float) -> Iterator[int]:
    yield from (10**digits for digits in (1, 2, 3, 4, 5, 6, 9, 12, 15, 18) if 10**digits > least)


# -- map -----------------------------------------------------------------------------------


def _map(op: syntax.Map, fields: Mapping[str, GType]) -> Iterator[Edit]:
    """Arrows that met lead to values apart, or one of them is left out."""
    values = values_of(fields.get(op.target.parts[-1], Any()), {}) or ()
    onward = [arrow for arrow in op.arrows if not arrow.back]
    rights = [arrow.right.span.text for arrow in onward]
    free = [text for text in map(json.dumps, values) if text not in rights]
    doubled = [a for at, a in enumerate(onward) if rights[at] in rights[:at]]
    for arrow in (*doubled, *onward):
        yield from (Edit(_with(op.span, [(arrow.right.span, text)])) for text in free)
    if len(op.arrows) > 1:
        for arrow in reversed(op.arrows):
            kept = ", ".join(a.span.text for a in op.arrows if a is not arrow)
            head = op.span.text.partition("{")[0]
            yield Edit(f"{head}{{ {kept} }}")


# -- convert -------------------------------------------------------------------------------


_OTHER = {"lower": "upper", "upper": "lower"}


def _convert(
    op: syntax.Convert, old: GType | None, now: GType | None, *, given: bool
) -> Iterator[Edit]:
    """The old type first, then the new one, then both."""
    pairs = [pair for pair in dict.fromkeys(_types(op, old, now)) if pair[1] is None or given]
    if op.how.text in _OTHER:
        yield Edit(_with(op.span, [(op.how.span, _OTHER[op.how.text])]))
    for before, after in sorted(pairs, key=_size):
        written = []
        if before is not None:
            written.append((op.old.span, before))
        if after is not None:
            written.append((op.new.span, show(after)))
        name = op.target.parts[-1]
        yield Edit(_with(op.span, written), name if after is not None else None, after)


_BASE64 = String(patterns=(scalars.BASE64,))

_Pair = tuple[str | None, GType | None]


def _types(op: syntax.Convert, old: GType | None, now: GType | None) -> Iterator[_Pair]:
    match op.how.text:
        case "text":
            yield from _texts(old, now)
        case "epoch":
            yield from _moments(op, now)
        case "scale":
            yield from _scales(op, old, now)
        case "lower" | "upper":
            yield from _letters(op, old, now)
        case "base64":
            yield show(_BASE64), None
            yield None, _BASE64
            return
        case _:
            return
    if now is not None and op.how.text != "epoch":
        yield from ((None, wide) for wide in wider(now))


def _texts(old: GType | None, now: GType | None) -> Iterator[_Pair]:
    if isinstance(now, Int) and now.low is not None and now.high is not None:
        yield f"string(pattern '{plainly(now.low, now.high)}')", None
    if isinstance(old, Int) and old.low is not None and old.high is not None:
        yield None, String(patterns=(plainly(old.low, old.high),))
    for sign, low in (("", 0), ("-?", -_MOST)):
        digits = String(patterns=(f"{sign}[0-9]{{1,18}}",))
        whole = Int(low, _MOST)
        yield show(digits), None
        if isinstance(now, Int):
            yield show(digits), whole
        elif isinstance(old, Int):
            yield show(whole), None
            yield show(whole), digits
    yield show(_BOOLS), None
    yield None, _BOOLS


_MOST = 10**18 - 1
_BOOLS = Union((Literal("true"), Literal("false")))


def _moments(op: syntax.Convert, now: GType | None) -> Iterator[_Pair]:
    per = 1000 if getattr(op.argument, "text", None) == "ms" else 1
    last = LAST_SECOND * per + per - 1
    whole = Int(FIRST_SECOND * per, last)
    if isinstance(now, Int):
        yield None, whole
        return
    yield from ((show(t), None) for t in (whole, Int(), Int(0, last)))


def _scales(op: syntax.Convert, old: GType | None, now: GType | None) -> Iterator[_Pair]:
    by = getattr(op.argument, "value", None)
    if isinstance(by, int | float) and by:
        if isinstance(now, Int | Number) and isinstance(old, Int | Number):
            fitting = _scaled(now, 1 / by, old)
            if fitting is not None:
                yield show(fitting), None
        if isinstance(old, Int | Number) and isinstance(now, Int | Number):
            made = _scaled(old, by, now)
            if made is not None:
                yield None, made
        bounded = _bounded(old, 15) if isinstance(old, Int | Number) else None
        if bounded is not None and isinstance(now, Int | Number):
            yield show(bounded), None
            made = _scaled(bounded, by, now)
            if made is not None:
                yield show(bounded), made
                back = _scaled(_bounded(now, 15), 1 / by, bounded)
                if back is not None:
                    yield show(back), _bounded(now, 15)
    for kind in (Int, Number) if not isinstance(old, Int) else (Int,):
        yield from ((show(kind(0, 10**n)), None) for n in (15, 12, 9, 6, 3))


def _scaled(t: Int | Number, by: float, to: Int | Number) -> Int | Number | None:
    """The interval, multiplied, as a type of the other's kind."""
    if t.low is None or t.high is None:
        return None
    low, high = sorted((t.low * by, t.high * by))
    if isinstance(to, Int):
        return Int(round(low), round(high)) if by > 1 else Int(ceil(low - _EPS), floor(high + _EPS))
    return Number(_whole(low), _whole(high))


def _whole(value: float) -> int | float:
    return int(value) if value == int(value) else value


def _bounded(t: Int | Number, digits: int) -> Int | Number:
    """The type with bounds where it has none."""
    end = 10**digits
    low, high = -end if t.low is None else t.low, end if t.high is None else t.high
    if isinstance(t, Int):
        return Int(int(low), int(high), t.multiple)
    return Number(low, high, t.multiple)


_EPS = 1e-9


def _letters(op: syntax.Convert, old: GType | None, now: GType | None) -> Iterator[_Pair]:
    text = op.old.span.text
    both = re.sub(r"a-zA-Z|A-Za-z|a-z|A-Z", "A-Za-z", op.new.span.text)
    if both != op.new.span.text:
        yield both, None
    if '"' in text and '"' in op.new.span.text:
        yield " | ".join(dict.fromkeys([*op.new.span.text.split(" | "), *text.split(" | ")])), None
    for t, other in ((old, now), (now, now)):
        if isinstance(t, String) and not t.patterns:
            plain = String(t.low, t.high, ("[ -~]*",))
            yield show(plain), None
            if isinstance(other, String) and not other.patterns:
                yield show(plain), String(other.low, other.high, ("[ -~]*",))


# -- split ---------------------------------------------------------------------------------


def _split(op: syntax.Split, fields: Mapping[str, GType]) -> Iterator[Edit]:
    cut = op.separator.value
    names = [path.parts[-1] for path in op.targets]
    escaped = re.sub(r"([\\\]^\[-])", r"\\\1", cut[0])
    plain = re.sub(r"([^A-Za-z0-9 _,;:@#%&=~!<>/-])", r"\\\1", cut)
    if "'" in cut or not cut.isprintable():
        return
    shapes = []
    if all(name in fields for name in names):
        shapes.append([_part(fields[name], escaped, last=name == names[-1]) for name in names])
    shapes += [[f"[^{escaped}]{many}"] * len(names) for many in "+*"]
    for parts in shapes:
        if all(part is not None and "'" not in part for part in parts):
            whole = plain.join(part for part in parts if part is not None)
            yield Edit(_with(op.span, [(op.type.span, f"string(pattern '{whole}')")]))
    for name in names:
        if name in fields:
            yield from (Edit(op.span.text, name, wide) for wide in wider(fields[name]))


def _part(t: GType, escaped: str, *, last: bool) -> str | None:
    """A pattern of a part's texts, where it is short."""
    match t:
        case String(low=low, high=high, patterns=()):
            any_one = r"[\s\S]" if last else f"[^{escaped}]"
            if high is None and low < len(_SHORT):
                return any_one + _SHORT[low]
            return f"{any_one}{{{low},{'' if high is None else high}}}"
        case String(low=0, high=None, patterns=(pattern,)):
            return f"({pattern})" if "|" in pattern else pattern
        case _:
            return None


_SHORT = ("*", "+")


def _with(span: Span, written: list[tuple[Span, str]]) -> str:
    """A text with parts of it written otherwise."""
    text = span.text
    for part, new in sorted(written, key=lambda pair: -pair[0].start):
        text = text[: part.start - span.start] + new + text[part.end - span.start :]
    return text
