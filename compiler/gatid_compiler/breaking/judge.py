"""What a change of one message means for clients: decided by the types, then explained.

A request breaks where a value of the old type is none of the new one, an answer where a value
of the new type is none of the old one. That is asked of the whole message first, and then of
each difference alone; no explanation outvotes what is proved of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from gatid_compiler.breaking.around import around
from gatid_compiler.breaking.change import Change, Part, Shared, Verdict, Witness, sentence
from gatid_compiler.breaking.explain import Difference, Frame, differences
from gatid_compiler.gtypes.faults import pointer
from gatid_compiler.gtypes.model import Ref

if TYPE_CHECKING:
    from gatid_compiler.breaking.sides import Sides
    from gatid_compiler.gtypes.model import GType

Side = Literal["request", "response"]

_WAYS = 16
"""So many ways through the unions around a difference are tried for a message that shows it."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the message that shows it, or why there is none. `near` is the part of the
    message that is of the nearest type with a name.
    """

    verdict: Verdict
    witness: Witness | None = None
    reason: str | None = None
    near: Witness | None = None


class Judge:
    """Judges pairs of types by their JSON values; `sides` has the definitions of both."""

    def __init__(self, sides: Sides, side: Side) -> None:
        self._sides = sides
        self._side = side
        self._near: dict[tuple[GType, GType], Judgement] = {}

    def pair(self, old: GType, new: GType) -> Judgement:
        """What becomes of clients when the old type becomes the new one."""
        before, after = self._ordered(old, new)
        found = self._sides.compare(before, after)
        match found.kind:
            case "proved":
                return Judgement("compatible")
            case "refuted":
                return Judgement("breaking", Witness(found.witness))
            case _:
                return Judgement("unknown", reason=found.reason)

    def near(self, side: Side, frame: Frame, edited: GType) -> Judgement:
        """What becomes of clients when only the difference is made, judged within its frame."""
        key = (frame.old, edited)
        if key not in self._near:
            ordered = key if side == "request" else (edited, frame.old)
            self._near[key] = self.pair(*ordered)
        return self._near[key]

    def shows(self, witness: Any, old: GType, new: GType) -> bool:
        """The message was right before, and is wrong after (an answer: the reverse)."""
        before, after = self._ordered(old, new)
        return self._sides.accepts(before, witness) and not self._sides.accepts(after, witness)

    def _ordered(self, old: GType, new: GType) -> tuple[GType, GType]:
        return (old, new) if self._side == "request" else (new, old)


@dataclass(frozen=True, slots=True)
class Place:
    """Which message of which route; `part` and `status` go into the changes as they are."""

    route: str
    part: Part
    status: int | None = None


def changes(
    sides: Sides, judge: Judge, side: Side, place: Place, old: GType, new: GType
) -> list[Change]:
    """Every change from an old to a new type of one message, each with its verdict."""
    if sides.same(old, new):
        return []
    whole = judge.pair(old, new)
    found = [
        _change(sides, side, place, difference, judgement)
        for difference in _told(sides, side, old, new)
        for judgement in [_alone(sides, judge, side, difference, old, new, whole)]
    ]
    proven = next((c.witness for c in found if c.verdict == "breaking"), None)
    if proven is None and whole.verdict != "compatible" and _unsaid(found, whole):
        found.append(_together(sides, side, place, old, new, whole))
    return found


def _told(sides: Sides, side: Side, old: GType, new: GType) -> list[Difference]:
    """The differences as changes from old to new; what fills absent fields is no answer's."""
    if side == "request":
        return differences(sides, old, new)
    found = differences(sides, new, old)
    return [d.reversed() for d in found if not d.rule.startswith("default-")]


def _unsaid(found: list[Change], whole: Judgement) -> bool:
    return whole.verdict == "breaking" or all(c.verdict != "unknown" for c in found)


def _alone(
    sides: Sides,
    judge: Judge,
    side: Side,
    difference: Difference,
    old: GType,
    new: GType,
    whole: Judgement,
) -> Judgement:
    """The judgement on one difference, which is shown only by what shows it of the whole."""
    if side == "response" and difference.rule == "field-removed" and difference.old == "`any`":
        # Of no value can be said that it was right there only while the field was declared.
        return Judgement("unknown", reason="clients may read it, though it could be anything")
    if whole.verdict == "compatible":
        return whole
    frame, edited = difference.frame, difference.edited
    part: Witness | None = None
    first = old if side == "request" else new
    # A branch of a union stands where the union does, and is not the whole message either.
    if frame is not None and (frame.at or frame.old != first):
        near = judge.near(side, frame, edited)
        part = near.witness
        if part is None:
            return near
        shown = islice(around(sides, first, frame.at, part.value), _WAYS)
        for message in shown:
            if judge.shows(message, old, new):
                return Judgement("breaking", Witness(message), near=part)
        if sides.large:
            return Judgement("unknown", reason="breaking by itself; no message was found for it")
        edited = frame.put(edited)
    pair = (old, edited) if side == "request" else (edited, new)
    alone = judge.pair(*pair)
    if alone.witness is None:
        return alone
    if judge.shows(alone.witness.value, old, new):
        return replace(alone, near=part or alone.witness)
    if whole.verdict == "unknown":
        return whole
    return Judgement("unknown", reason="breaking by itself; another change may make up for it")


def _change(
    sides: Sides, side: Side, place: Place, found: Difference, judgement: Judgement
) -> Change:
    rule = _rule(side, place.part, found)
    return Change(
        rule,
        judgement.verdict,
        sentence(rule, found.name, found.old, found.new),
        place.route,
        place.part,
        place.status,
        found.pointer,
        judgement.witness,
        judgement.reason,
        _shared(sides, side, found, judgement),
    )


def _shared(sides: Sides, side: Side, found: Difference, judgement: Judgement) -> Shared | None:
    """The type with a name that the difference is of, if the nearest type has one."""
    frame = found.frame
    if frame is None or not isinstance(frame.old, Ref) or not isinstance(frame.new, Ref):
        return None
    was, is_ = (frame.old, frame.new) if side == "request" else (frame.new, frame.old)
    inside = pointer(found.path[len(frame.at) :])
    return Shared(sides.written(is_), sides.written(was), inside, judgement.near)


def _together(
    sides: Sides, side: Side, place: Place, old: GType, new: GType, whole: Judgement
) -> Change:
    """What no single difference shows: the type as a whole changed."""
    rule = f"{side}-type-changed"
    shown = (f"`{sides.show(t)}`" for t in (old, new))
    text = sentence(rule, "", *shown)
    return Change(
        rule, whole.verdict, text, place.route, place.part, place.status, "",
        whole.witness, whole.reason,
    )  # fmt: skip


_PARAMETERS = {"query": "query-parameter", "headers": "header", "cookies": "cookie"}


def _rule(side: Side, part: Part, found: Difference) -> str:
    """Parameters are fields that have rules of their own."""
    word, _, how = found.rule.partition("-")
    if part in _PARAMETERS and word == "field" and len(found.path) == 1:
        how = "removed" if how == "removed-required" else how
        return f"request-{_PARAMETERS[part]}-{how}"
    return f"{side}-{found.rule}"
