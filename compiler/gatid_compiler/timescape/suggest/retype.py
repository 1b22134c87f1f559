"""A field of one name and two types: the operations that lead from the one to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.literals import written
from gatid_compiler.gtypes.model import (
    Array,
    Bool,
    Bytes,
    Field,
    Format,
    GType,
    Int,
    Literal,
    Number,
    Scalar,
    Schema,
    String,
    Union,
)
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.timescape.lenses.finite import kinded, values_of
from gatid_compiler.timescape.reshape import resolved
from gatid_compiler.timescape.suggest.likeness import is_end, likeness, says_nothing, words
from gatid_compiler.timescape.suggest.literals import any_member, listed, natural
from gatid_compiler.timescape.suggest.model import SURE, Arrow, Op, hatch, todo
from gatid_compiler.timescape.suggest.scales import scaled
from gatid_compiler.timescape.suggest.sides import EndlessError, Sides, Use, without_null

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.gtypes.model import JsonScalar
    from gatid_compiler.timescape.suggest.scales import Way

_MOST_ARROWS = 24
_NEAR = 0.45
_SLIGHTLY = 0.3
_FEW = 2
_HARDLY = 30
"""One of a few values, and nothing speaks for it but that there are few."""


def retyped(old: Field, new: Field, use: Use, sides: Sides) -> list[Op] | str:
    """The operations on `new`, or why there are none. What is inside of values is not looked at."""
    try:
        return _retyped(old, new, use, sides)
    except EndlessError as endless:
        return f"`{endless}` is inside itself, and has no name any more"


def _retyped(old: Field, new: Field, use: Use, sides: Sides) -> list[Op] | str:
    was, now = resolved(old.type, sides.old), resolved(new.type, sides.new)
    converted = _converted(old, new, sides)
    if converted is not None:
        return [converted]
    values, others = values_of(was, sides.old), values_of(now, sides.new)
    if values is not None and others is not None and max(len(values), len(others)) < _MOST_ARROWS:
        return _mapped(new.name, values, others, use)
    narrow = _as_it_is(old, new, use, sides)
    if narrow is not None:
        return narrow
    return f"`{new.name}` was {_shown(old, sides)} and is `{sides.new_text(new.type)}`"


def _shown(field: Field, sides: Sides) -> str:
    try:
        return f"`{sides.old_text(field.type)}`"
    except EndlessError:
        return "another type"


# -- conversions -----------------------------------------------------------------------------


def _converted(old: Field, new: Field, sides: Sides) -> Op | None:
    was, null = without_null(old.type, sides.old)
    now, now_null = without_null(new.type, sides.new)
    if null != now_null:
        return None
    way = _way(old.name, new.name, was, now, sides)
    if way is None:
        return None
    how, confidence, why, others = way
    text = f": {sides.old_text(old.type)} -> {sides.new_text(new.type)} by {how}"
    hand = Op(("in ", (new.name,)), body=(hatch(sides.old_text(was if null else old.type)),))
    return Op(("convert ", (new.name,), text), confidence, why, others, by_hand=(hand,))


def _way(old_name: str, new_name: str, was: GType, now: GType, sides: Sides) -> Way | None:
    moment = Format(Scalar.DATETIME)
    match was, now:
        case (Int() | Number(), Int() | Number()):
            return scaled(old_name, new_name, was, now)
        case (Int(), Format()) if now == moment:
            return _epoch(old_name)
        case (Format(), Int()) if was == moment:
            return _epoch(new_name)
        case (Int() | Number(), String()) | (String(), Int() | Number()):
            return "text", SURE, "", ()
        case (Bool(), _) if _spells_bool(now):
            return "text", SURE, "", ()
        case (_, Bool()) if _spells_bool(was):
            return "text", SURE, "", ()
        case (Bytes(), String()) | (String(), Bytes()):
            return "base64", SURE, "", ()
        case _:
            return None


def _spells_bool(t: GType) -> bool:
    plain = isinstance(t, String)
    return plain or t == Union((Literal("false"), Literal("true")))


def _epoch(name: str) -> Way:
    said = set(words(name)) & {"ms", "millis", "milliseconds"}
    if said:
        return "epoch(ms)", 90, "the name says milliseconds", ()
    return "epoch(s)", 70, "seconds since 1970", ("epoch(ms)",)


# -- values ----------------------------------------------------------------------------------


def _mapped(name: str, old: Sequence[JsonScalar], new: Sequence[JsonScalar], use: Use) -> list[Op]:
    known, wanted = {kinded(v) for v in old}, {kinded(v) for v in new}
    gone = [v for v in old if kinded(v) not in wanted]
    come = [v for v in new if kinded(v) not in known]
    pairs = _paired(gone, come)
    arrows = [Arrow(f"{written(was)} -> {written(now)}", sure) for was, now, sure in pairs]
    reason = ""
    for was in (v for v in gone if kinded(v) not in {kinded(p[0]) for p in pairs}):
        target, sure = _for(was, new, used=use.received)
        if target is None:
            said = f"{written(was)} -> …"
            becomes = f"say what {listed((was,))} of `{name}` becomes, {listed(new)}"
            reason = reason or f"{becomes}: {_map_text(name, arrows, said)}"
            target = (new[0],)
        arrows.append(Arrow(f"{written(was)} -> {written(target[0])}", sure))
    for now in (v for v in come if kinded(v) not in {kinded(p[1]) for p in pairs}):
        seen, sure = _for(now, old, used=use.answered)
        others: tuple[str, ...] = ()
        if seen is None and len(old) <= _FEW:
            seen, sure = (_stand_in(now, old),), _HARDLY
            others = tuple(f"{written(o)} <- {written(now)}" for o in old if o != seen[0])
        if seen is None:
            said = f"… <- {written(now)}"
            see = f"say what older clients see for {listed((now,))} of `{name}`, {listed(old)}"
            reason = reason or f"{see}: {_map_text(name, arrows, said)}"
            seen = (_stand_in(now, old),)
        arrows.append(Arrow(f"{written(seen[0])} <- {written(now)}", sure, others))
    least = min((arrow.confidence for arrow in arrows), default=SURE)
    whole = Op(("map ", (name,)), least, arrows=tuple(arrows))
    return [todo(reason, (whole,)) if reason else whole]


def _map_text(name: str, arrows: Sequence[Arrow], said: str) -> str:
    return f"map {name} {{ {', '.join([*(arrow.text for arrow in arrows), said])} }}"


def _paired(
    gone: Sequence[JsonScalar], come: Sequence[JsonScalar]
) -> list[tuple[JsonScalar, JsonScalar, int]]:
    """Values that were renamed, the surest first."""
    alone = len(gone) == len(come) == 1
    scored = sorted(
        ((_alike(was, now), i, j) for i, was in enumerate(gone) for j, now in enumerate(come)),
        key=lambda each: (-each[0], each[1], each[2]),
    )
    found: dict[int, tuple[int, int]] = {}
    for score, i, j in scored:
        taken = i in found or any(j == other for other, _ in found.values())
        if not taken and (alone or score >= _NEAR):
            found[i] = j, min(97, int(100 * max(score, 0.7 if alone else 0)))
    return [(gone[i], come[j], sure) for i, (j, sure) in sorted(found.items())]


def _for(
    value: JsonScalar, options: Sequence[JsonScalar], *, used: bool
) -> tuple[tuple[JsonScalar] | None, int]:
    """What stands for a value: the only option, the most like, any where it is never used."""
    if len(options) == 1 or not used:
        return (options[0],), 100
    score, best = max(((_alike(value, o), -i) for i, o in enumerate(options)))
    if score >= _NEAR:
        return (options[-best],), int(90 * score)
    return None, 0


def _stand_in(value: JsonScalar, options: Sequence[JsonScalar]) -> JsonScalar:
    """What is the least wrong to say in the place of a value: what it is the most like, what
    says nothing, what is not over yet.
    """
    return max(
        options,
        key=lambda o: (_alike(value, o) >= _SLIGHTLY, says_nothing(str(o)), not is_end(str(o))),
    )


def _alike(a: JsonScalar, b: JsonScalar) -> float:
    one, other = str(a).lower(), str(b).lower()
    shortened = one and other and (one.startswith(other) or other.startswith(one))
    return max(likeness(one, other), 0.6 if shortened else 0)


# -- the same value under another type ---------------------------------------------------------


def _as_it_is(old: Field, new: Field, use: Use, sides: Sides) -> list[Op] | None:
    """Every value stays what it is, where all values that are carried are of both types."""
    if not (old.required and new.required) or isinstance(resolved(new.type, sides.new), Array):
        return None
    before, after = Schema(old.type, sides.old), Schema(new.type, sides.new)
    if use.received and compare(before, after).kind != "proved":
        return None
    name, aside = new.name, f"{new.name}_before"
    back, sure, why = name, 90, "every value stays what it is"
    rest, null = without_null(new.type, sides.new)
    if null and not without_null(old.type, sides.old)[1]:
        literal = _stands_for_null(rest)
        if literal is None or not sides.agree(old.type, rest):
            return None
        back = f"coalesce({name}, {literal})"
        if use.answered:
            sure, why = 40, f"older clients see {literal} for null"
    elif use.answered and compare(after, before).kind != "proved":
        return None
    kept = natural(old.type, sides.old)
    value = kept[0] if kept else any_member(old.type, sides.old)
    if value is None:
        return None
    text = f": {sides.new_text(new.type)} = {aside} back {aside} = {back}"
    return [
        Op(("rename ", (name,), " -> ", (aside,)), group=name),
        Op(("compute ", (name,), text), sure, why, group=name),
        Op(("drop ", (aside,), f": {sides.old_text(old.type)} = {value}"), group=name),
    ]


def _stands_for_null(t: GType) -> str | None:
    match t:
        case String(low=0, patterns=()):
            return '""'
        case Int() | Number() if (t.low or 0) <= 0 and (t.high is None or t.high >= 0):
            return "0"
        case Bool():
            return "false"
        case _:
            return None
