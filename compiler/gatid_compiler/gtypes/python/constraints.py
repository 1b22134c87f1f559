"""What `Annotated` says beside a type, gathered, then laid on the type exactly or refused."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

import annotated_types as at
import pydantic
import typing_extensions
from pydantic.fields import FieldInfo

from gatid_compiler.gtypes import normal, patterns
from gatid_compiler.gtypes.model import (
    Array,
    Bytes,
    Format,
    GType,
    Int,
    Null,
    Number,
    String,
    Union,
)
from gatid_compiler.gtypes.python import whole
from gatid_compiler.gtypes.python.markers import Also, Matches, Secret, Unique

if TYPE_CHECKING:
    import re

KEEP = "leave it out and look at the value in the handler"
_LENGTHS = "make the least length at most the greatest"
_BOUNDS = "make the least at most the greatest"
_MEANINGLESS = {"union_mode", "strict", "allow_inf_nan", "coerce_numbers_to_str", "fail_fast"}


Bound = TypeVar("Bound", int | None, int | float | None)


class RefusedError(Exception):
    """A constraint that the type cannot have: the reason, and what to write instead."""

    def __init__(self, reason: str, help: str = KEEP) -> None:
        super().__init__(reason)
        self.reason = reason
        self.help = help


@dataclass(slots=True)
class Said:
    """What the metadata of one annotation says."""

    low: list[tuple[Fraction, bool, object]] = field(default_factory=list)
    high: list[tuple[Fraction, bool, object]] = field(default_factory=list)
    multiples: list[int | float] = field(default_factory=list)
    least: int = 0
    most: int | None = None
    patterns: list[str] = field(default_factory=list)
    unique: bool = False
    also: list[object] = field(default_factory=list)
    info: list[FieldInfo] = field(default_factory=list)
    secret: bool = False
    doc: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def sized(self) -> bool:
        """It says a length."""
        return bool(self.least) or self.most is not None

    @property
    def numeric(self) -> bool:
        """It says something of numbers."""
        return bool(self.low or self.high or self.multiples)

    @property
    def constrains(self) -> bool:
        """It says anything that narrows the type."""
        return self.numeric or self.sized or bool(self.patterns) or self.unique


def gather(metadata: object) -> Said:
    """What a sequence of metadata says. Raises `RefusedError`."""
    said = Said()
    for each in metadata if isinstance(metadata, list | tuple) else (metadata,):
        _hear(said, each)
    return said


def _hear(said: Said, each: object) -> None:
    match each:
        case at.Ge(bound):
            said.low.append((_exact(bound), True, bound))
        case at.Gt(bound):
            said.low.append((_exact(bound), False, bound))
        case at.Le(bound):
            said.high.append((_exact(bound), True, bound))
        case at.Lt(bound):
            said.high.append((_exact(bound), False, bound))
        case at.MultipleOf(step):
            said.multiples.append(_number(step))
        case at.MinLen(least):
            said.least = max(said.least, least)
        case at.MaxLen(most):
            said.most = most if said.most is None else min(said.most, most)
        case Unique():
            said.unique = True
        case Secret():
            said.secret = True
        case Also(other):
            said.also.append(other)
        case Matches(pattern):
            said.patterns.append(_runnable(pattern))
        case typing_extensions.Doc():
            said.doc = each.documentation
        case FieldInfo():
            _hear_field(said, each)
        case at.Predicate() | at.Not() | at.Timezone():
            raise RefusedError(f"has `{each}`, which is code and no type")
        case at.GroupedMetadata():
            for one in each:
                _hear(said, one)
        case pydantic.Strict() | pydantic.AllowInfNan() | pydantic.FailFast() | at.Unit():
            pass
        case _:
            _hear_other(said, each)


def _hear_field(said: Said, info: FieldInfo) -> None:
    said.info.append(info)
    for one in info.metadata:
        _hear(said, one)
    said.doc = info.description or said.doc
    if info.discriminator is not None and not isinstance(info.discriminator, str):
        raise RefusedError(
            "is told apart by a function", "tell the branches apart by a `Literal` field"
        )


def _hear_other(said: Said, each: object) -> None:
    home = type(each).__module__.partition(".")[0]
    if type(each).__name__.endswith("PydanticGeneralMetadata"):
        for name, value in vars(each).items():
            if name == "pattern" and value is not None:
                said.patterns.append(_pattern(value, said))
            elif value not in (None, False) and name not in _MEANINGLESS:
                raise RefusedError(f"has `{name}`, which no type says")
    elif hasattr(each, "__get_pydantic_core_schema__") or home in ("pydantic", "annotated_types"):
        raise RefusedError(f"has `{type(each).__name__}`, which is code and no type")
    # What is left means nothing to us: PEP 593 says to pass over it.


def _pattern(value: str | re.Pattern[str], said: Said) -> str:
    made = whole.of_text(value) if isinstance(value, str) else whole.of_compiled(value)
    if isinstance(made, str):
        raise RefusedError(
            f"has a compiled pattern that {made}",
            "write the pattern as text, or compiled with `re.ASCII` between `\\A(?:` and `)\\Z`",
        )
    if made.unicode:
        said.notes.append(
            f"in the pattern `{made.pattern}`, \\d \\w \\s \\b are ASCII here, not Unicode"
        )
    return _runnable(made.pattern)


def _runnable(pattern: str) -> str:
    reason = patterns.problem(pattern)
    if reason is not None:
        raise RefusedError(
            f"has the pattern `{pattern}`, which cannot run in linear time: {reason}",
            "write it without look-around and back-references",
        )
    return pattern


def _number(bound: object) -> int | float:
    if isinstance(bound, Decimal | Fraction):
        near = int(bound) if bound == int(bound) else float(bound)
        if Fraction(Decimal(repr(near))) == Fraction(bound):
            return near
    elif isinstance(bound, int | float) and not isinstance(bound, bool) and math.isfinite(bound):
        return bound
    raise RefusedError(f"has the bound `{bound!r}`, which is no number that JSON can say")


def _exact(bound: object) -> Fraction:
    return Fraction(Decimal(repr(_number(bound))))


def narrow(t: GType, said: Said) -> GType:
    """The type with what was said laid on it; `null` beside it stays. Raises `RefusedError`."""
    if not said.constrains or isinstance(t, Null):
        return t
    match t:
        case Union(branches):
            return normal.union(*(narrow(branch, said) for branch in branches))
        case Int() if not (said.sized or said.patterns or said.unique):
            return _int(t, said)
        case Number() if not (said.sized or said.patterns or said.unique):
            return _number_type(t, said)
        case String() if not (said.numeric or said.unique):
            ways = (*t.patterns, *(p for p in said.patterns if p not in t.patterns))
            return _possible(String(*_lengths(t, said), ways))
        case Bytes() if not (said.numeric or said.unique or said.patterns):
            return _possible(Bytes(*_lengths(t, said)))
        case Array() if not (said.numeric or said.patterns):
            return _possible(Array(t.item, *_lengths(t, said), t.unique or said.unique))
        case Format() if not (said.numeric or said.unique):
            text = String(said.least, said.most, tuple(said.patterns))
            return normal.intersection(t, text)
    raise RefusedError("cannot have this constraint")


def _lengths(t: String | Bytes | Array, said: Said) -> tuple[int, int | None]:
    highs = [most for most in (t.high, said.most) if most is not None]
    return max(t.low, said.least), min(highs, default=None)


def _possible(t: String | Bytes | Array) -> GType:
    if t.high is not None and t.low > t.high:
        raise RefusedError("holds no value: the shortest is longer than the longest", _LENGTHS)
    return t


def _int(t: Int, said: Said) -> GType:
    lows = [math.floor(b) + 1 if not closed else math.ceil(b) for b, closed, _ in said.low]
    highs = [math.ceil(b) - 1 if not closed else math.floor(b) for b, closed, _ in said.high]
    low = max([*lows, *([] if t.low is None else [t.low])], default=None)
    high = min([*highs, *([] if t.high is None else [t.high])], default=None)
    made: GType = Int(_in_range(low, high), high, t.multiple)
    for step in said.multiples:
        if step != int(step) or step <= 0:
            raise RefusedError(f"is a multiple of {step!r}", "take a whole multiple above 0")
        made = _stepped(made, Int(multiple=int(step)))
    return made


def _number_type(t: Number, said: Said) -> GType:
    open_ends = [("Ge", end) for end in said.low] + [("Le", end) for end in said.high]
    for word, (_, closed, written) in open_ends:
        if not closed:
            raise RefusedError(
                f"excludes its bound {written!r}, and bounds of `number` are inclusive",
                f"write `{word}({written!r})` and refuse {written!r} itself in the handler",
            )
    lows = [(b, _number(written)) for b, _, written in said.low]
    highs = [(b, _number(written)) for b, _, written in said.high]
    lows += [] if t.low is None else [(_exact(t.low), t.low)]
    highs += [] if t.high is None else [(_exact(t.high), t.high)]
    low = max(lows, default=(None, None), key=lambda pair: pair[0] or 0)[1]
    high = min(highs, default=(None, None), key=lambda pair: pair[0] or 0)[1]
    made: GType = Number(_in_range(low, high), high, t.multiple)
    for step in said.multiples:
        if step <= 0:
            raise RefusedError(f"is a multiple of {step!r}", "take a multiple above 0")
        made = _stepped(made, Number(multiple=step))
    return made


def _in_range(low: Bound, high: float | None) -> Bound:
    if low is not None and high is not None and low > high:
        raise RefusedError("holds no value: its least is above its greatest", _BOUNDS)
    return low


def _stepped(t: GType, step: Int | Number) -> GType:
    if isinstance(t, Int | Number) and t.multiple is None:
        return type(t)(t.low, t.high, step.multiple)  # type: ignore[arg-type]
    return normal.intersection(t, step)
