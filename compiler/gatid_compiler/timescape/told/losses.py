"""What cannot make the round trip through a change, operation by operation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Loss:
    """What is lost at `path`, in a request of old clients (`forward`) or an answer to them."""

    path: str
    forward: bool
    what: str


def losses(op: syntax.Operation, place: str = "") -> Iterator[Loss]:
    """What the operation loses, each way; an exact one yields nothing."""
    match op:
        case syntax.Each():
            for inner in op.body:
                yield from losses(inner, f"{place}{op.target}[].")
        case syntax.In() | syntax.When():
            inside = f"{place}{op.target}." if isinstance(op, syntax.In) else place
            for inner in op.body:
                yield from losses(inner, inside)
        case syntax.Add() | syntax.Compute():
            yield Loss(f"{place}{op.target}", False, "left out for clients before")
        case syntax.Drop():
            yield Loss(f"{place}{op.target}", True, "what clients before send is left out")
        case syntax.Require():
            filled = f"absent becomes {op.value.span.text}"
            yield Loss(f"{place}{op.target}", True, filled)
        case syntax.Relax():
            filled = f"absent becomes {op.value.span.text} for clients before"
            yield Loss(f"{place}{op.target}", False, filled)
        case syntax.Map():
            yield from _mapped(op, f"{place}{op.target}")
        case syntax.Convert():
            yield from _converted(op, f"{place}{op.target}")
        case syntax.Wrap():
            yield Loss(f"{place}{op.target}", False, "all but the first item, for clients before")
        case syntax.Unwrap():
            yield Loss(f"{place}{op.target}", True, "all but the first item")
        case syntax.Was():
            yield Loss(place.rstrip("."), True, "whatever its functions leave out")
            yield Loss(place.rstrip("."), False, "whatever its functions leave out")
        case (
            syntax.Rename()
            | syntax.Move()
            | syntax.Nest()
            | syntax.Hoist()
            | syntax.Split()
            | syntax.Join()
            | syntax.Status()
            | syntax.Todo()
        ):
            return
        case _:
            assert_never(op)


def _mapped(op: syntax.Map, path: str) -> Iterator[Loss]:
    onward = [arrow for arrow in op.arrows if not arrow.back]
    meeting = Counter(arrow.right.span.text for arrow in onward)
    for value, count in meeting.items():
        if count > 1:
            olds = " and ".join(a.left.span.text for a in onward if a.right.span.text == value)
            yield Loss(path, True, f"{olds} both become {value}")
    for arrow in op.arrows:
        if arrow.back:
            left, right = arrow.left.span.text, arrow.right.span.text
            yield Loss(path, False, f"{right} is {left} for clients before")


def _converted(op: syntax.Convert, path: str) -> Iterator[Loss]:
    old, new = op.old.span.text, op.new.span.text
    match op.how.text:
        case "lower" | "upper":
            yield Loss(path, True, "whether letters were large or small")
        case "scale" if new.startswith("int") and not old.startswith("int"):
            yield Loss(path, True, "rounded to whole numbers")
        case "scale" if old.startswith("int"):
            yield Loss(path, False, "rounded to whole numbers for clients before")
        case "epoch":
            yield Loss(path, not old.startswith("int"), "fractions below the unit")
        case _:
            return
