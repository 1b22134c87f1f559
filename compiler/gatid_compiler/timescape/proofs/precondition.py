"""Texts that a function leads into a type, as patterns: what must go in for what is wanted.

Where the image of a text is no simple pattern, the texts that have a good image are one.
"""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import scalars
from gatid_compiler.gtypes.model import (
    Format,
    GType,
    Int,
    Literal,
    Null,
    Number,
    Schema,
    String,
    Union,
)
from gatid_compiler.gtypes.regex import NotReadError
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.timescape.proofs import letters
from gatid_compiler.timescape.proofs.spans import ending, written_between
from gatid_compiler.timescape.reshape import resolved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.gtypes.model import Definitions

ANY = r"[\x{0}-\x{10FFFF}]"
"""One character, a line's end included."""

_COUNTED = 500
"""So many numbers are written out one by one."""

_DIGITS = 18
"""Longer texts of digits are not told apart by the numbers that they write."""


def before(function: str, args: Sequence[GType], want: GType, defs: Definitions) -> String | None:
    """The texts for which a function of the library gives what is wanted; None if that is not
    known. `args` are the types of its arguments after the text.
    """
    target = _without_null(resolved(want, defs), defs)
    match function:
        case "lower" | "upper":
            return _cased(function, target, defs)
        case "text_part":
            separator, count, index = (getattr(arg, "value", None) for arg in args)
            if not isinstance(separator, str) or not separator:
                return None
            if not isinstance(count, int) or not isinstance(index, int):
                return None
            return _part(separator, count, index, target, defs)
        case "text_int":
            return _digits(target)
        case _:
            return None


def _without_null(target: GType, defs: Definitions) -> GType:
    if not isinstance(target, Union):
        return target
    rest = [b for b in target.branches if not isinstance(resolved(b, defs), Null)]
    return resolved(rest[0], defs) if len(rest) == 1 else Union(tuple(rest))


def _cased(function: str, target: GType, defs: Definitions) -> String | None:
    constraints = _constraints(target, defs)
    if constraints is None:
        return None
    low, high, patterns = 0, None, [f"{ANY}*"]
    for least, most, pattern in constraints:
        if pattern is None:
            low, high = least, most
        else:
            patterns.append(pattern)
    try:
        led = tuple(letters.preimage(pattern, function) for pattern in patterns)
    except NotReadError:
        return None
    return String(low, high, led)


def quoted(text: str) -> str:
    """A pattern of exactly this text."""
    return "".join(c if c.isascii() and c.isalnum() else f"\\x{{{ord(c):X}}}" for c in text)


def _digits(target: GType) -> String | None:
    if not isinstance(target, Int | Number):
        return None
    most = 10**_DIGITS - 1
    low = -most if target.low is None else max(ceil(target.low), -most)
    high = most if target.high is None else min(floor(target.high), most)
    if low > high:
        return None
    between = written_between(low, high, _DIGITS - 1)
    if target.multiple is None:
        return String(patterns=(between,))
    if not isinstance(target.multiple, int):
        return None
    first = -(-low // target.multiple) * target.multiple
    if (high - first) // target.multiple < _COUNTED:
        values = range(first, high + 1, target.multiple)
        signs = (("-" if value < 0 else "", abs(value)) for value in values)
        return String(patterns=("|".join(f"{sign}0{{0,17}}{size}" for sign, size in signs),))
    ends = ending(target.multiple)
    return None if ends is None else String(patterns=(between, ends))


def _part(
    separator: str, count: int, index: int, target: GType, defs: Definitions
) -> String | None:
    constraints = _constraints(target, defs)
    if constraints is None:
        return None
    # Where its first letter does not stand, the separator does not either.
    other = f"[^{quoted(separator[0])}]"
    cut = quoted(separator)
    last = index == count - 1
    free = String(patterns=(f"{other}*",))
    empty = _fits(Literal(""), target, defs)
    patterns = []
    for low, high, pattern in constraints:
        if pattern is not None:
            if not last and not _fits(String(patterns=(pattern,)), free, defs):
                return None
            middle = f"({pattern})"
        else:
            middle = f"{ANY if last else other}{{{low},{'' if high is None else high}}}"
        whole = f"({other}*{cut}){{{index}}}{middle}" + ("" if last else f"({cut}{ANY}*)?")
        if empty and index:
            whole += f"|{other}*({cut}{other}*){{0,{index - 1}}}"
        patterns.append(whole)
    return String(patterns=tuple(patterns))


def _constraints(
    target: GType, defs: Definitions
) -> list[tuple[int, int | None, str | None]] | None:
    """What a text of the type satisfies: lengths, or a pattern. All of them together are it."""
    match target:
        case String(low=low, high=high, patterns=patterns):
            found: list[tuple[int, int | None, str | None]] = [(0, None, p) for p in patterns]
            if low or high is not None:
                found.append((low, high, None))
            return found
        case Format(scalar=scalar):
            return [(0, None, scalars.PATTERNS[scalar])]
        case Literal(value=str() as value):
            return [(0, None, quoted(value))]
        case Union(branches=branches):
            values = [resolved(branch, defs) for branch in branches]
            texts = [v.value for v in values if isinstance(v, Literal)]
            if len(texts) < len(values) or not all(isinstance(text, str) for text in texts):
                return None
            return [(0, None, "|".join(quoted(str(text)) for text in texts))]
        case _:
            return None


def _fits(a: GType, b: GType, defs: Definitions) -> bool:
    return compare(Schema(a, defs), Schema(b, defs)).kind == "proved"
