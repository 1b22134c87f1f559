"""Types with few enough values to be counted, and the tables that arrows make of them."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import normal
from gatid_compiler.gtypes.model import Bool, Int, JsonScalar, Literal, Null, Ref, Union
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses.agreement import constant
from gatid_compiler.timescape.lenses.misuse import MisuseError, shown
from gatid_compiler.timescape.lenses.model import Table
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatid_compiler.gtypes.model import Definitions, GType
    from gatid_dsl import syntax

_LISTED = 6

MOST = 1000
"""More values than this are not counted."""

Kinded = tuple[type, JsonScalar]


def kinded(value: JsonScalar) -> Kinded:
    """A key under which `1` and `true` differ."""
    return type(value), value


def values_of(t: GType, defs: Definitions) -> tuple[JsonScalar, ...] | None:
    """All values of a finite type, None where they cannot be counted."""
    match t:
        case Ref():
            return values_of(defs[t.name], defs)
        case Literal():
            return (t.value,)
        case Null():
            return (None,)
        case Bool():
            return (False, True)
        case Int(low=int(low), high=int(high)) if high - low < MOST:
            return tuple(v for v in range(low, high + 1) if not t.multiple or v % t.multiple == 0)
        case Union():
            parts = [values_of(branch, defs) for branch in t.branches]
            found = {kinded(v): v for part in parts if part is not None for v in part}
            return None if None in parts or len(found) > MOST else tuple(found.values())
        case _:
            return None


def type_of(values: Sequence[JsonScalar]) -> GType:
    """The type of exactly these values."""
    booleans = [v for v in values if isinstance(v, bool)]
    branches: list[GType] = [Bool()] if len(booleans) == len((True, False)) else []
    for value in values:
        match value:
            case None:
                branches.append(Null())
            case bool() if branches and branches[0] == Bool():
                pass
            case str() | int():
                branches.append(Literal(value))
            case float():
                raise AssertionError("no finite type holds a fraction")
    return normal.union(*branches)


def tables(op: syntax.Map, after: GType, defs: Definitions) -> tuple[GType, Table, Table]:
    """The type before a `map`, and its values in both directions; else a misuse."""
    if not op.arrows:
        raise MisuseError(
            codes.MAP_ARROW.at(
                op.span,
                "this `map` has no arrow, so no value changes",
                help='write what became of old values: `"old" -> "new"`',
            )
        )
    new = values_of(after, defs)
    if new is None:
        raise MisuseError(
            codes.MAP_NOT_FINITE.at(
                op.target.span,
                f"`{op.target}` is {shown(after)}, whose values cannot be counted",
                help="`map` is for literals, `bool`, `null`, narrow `int`s and unions of those",
            )
        )
    members = {kinded(v) for v in new}
    forward: dict[Kinded, tuple[JsonScalar, JsonScalar]] = {}
    backward: dict[Kinded, JsonScalar] = {}
    for arrow in op.arrows:
        left, right = constant(arrow.left), constant(arrow.right)
        if kinded(right) not in members:
            raise _wrong(
                arrow.right,
                f"`{arrow.right.span.text}` is no value of {shown(after)}",
                _meant(right, new),
            )
        backward.setdefault(kinded(right), left)
        if not arrow.back:
            if kinded(left) in forward:
                raise _wrong(
                    arrow.left,
                    f"`{arrow.left.span.text}` has two arrows",
                    "leave one of them: an old value becomes one new value",
                )
            forward[kinded(left)] = (left, right)
    unnamed = [v for v in new if kinded(v) not in backward]
    staying = {kinded(v) for v in unnamed}
    for arrow in op.arrows:
        key = kinded(constant(arrow.left))
        if not arrow.back and key in staying:
            raise _wrong(
                arrow.left,
                f"`{arrow.left.span.text}` is also a new value that no arrow names, which "
                "stays itself",
                f"say what the new one was before, with an arrow to `{arrow.left.span.text}`, "
                f"or that old clients see it as it is: "
                f"`{arrow.left.span.text} <- {arrow.left.span.text}`",
            )
        if arrow.back and key not in staying and key not in forward:
            raise _wrong(
                arrow.left,
                f"`{arrow.left.span.text}` is not a value that the old type has",
                "`x <- y` shows old clients `x`: an old value that an arrow or the new type has",
            )
    up = Table((*forward.values(), *((v, v) for v in unnamed)))
    down = Table(tuple((v, backward.get(kinded(v), v)) for v in new))
    return type_of([left for left, _ in up.pairs]), up, down


def _meant(value: JsonScalar, new: Sequence[JsonScalar]) -> str:
    """Values that the right side of an arrow may be."""
    known = [v for v in new if isinstance(v, str)]
    close = nearest(value, known) if isinstance(value, str) else None
    if close is not None:
        return f'did you mean `"{close}"`?'
    listed = ", ".join(f"`{json.dumps(v, ensure_ascii=False)}`" for v in new[:_LISTED])
    more = f" and {len(new) - _LISTED} more" if len(new) > _LISTED else ""
    return f"the right side of an arrow is a value of the new type: {listed}{more}"


def _wrong(node: syntax.Literal, message: str, help: str) -> MisuseError:
    return MisuseError(codes.MAP_ARROW.at(node.span, message, help=help))


def mixed(op: syntax.Map) -> Iterator[tuple[bool, str]]:
    """What the arrows make of several values at once: forward or not, and the words for it."""
    onward = [arrow for arrow in op.arrows if not arrow.back]
    for value, count in Counter(arrow.right.span.text for arrow in onward).items():
        if count > 1:
            olds = " and ".join(a.left.span.text for a in onward if a.right.span.text == value)
            yield True, f"{olds} both become {value}"
    for arrow in op.arrows:
        if arrow.back:
            left, right = arrow.left.span.text, arrow.right.span.text
            yield False, f"{right} is {left} for clients before"
