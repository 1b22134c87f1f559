"""What a formula gives, as a type: its own text is run on types instead of values.

The type may hold more than the formula ever gives, never less.
"""

from __future__ import annotations

import ast
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, cast

from gatid_compiler.gtypes import model, normal, scalars
from gatid_compiler.gtypes.model import (
    Array,
    Bool,
    Bytes,
    Format,
    GType,
    Int,
    Literal,
    Null,
    Number,
    Scalar,
    Schema,
    String,
    Union,
)
from gatid_compiler.gtypes.regex import NotReadError, Regex, parse, span
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.gtypes.values import member
from gatid_compiler.timescape.lenses.finite import values_of
from gatid_compiler.timescape.lenses.moments import FIRST_SECOND, LAST_SECOND
from gatid_compiler.timescape.proofs.letters import GROWS, grows, image
from gatid_compiler.timescape.proofs.precondition import ANY, before, quoted
from gatid_compiler.timescape.proofs.spans import plainly
from gatid_compiler.timescape.proofs.trees import bounded, written
from gatid_compiler.timescape.reshape import resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.timescape.lenses.formulas import Formula

_MOST = 300
"""So many combinations of values are computed one by one."""

_HUGE = (1.5e308, -1.5e308, 10**400)
"""Near the end of what doubles hold, and beyond."""

_READ = 1000
"""Texts of more characters are not tried."""

_EXACT = 10**15
"""Decimals of so many digits are told apart by doubles."""

_SLIGHT = 2**900
"""Added to the largest double, this gives the largest double."""

_DIGITS = 18
"""Longer texts of digits are not told apart by the numbers that they write."""


def result(
    formula: Formula,
    of: Sequence[GType],
    defs: Definitions,
    want: GType | None,
    hints: list[Any],
) -> GType:
    """The type of what the formula gives for values of these types. Where everything that it
    gives is proved to be of the type wanted, it is that type.

    Values that may lead elsewhere are added to the hints.
    """
    values = [values_of(t, defs) for t in of]
    if all(v is not None for v in values):
        finite = cast("list[tuple[Any, ...]]", values)
        if _count(finite) <= _MOST:
            return exactly([formula.of(*given) for given in product(*finite)])
    tree = _tree(formula.text, len(of))
    named = {f"_{index}": t for index, t in enumerate(of)}
    return _Run(defs, want, hints).of(tree, named)


def exactly(values: Sequence[Any]) -> GType:
    """The type of these scalars and no others, as far as types say so."""
    return normal.union(*dict.fromkeys(_one(value) for value in values))


def fits(a: GType, b: GType, defs: Definitions) -> bool:
    """Whether every value of the one is proved to be one of the other."""
    return a == b or compare(Schema(a, defs), Schema(b, defs)).kind == "proved"


@cache
def _tree(text: str, count: int) -> ast.expr:
    return ast.parse(text.format(*(f"_{n}" for n in range(count))), mode="eval").body


def _count(values: Sequence[tuple[Any, ...]]) -> int:
    found = 1
    for each in values:
        found *= len(each)
    return found


def _one(value: Any) -> GType:
    match value:
        case None:
            return Null()
        case bool() | str() | int():
            return Literal(value)
        case float() if -float("inf") < value < float("inf"):
            return Number(value, value)
        case _:
            return model.Any()


class _Run:
    """One formula on types. What is not understood is any value."""

    def __init__(self, defs: Definitions, want: GType | None, hints: list[Any]) -> None:
        self._defs = defs
        self._want = want
        self._hints = hints

    def of(self, node: ast.expr, named: dict[str, GType]) -> GType:
        match node:
            case ast.Name(id=name):
                return named[name]
            case ast.Constant() | ast.UnaryOp():
                return _one(ast.literal_eval(node))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._choice(test, body, orelse, named)
            case ast.BinOp(left=left, op=op, right=right):
                return self._arithmetic(type(op), self.of(left, named), self.of(right, named))
            case ast.Call(func=ast.Name(id=name), args=args):
                known = _CALLS.get(name)
                parts = [self.of(arg, named) for arg in args]
                return known(self, parts) if known is not None else model.Any()
            case ast.Call(func=ast.Attribute(value=inner, attr=name), args=args):
                return self._method(name, self.of(inner, named), args, named)
            case _:
                return model.Any()

    def _choice(
        self, test: ast.expr, body: ast.expr, orelse: ast.expr, named: dict[str, GType]
    ) -> GType:
        match test:
            case ast.Compare(left=ast.Name(id=name), ops=[ast.Is()]):
                # `x if name is None else y`, where y knows that it is not null.
                there = self._without_null(named[name])
                sides = []
                if compare(Schema(Null(), {}), Schema(named[name], self._defs)).kind != "refuted":
                    sides.append(self.of(body, {**named, name: Null()}))
                if there != model.Never():
                    sides.append(self.of(orelse, {**named, name: there}))
                return normal.union(*sides)
            case _:
                return normal.union(self.of(body, named), self.of(orelse, named))

    def _without_null(self, t: GType) -> GType:
        """The type without null; the type itself where null is no branch of it."""
        outer = resolved(t, self._defs)
        if isinstance(outer, Null):
            return model.Never()
        if isinstance(outer, Union):
            rest = [b for b in outer.branches if not isinstance(resolved(b, self._defs), Null)]
            if len(rest) < len(outer.branches):
                return normal.union(*rest)
        return t

    # -- numbers ---------------------------------------------------------------------------

    def _arithmetic(self, op: type[ast.operator], a: GType, b: GType) -> GType:
        if self.text(a) and self.text(b) and op is ast.Add:
            return self.joined([a, b])
        left, right = self.whole(a), self.whole(b)
        if left is None or right is None:
            return model.Any()
        match op:
            case ast.Add:
                return Int(_plus(left.low, right.low), _plus(left.high, right.high))
            case ast.Sub:
                return Int(_minus(left.low, right.high), _minus(left.high, right.low))
            case ast.Mult:
                return _times(left, right)
            case _:
                return model.Any()

    def whole(self, t: GType) -> Int | None:
        """Bounds of a type of integers alone."""
        match resolved(t, self._defs):
            case Int() as known:
                return known
            case Literal(value=int() as value) if not isinstance(value, bool):
                return Int(value, value)
            case Union(branches=branches):
                parts = [self.whole(branch) for branch in branches]
                wholes = [part for part in parts if part is not None]
                return _hull(wholes) if len(wholes) == len(parts) else None
            case _:
                return None

    def real(self, t: GType) -> Number | None:
        """Bounds of a type of numbers alone."""
        match resolved(t, self._defs):
            case Int() | Number() as known:
                return Number(known.low, known.high)
            case Literal(value=int() as value) if not isinstance(value, bool):
                return Number(value, value)
            case Union(branches=branches):
                parts = [self.real(branch) for branch in branches]
                reals = [part for part in parts if part is not None]
                if len(reals) < len(parts):
                    return None
                lows, highs = [p.low for p in reals], [p.high for p in reals]
                return Number(
                    None if None in lows else min(v for v in lows if v is not None),
                    None if None in highs else max(v for v in highs if v is not None),
                )
            case _:
                return None

    def reals(self, parts: Sequence[GType], act: Callable[[Any, Any], Any]) -> GType:
        """Bounds of an operation that is monotone in both numbers, as doubles round it."""
        known = [self.real(part) for part in parts]
        ends = [
            (part.low, part.high)
            for part in known
            if part is not None and part.low is not None and part.high is not None
        ]
        if len(ends) < len(parts):
            self._hints += _HUGE
            return model.Any()
        try:
            # Where an end is no double, a double beside it may be given.
            doubled = [(*pair, *map(float, pair)) for pair in ends]
            found = [act(*given) for given in product(*doubled)]
        except OverflowError:
            return model.Any()
        low, high = min(found), max(found)
        if not -float("inf") < low <= high < float("inf"):
            return model.Any()
        return Number(low, high)

    # -- texts -----------------------------------------------------------------------------

    def text(self, t: GType) -> bool:
        """Whether all values of the type are strings."""
        return fits(t, String(), self._defs)

    def joined(self, parts: Sequence[GType]) -> GType:
        """Texts one after the other: their lengths add up, and so do their patterns."""
        flat = [self.one_text(part) for part in parts]
        pattern = "".join(f"({_pattern(t)})" for t in flat)
        low = sum(t.low for t in flat)
        highs = [t.high for t in flat]
        high = None if None in highs else sum(h for h in highs if h is not None)
        plain = all(not t.patterns for t in flat)
        return String(low, high, () if plain else (pattern,))

    def one_text(self, t: GType) -> String:
        """A string type that holds all texts of the type."""
        match resolved(t, self._defs):
            case String() as known:
                return known
            case Literal(value=str() as value):
                return String(len(value), len(value), (quoted(value),))
            case Format(scalar=scalar):
                leap = scalars.LEAP_PATTERNS.get(scalar)
                pattern = scalars.PATTERNS[scalar]
                return String(patterns=(f"{pattern}|{leap}" if leap else pattern,))
            case Union(branches=branches):
                parts = [self.one_text(branch) for branch in branches]
                highs = [part.high for part in parts if part.high is not None]
                return String(
                    min(part.low for part in parts),
                    max(highs) if len(highs) == len(parts) else None,
                    ("|".join(_pattern(part) for part in parts),),
                )
            case _:
                return String()

    def _method(
        self, name: str, of: GType, args: Sequence[ast.expr], named: dict[str, GType]
    ) -> GType:
        match name, args:
            case (("lower" | "upper"), []):
                return self._cased(name, of)
            case "join", [ast.List(elts=elts)]:
                parts: list[GType] = []
                for index, elt in enumerate(elts):
                    parts += [of] if index else []
                    parts.append(self.of(elt, named))
                if not all(map(self.text, parts)):
                    return model.Any()
                return self.joined(parts)
            case _:
                return model.Any()

    def _cased(self, function: str, of: GType) -> GType:
        """Texts in small or in large letters, some of them longer than they were."""
        if not self.text(of):
            return model.Any()
        flat = self.one_text(of)
        patterns = flat.patterns or (f"{ANY}*",)
        letter, most = GROWS[function]
        try:
            if self._grows_out(letter * _longest(flat), function, of):
                # Only its length counts, and that no letter is left as it was.
                patterns = (f"{ANY}*",)
            elif self._want is not None and self._leads(function, [of]):
                return self._want
            longer = flat.high is not None and all(grows(p, function) for p in patterns)
            made = tuple(image(pattern, function) for pattern in patterns)
        except NotReadError:
            return String()
        high = flat.high * most if flat.high is not None and longer else flat.high
        return String(flat.low, high, made)

    def _grows_out(self, text: str, function: str, of: GType) -> bool:
        """Whether the text is one of the type, and what becomes of it none of the type wanted."""
        if not text or not member(text, Schema(of, self._defs)):
            return False
        self._hints.append(text)
        if self._want is None:
            return False
        made = text.lower() if function == "lower" else text.upper()
        return not member(made, Schema(self._want, self._defs))

    # -- calls -----------------------------------------------------------------------------

    def _leads(self, function: str, parts: Sequence[GType]) -> bool:
        """Whether every text given leads into the type wanted."""
        if self._want is None:
            return False
        good = before(function, parts[1:], self._want, self._defs)
        if good is None:
            return False
        verdict = compare(Schema(parts[0], self._defs), Schema(good, {}))
        if verdict.kind == "refuted":
            self._hints.append(verdict.witness)
        return verdict.kind == "proved"

    def text_part(self, parts: Sequence[GType]) -> GType:
        if not self.text(parts[0]):
            return model.Any()
        if self._want is not None and self._leads("text_part", parts):
            return self._want
        return String()

    def text_int(self, parts: Sequence[GType]) -> GType:
        if self._want is not None and self._leads("text_int", parts):
            return self._want
        for sign in ("", "-?"):
            pattern = f"{sign}[0-9]{{1,{_DIGITS}}}"
            if fits(parts[0], String(patterns=(pattern,)), self._defs):
                end = 10**_DIGITS - 1
                return Int(-end if sign else 0, end)
        # So many digits are not read.
        self._hints += ["9" * 4001, "-" + "9" * 4001]
        return normal.union(Int(), parts[0])

    def text_number(self, parts: Sequence[GType]) -> GType:
        for digits in range(1, _DIGITS + 1):
            for sign in ("", "-?"):
                pattern = rf"{sign}[0-9]{{1,{digits}}}(\.[0-9]+)?"
                if fits(parts[0], String(patterns=(pattern,)), self._defs):
                    end = 10**digits
                    return Number(-end if sign else 0, end)
        self._hints.append("9" * 310 + ".5")
        return normal.union(Number(), parts[0])

    def text_bool(self, parts: Sequence[GType]) -> GType:
        if fits(parts[0], String(patterns=("true|false",)), self._defs):
            return Bool()
        return normal.union(Bool(), parts[0])

    def number_text(self, parts: Sequence[GType]) -> GType:
        whole = self.whole(parts[0])
        if whole is not None:
            if whole.low is None or whole.high is None:
                sign = "" if whole.low is not None and whole.low >= 0 else "-?"
                return String(patterns=(f"{sign}[0-9]+",))
            return String(patterns=(plainly(whole.low, whole.high),))
        if self.real(parts[0]) is not None:
            return String(patterns=(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?",))
        return model.Any()

    def moment_text(self, parts: Sequence[GType]) -> GType:
        known, per = self.whole(parts[0]), _number(parts[1])
        first, last = FIRST_SECOND * per, LAST_SECOND * per + per - 1
        if known is None:
            return model.Any()
        inside = (
            known.low is not None
            and known.high is not None
            and first <= known.low <= known.high <= last
        )
        moment = Format(Scalar.DATETIME)
        return moment if inside else normal.union(moment, Int())

    def moment_number(self, parts: Sequence[GType]) -> GType:
        per = _number(parts[1])
        return Int(FIRST_SECOND * per, LAST_SECOND * per + per - 1)

    def length(self, parts: Sequence[GType]) -> GType:
        match resolved(parts[0], self._defs):
            case Array(low=low, high=high):
                return Int(low, high)
            case Bytes():
                return Int(0)
            case other if self.text(other):
                text = self.one_text(other)
                spans = [(text.low, text.high), *map(_span, text.patterns)]
                highs = [high for _, high in spans if high is not None]
                return Int(max(low for low, _ in spans), min(highs, default=None))
            case _:
                return Int(0)

    def rounded(self, parts: Sequence[GType]) -> GType:
        known = self.real(parts[0])
        if known is None:
            return model.Any()
        low = None if known.low is None else round(known.low)
        high = None if known.high is None else round(known.high)
        return Int(low, high)

    def ratio(self, parts: Sequence[GType]) -> GType:
        from gatid_compiler.timescape.lenses.library import whole_ratio

        known, by = self.whole(parts[0]), _number(parts[1])
        if known is None:
            return model.Any()
        low, high = (known.high, known.low) if by < 0 else (known.low, known.high)
        return Int(
            None if low is None else whole_ratio(low, by),
            None if high is None else whole_ratio(high, by),
        )

    def sum(self, parts: Sequence[GType], act: Callable[[Any, Any], Any]) -> GType:
        """A sum or a difference. A whole number that is not huge makes no double infinite."""
        for one, other in ((0, 1), (1, 0)):
            whole, real = self.whole(parts[one]), self.real(parts[other])
            if (
                whole is not None
                and real is not None
                and whole.low is not None
                and whole.high is not None
                and max(abs(whole.low), abs(whole.high)) <= _SLIGHT
                and (real.low is None or real.high is None)
            ):
                return Number()
        return self.reals(parts, act)

    def quotient(self, parts: Sequence[GType]) -> GType:
        of, tens = self.whole(parts[0]), _tens(parts[1])
        if (
            of is not None
            and of.low is not None
            and of.high is not None
            and tens is not None
            and max(abs(of.low), abs(of.high)) <= _EXACT
        ):
            # The nearest double is written as the decimal that it is nearest to.
            return Number(of.low / tens, of.high / tens, 1 / tens)
        by = self.real(parts[1])
        if by is None or by.low is None or by.high is None or by.low <= 0 <= by.high:
            return model.Any()
        return self.reals(parts, lambda a, b: a / b)


_CALLS: dict[str, Callable[[_Run, Sequence[GType]], GType]] = {
    "text_part": _Run.text_part,
    "text_int": _Run.text_int,
    "text_bool": _Run.text_bool,
    "text_number": _Run.text_number,
    "number_text": _Run.number_text,
    "bool_text": lambda _run, _parts: exactly(["true", "false"]),
    "moment_text": _Run.moment_text,
    "moment_number": _Run.moment_number,
    "len": _Run.length,
    "whole": _Run.rounded,
    "whole_ratio": _Run.ratio,
    "times": lambda run, parts: run.reals(parts, lambda a, b: a * b),
    "plus": lambda run, parts: run.sum(parts, lambda a, b: a + b),
    "minus": lambda run, parts: run.sum(parts, lambda a, b: a - b),
    "over": _Run.quotient,
}


def _hull(parts: Sequence[Int]) -> Int:
    lows, highs = [p.low for p in parts], [p.high for p in parts]
    return Int(
        None if None in lows else min(v for v in lows if v is not None),
        None if None in highs else max(v for v in highs if v is not None),
    )


def _plus(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


def _minus(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a - b


def _times(a: Int, b: Int) -> Int:
    factors = [t.low for t in (a, b) if t.low is not None and t.low == t.high]
    others = [t for t in (a, b) if t.low is None or t.low != t.high]
    if len(factors) == 1 and factors[0]:
        by, other = factors[0], others[0]
        ends = (other.high, other.low) if by < 0 else (other.low, other.high)
        low, high = (None if end is None else end * by for end in ends)
        return Int(low, high, abs(by) * (other.multiple or 1))
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return Int()
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return Int(min(corners), max(corners))


def _tens(t: GType) -> int | None:
    """The power of ten that a literal is."""
    match t:
        case Literal(value=int() as value) if 10 <= value <= _EXACT and set(str(value)[1:]) == {
            "0"
        }:
            return value if str(value)[0] == "1" else None
        case _:
            return None


def _number(t: GType) -> int:
    assert isinstance(t, Literal)  # noqa: S101 - units and factors are literals
    return int(t.value)


def _pattern(t: String) -> str:
    """One pattern of all its texts: as few others match as can be said in one."""
    if not t.patterns:
        return f"{ANY}{{{t.low},{'' if t.high is None else t.high}}}"
    try:
        trees = [bounded(parse(pattern), t.low, t.high) for pattern in t.patterns]
    except NotReadError:
        return t.patterns[0]
    first = min(trees, key=_room)
    return t.patterns[0] if first == parse(t.patterns[0]) else written(first)


def _span(pattern: str) -> tuple[int, int | None]:
    """Bounds of the lengths that a pattern's texts have."""
    try:
        return span(parse(pattern))
    except NotReadError:
        return 0, None


def _longest(t: String) -> int:
    """The most characters, none where there is no end of them or nobody could read so many."""
    highs = [high for _, high in map(_span, t.patterns)]
    least = min((high for high in (t.high, *highs) if high is not None), default=0)
    return least if least <= _READ else 0


def _room(tree: Regex) -> tuple[bool, int]:
    """How many lengths a tree's texts may have."""
    low, high = span(tree)
    return high is None, 0 if high is None else high - low
