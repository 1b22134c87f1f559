"""Operations between a value and an array of it, read backwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Array
from gatid_compiler.gtypes.text import name as written_name
from gatid_compiler.gtypes.text import show
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses.fillings import constant
from gatid_compiler.timescape.lenses.misuse import MisuseError, shown
from gatid_compiler.timescape.lenses.model import Unwrap, Wrap
from gatid_compiler.timescape.reshape import aliases, resolved

if TYPE_CHECKING:
    from gatid_compiler.timescape.lenses.fields import Place, Undone
    from gatid_dsl import syntax


def wrap(op: syntax.Wrap, place: Place) -> Undone:
    """`wrap a`: `a` was what its array holds now."""
    name = op.target.parts[-1]
    now = place.present(name, op.target.span)
    array = resolved(now.type, place.defs)
    if not isinstance(array, Array):
        raise MisuseError(
            codes.WRAP_SHAPE.at(
                op.span,
                f"`{name}` is {shown(now.type)} after this operation, not an array",
                help="`wrap` puts a value into an array; `unwrap` takes one out of an array",
            )
        )
    if array.low > 1 or array.high == 0:
        raise MisuseError(
            codes.WRAP_SHAPE.at(
                op.span,
                f"`{name}` is {shown(now.type)} after this operation, which has no arrays of one "
                "item",
                help="older clients send one value: the array must take a single item",
            )
        )
    if array.low == 0:
        place.wishes.never_answered.append(
            codes.WRAP_SHAPE.at(
                op.span,
                f"older clients expect one value, but `{name}` is {shown(now.type)} after this "
                "operation and may be empty",
                help=f"require an item: `{written_name(name)}: {show(replace(array, low=1))}`",
            )
        )
    if array.high != 1:
        first = "all but the first item, for clients before"
        place.wishes.loses(op.span, name, first, forward=False)
    before = replace(now, type=array.item, default=None)
    made = aliases(now.type, place.defs)
    return place.swap([name], [before], op.span), Wrap(name, made)


def unwrap(op: syntax.Unwrap, place: Place) -> Undone:
    """`unwrap a`: `a` was an array of exactly one of what it is now."""
    name = op.target.parts[-1]
    now = place.present(name, op.target.span)
    before = replace(now, type=Array(now.type, 1, 1), default=None)
    fill = None if now.default is None else constant(now.default.value, now.type, place.defs)
    return place.swap([name], [before], op.span), Unwrap(name, fill)
