"""`convert`: one value said in another way, read backwards. Each way has its domain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import normal
from gatid_compiler.gtypes.model import (
    Bool,
    Bytes,
    Format,
    GType,
    Int,
    Literal,
    Null,
    Number,
    Scalar,
    String,
    Union,
)
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses.agreement import agree
from gatid_compiler.timescape.lenses.fillings import constant
from gatid_compiler.timescape.lenses.formulas import IDENTITY, Formula, call
from gatid_compiler.timescape.lenses.misuse import MisuseError, shown, with_type
from gatid_compiler.timescape.lenses.model import Convert
from gatid_compiler.timescape.lenses.moments import FIRST_SECOND, LAST_SECOND
from gatid_compiler.timescape.lenses.texts import fits, textual
from gatid_compiler.timescape.reshape import resolved
from gatid_dsl import syntax
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.timescape.lenses.fields import Place, Undone
    from gatid_dsl.diagnostic import Diagnostic

_DIGITS = String(patterns=("-?[0-9]{1,18}",))
_NUMBERS = String(patterns=(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?",))
_FINER = "parts of a unit, and time zones"
_BOOLS = Union((Literal("false"), Literal("true")))


@dataclass(frozen=True, slots=True)
class _Way:
    """Both directions; a reason says why nothing proves one, `outside` that it cannot be."""

    forward: Formula
    backward: Formula
    doubt_forward: str | None = None
    doubt_backward: str | None = None
    outside_forward: str | None = None
    outside_backward: str | None = None
    loses_forward: str | None = None
    loses_backward: str | None = None


def convert(op: syntax.Convert, place: Place) -> Undone:
    """`convert a: T -> U by how`: `a` was a `T`."""
    name = op.target.parts[-1]
    now = place.present(name, op.target.span)
    was, written = place.read(op.old), place.read(op.new)
    if not agree(written, now.type, place.defs):
        raise MisuseError(
            codes.TYPE_DISAGREES.at(
                op.new.span,
                f"`{name}` is {shown(now.type)} after this operation, not {shown(written)}",
                help=with_type(op, op.new.span, now.type),
            )
        )
    make = _WAYS.get(op.how.text)
    if make is None:
        close = nearest(op.how.text, list(_WAYS))
        raise MisuseError(
            codes.CONVERT.at(
                op.how.span,
                f"there is no conversion `{op.how.text}`",
                help=f"did you mean `{close}`?" if close else f"there are {_listed(_WAYS)}",
            )
        )
    if op.argument is not None and op.how.text not in ("scale", "epoch"):
        raise MisuseError(
            codes.CONVERT.at(
                op.argument.span,
                f"`{op.how.text}` takes nothing",
                help=f"write `by {op.how.text}`",
            )
        )
    old, old_null = _without_null(was, place.defs)
    new, new_null = _without_null(now.type, place.defs)
    if old_null != new_null:
        may, other = (shown(was), shown(now.type)) if old_null else (shown(now.type), shown(was))
        raise MisuseError(
            codes.CONVERT.at(
                op.span,
                f"{may} may be null and {other} may not",
                help="null stays null: write it in both types",
            )
        )
    way = make(op, old, new, place.defs)
    span = op.span
    if way.outside_forward:
        place.wishes.never_received.append(_range(op, way.outside_forward))
    if way.outside_backward:
        place.wishes.never_answered.append(_range(op, way.outside_backward))
    if way.loses_forward:
        place.wishes.loses(span, name, way.loses_forward, forward=True)
    if way.loses_backward:
        place.wishes.loses(span, name, way.loses_backward, forward=False)
    doubts = place.doubtful(
        span,
        forward=None if way.outside_forward else way.doubt_forward,
        backward=None if way.outside_backward else way.doubt_backward,
    )
    fill = None if now.default is None else constant(now.default.value, now.type, place.defs)
    up, down = way.forward, way.backward
    if old_null:
        up, down = up.or_null(), down.or_null()
    before = replace(now, type=was, default=None)
    return place.swap([name], [before], span), Convert(name, up, down, doubts, fill)


def _without_null(t: GType, defs: Definitions) -> tuple[GType, bool]:
    outer = resolved(t, defs)
    if isinstance(outer, Union):
        rest = [b for b in outer.branches if not isinstance(resolved(b, defs), Null)]
        if len(rest) < len(outer.branches):
            return resolved(normal.union(*rest), defs), True
    return outer, False


def _range(op: syntax.Convert, message: str) -> Diagnostic:
    return codes.CONVERT_RANGE.at(op.span, message, help="widen or narrow one of the types")


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _misfit(op: syntax.Convert, expected: str, old: GType, new: GType) -> MisuseError:
    return MisuseError(
        codes.CONVERT.at(
            op.span,
            f"`{op.how.text}` is for {expected}, not from {shown(old)} to {shown(new)}",
            help=f"the conversions are {_listed(_WAYS)}",
        )
    )


# -- scale ---------------------------------------------------------------------------------


def _scale(op: syntax.Convert, old: GType, new: GType, _: Definitions) -> _Way:
    if not isinstance(old, Int | Number) or not isinstance(new, Int | Number):
        raise _misfit(op, "numbers", old, new)
    if not isinstance(op.argument, syntax.Number) or not op.argument.value:
        raise MisuseError(
            codes.CONVERT.at(
                op.how.span, "`scale` takes a number that is not zero", help="such as `scale(100)`"
            )
        )
    by = op.argument.value
    exact = isinstance(old, Int) and isinstance(new, Int) and isinstance(by, int)
    if exact:
        forward = Formula(f"{{0}} * {by!r}")
        backward = Formula(f"whole_ratio({{0}}, {by!r})", ("whole_ratio",))
    else:
        forward = _rounded(Formula(f"times({{0}}, {by!r})", ("times",)), new)
        backward = _rounded(Formula(f"over({{0}}, {by!r})", ("over",)), old)
    ahead = _fit(old, new, forward, flipped=by < 0)
    back = _fit(new, old, backward, flipped=by < 0)
    doubt_forward = _overflow(old, exact=exact) or _multiple(new)
    if exact and isinstance(new, Int) and new.multiple and isinstance(by, int):
        doubt_forward = None if by % new.multiple == 0 else doubt_forward
    return _Way(
        forward,
        backward,
        doubt_forward,
        _overflow(new, exact=exact) or _multiple(old),
        ahead,
        back,
        _coarser(old, new, by),
        _before(_coarser(new, old, 1 / by)),
    )


def _coarser(source: Int | Number, to: Int | Number, by: float) -> str | None:
    """What the rounding loses; the last digits of a double are not told of."""
    if not isinstance(to, Int) or (isinstance(source, Int) and float(by).is_integer()):
        return None
    return "rounded to whole numbers"


def _before(what: str | None) -> str | None:
    return None if what is None else f"{what} for clients before"


def _rounded(formula: Formula, to: GType) -> Formula:
    if isinstance(to, Int):
        return Formula(f"whole({formula.text})", (*formula.needs, "whole"))
    return formula


def _overflow(source: Int | Number, *, exact: bool) -> str | None:
    if exact or (source.low is not None and source.high is not None):
        return None
    return f"{shown(source)} has no bounds, so the result may be too large for a number"


def _multiple(target: Int | Number) -> str | None:
    return None if target.multiple is None else f"not every result is {shown(target)}"


def _fit(source: Int | Number, target: Int | Number, by: Formula, *, flipped: bool) -> str | None:
    """Why results are outside of the target, the source being an interval."""
    low, high = (source.high, source.low) if flipped else (source.low, source.high)
    for end, bound, sign in ((low, target.low, 1), (high, target.high, -1)):
        if bound is None:
            continue
        if end is None:
            return f"{shown(source)} has no bounds there, and {shown(target)} has"
        result = by.of(end)
        if (result - bound) * sign < 0:
            return f"{end} becomes {result}, which is no {shown(target)}"
    return None


# -- epoch ---------------------------------------------------------------------------------

_MOMENT = Format(Scalar.DATETIME)


def _epoch(op: syntax.Convert, old: GType, new: GType, _: Definitions) -> _Way:
    unit = getattr(op.argument, "text", None)
    if unit not in ("s", "ms"):
        raise MisuseError(
            codes.CONVERT.at(
                op.how.span, "`epoch` takes its unit", help="write `epoch(s)` or `epoch(ms)`"
            )
        )
    per = 1000 if unit == "ms" else 1
    text = Formula(f"moment_text({{0}}, {per})", ("moment_text",))
    number = Formula(f"moment_number({{0}}, {per})", ("moment_number",))
    if isinstance(old, Int) and new == _MOMENT:
        outside, doubt = _years(old, per)
        return _Way(
            text,
            number,
            doubt,
            _any_int(old, per),
            outside,
            None,
            None,
            f"{_FINER}, for clients before",
        )
    if old == _MOMENT and isinstance(new, Int):
        outside, doubt = _years(new, per)
        return _Way(number, text, _any_int(new, per), doubt, None, outside, _FINER)
    raise _misfit(op, "`int` and `DateTime`", old, new)


def _years(t: Int, per: int) -> tuple[str | None, str | None]:
    low, high = FIRST_SECOND * per, LAST_SECOND * per + per - 1
    if (t.low is not None and not low <= t.low <= high) or (
        t.high is not None and not low <= t.high <= high
    ):
        return f"{shown(t)} goes beyond the years 1 to 9999, {low}..{high}", None
    if t.low is None or t.high is None:
        return None, f"{shown(t)} goes beyond the years 1 to 9999, {low}..{high}"
    return None, None


def _any_int(t: Int, per: int) -> str | None:
    low, high = FIRST_SECOND * per, LAST_SECOND * per + per - 1
    over_all = (t.low is None or t.low <= low) and (t.high is None or t.high >= high)
    if over_all and t.multiple is None:
        return None
    return f"not every moment is {shown(t)}"


# -- text ----------------------------------------------------------------------------------


def _text(op: syntax.Convert, old: GType, new: GType, defs: Definitions) -> _Way:
    if textual(new, defs):
        written, read, doubt_written, doubt_read = _texts(op, old, new, defs, old, new)
        return _Way(written, read, doubt_written, doubt_read)
    if textual(old, defs):
        written, read, doubt_written, doubt_read = _texts(op, new, old, defs, old, new)
        return _Way(read, written, doubt_read, doubt_written)
    raise _misfit(op, "a number or `bool`, and a string", old, new)


def _texts(
    op: syntax.Convert, value: GType, text: GType, defs: Definitions, old: GType, new: GType
) -> tuple[Formula, Formula, str | None, str | None]:
    spelt: GType
    match value:
        case Int():
            free = value.low is None and value.high is None and value.multiple is None
            write, read, spelt = "number_text", "text_int", String(patterns=("-?[0-9]+",))
            readable = free and fits(text, _DIGITS, defs)
        case Number():
            write, read, spelt = "number_text", "text_number", _NUMBERS
            free = value.low is None and value.high is None and value.multiple is None
            readable = free and fits(text, _DIGITS, defs)
        case Bool():
            write, read, spelt = "bool_text", "text_bool", _BOOLS
            readable = fits(text, _BOOLS, defs)
        case _:
            raise _misfit(op, "a number or `bool`, and a string", old, new)
    return (
        call(write),
        call(read),
        None if fits(spelt, text, defs) else f"not every text of {shown(value)} is {shown(text)}",
        None if readable else f"not every {shown(text)} can be read as {shown(value)}",
    )


# -- letters and bytes ---------------------------------------------------------------------


def _letters(op: syntax.Convert, old: GType, new: GType, defs: Definitions) -> _Way:
    if not textual(old, defs) or not textual(new, defs):
        raise _misfit(op, "strings", old, new)
    return _Way(
        Formula(f"{{0}}.{op.how.text}()"),
        IDENTITY,
        None if fits(String(), new, defs) else f"not every text is {shown(new)}",
        None if fits(new, old, defs) else f"not every {shown(new)} is {shown(old)}",
        loses_forward="whether letters were large or small",
    )


def _base64(op: syntax.Convert, old: GType, new: GType, defs: Definitions) -> _Way:
    if (isinstance(old, Bytes) == isinstance(new, Bytes)) or not (
        textual(old, defs) and textual(new, defs)
    ):
        raise _misfit(op, "`bytes` and a string", old, new)
    return _Way(
        IDENTITY,
        IDENTITY,
        None if fits(old, new, defs) else f"not every {shown(old)} is {shown(new)}",
        None if fits(new, old, defs) else f"not every {shown(new)} is {shown(old)}",
    )


_WAYS: Mapping[str, Callable[[syntax.Convert, GType, GType, Definitions], _Way]] = {
    "scale": _scale,
    "epoch": _epoch,
    "text": _text,
    "lower": _letters,
    "upper": _letters,
    "base64": _base64,
}
