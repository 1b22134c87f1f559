"""Constraints in brackets, read for the type that they stand at: `string(1..120)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.patterns import problem
from gatid_compiler.rules import project as project_rules
from gatid_compiler.rules import types as rules
from gatid_dsl import syntax
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from gatid_compiler.passes.report import Report

KNOWN = {
    "string": ("pattern",),
    "int": ("multiple",),
    "number": ("multiple",),
    "bytes": (),
}
"""The types that take constraints, and the named ones that each takes beside a range."""

_ALL = tuple(dict.fromkeys(name for names in KNOWN.values() for name in names))


def constrained(node: syntax.TypeName, report: Report) -> model.GType:
    """The primitive type that `node` names, with its constraints; faults are reported."""
    name = node.name.text
    reader = _Constraints(node, report)
    match name:
        case "string":
            low, high = reader.lengths()
            return model.String(low, high, reader.patterns())
        case "bytes":
            low, high = reader.lengths()
            return model.Bytes(low, high)
        case "int":
            return reader.integer()
        case _:
            return reader.number()


def lengths(span_of: syntax.Range, what: str, report: Report) -> tuple[int, int | None]:
    """The bounds of a length: whole numbers from 0."""
    low, high = _whole(span_of.low, what, report, 0), _whole(span_of.high, what, report, 0)
    if low is not None and high is not None and low > high:
        _crossed(span_of, report)
        return 0, None
    return low or 0, high


class _Constraints:
    """The constraints of one type, each looked for once."""

    def __init__(self, node: syntax.TypeName, report: Report) -> None:
        self._node = node
        self._report = report
        self._ranges = [c for c in node.constraints if isinstance(c, syntax.Range)]
        named = [c for c in node.constraints if isinstance(c, syntax.Constraint)]
        self._named = [c for c in named if self._belongs(c)]
        self._once()

    def lengths(self) -> tuple[int, int | None]:
        """The first range as a length."""
        if not self._ranges:
            return 0, None
        return lengths(self._ranges[0], f"a length of `{self._node.name.text}`", self._report)

    def patterns(self) -> tuple[str, ...]:
        """All patterns that the engine can run."""
        found = []
        for constraint in self._named:
            if not isinstance(constraint.value, syntax.Text):
                self._report.add(
                    rules.BAD_PATTERN.at(
                        constraint.value.span,
                        "a pattern is a string",
                        help="write it in single quotes: `pattern '[A-Z]+'`",
                    )
                )
                continue
            reason = problem(constraint.value.value)
            if reason is None:
                found.append(constraint.value.value)
            else:
                self._report.add(
                    rules.BAD_PATTERN.at(
                        constraint.value.span,
                        f"this pattern cannot be run: {reason}",
                        help="patterns run in linear time: no back references, no look-around; "
                        "they match the whole string",
                    )
                )
        return tuple(found)

    def integer(self) -> model.Int:
        """Bounds and multiple of an `int`, all whole numbers."""
        low = high = None
        if self._ranges:
            what = "a bound of `int`"
            low = _whole(self._ranges[0].low, what, self._report)
            high = _whole(self._ranges[0].high, what, self._report)
            if low is not None and high is not None and low > high:
                _crossed(self._ranges[0], self._report)
                low = high = None
        multiple = self._multiple(whole=True)
        return model.Int(low, high, None if multiple is None else int(multiple))

    def number(self) -> model.Number:
        """Bounds and multiple of a `number`."""
        low = high = None
        if self._ranges:
            low = self._ranges[0].low.value if self._ranges[0].low else None
            high = self._ranges[0].high.value if self._ranges[0].high else None
            if low is not None and high is not None and low > high:
                _crossed(self._ranges[0], self._report)
                low = high = None
        return model.Number(low, high, self._multiple(whole=False))

    def _multiple(self, *, whole: bool) -> int | float | None:
        for constraint in self._named:
            value = constraint.value
            number = value.value if isinstance(value, syntax.Number) else None
            if number is not None and number > 0 and (isinstance(number, int) or not whole):
                return number
            kind = "whole number" if whole else "number"
            self._report.add(
                rules.BAD_BOUND.at(
                    value.span,
                    f"`multiple` takes a {kind} greater than 0, not `{value.span.text}`",
                    help="write it like `multiple 5`",
                )
            )
        return None

    def _belongs(self, constraint: syntax.Constraint) -> bool:
        of, name = self._node.name.text, constraint.name.text
        if name in KNOWN[of]:
            return True
        if name in _ALL:
            owners = " and ".join(f"`{owner}`" for owner, names in KNOWN.items() if name in names)
            self._report.add(
                rules.MISPLACED_CONSTRAINT.at(
                    constraint.span,
                    f"`{name}` is no constraint of `{of}`",
                    help=f"`{name}` is for {owners}",
                )
            )
            return False
        close = nearest(name, _ALL)
        takes = " and ".join(["a range such as `1..10`", *(f"`{n}`" for n in KNOWN[of])])
        self._report.add(
            rules.UNKNOWN_CONSTRAINT.at(
                constraint.name.span,
                f"there is no constraint `{name}`",
                help=f"did you mean `{close}`?" if close else f"`{of}` takes {takes}",
                fix=close,
            )
        )
        return False

    def _once(self) -> None:
        multiples = [c for c in self._named if c.name.text == "multiple"]
        for span in [c.span for c in self._ranges[1:]] + [c.span for c in multiples[1:]]:
            self._report.add(
                project_rules.NAMED_TWICE.at(
                    span,
                    f"`{self._node.name.text}` is given two constraints of one kind",
                    help="write one",
                )
            )


def _whole(
    number: syntax.Number | None, what: str, report: Report, least: int | None = None
) -> int | None:
    if number is None:
        return None
    if isinstance(number.value, int) and (least is None or number.value >= least):
        return number.value
    need = "a whole number" if least is None else f"a whole number from {least}"
    report.add(
        rules.BAD_BOUND.at(
            number.span,
            f"{what} is {need}, not `{number.span.text}`",
            help="leave the side out for no bound: `0..` or `..10`",
        )
    )
    return None


def _crossed(node: syntax.Range, report: Report) -> None:
    assert node.low is not None  # noqa: S101 - both sides were compared
    assert node.high is not None  # noqa: S101
    low, high = node.low.span.text, node.high.span.text
    report.add(
        rules.BOUNDS_CROSSED.at(
            node.span,
            f"`{node.span.text}` holds nothing: {low} is greater than {high}",
            help=f"write `{high}..{low}`",
            fix=f"{high}..{low}",
        )
    )
