"""`was T via m:up, m:down`: the old type in full, and two functions of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Null, Ref, Union
from gatid_compiler.plan import PyRef
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.lenses.misuse import MisuseError, shown
from gatid_compiler.timescape.lenses.model import Hatch
from gatid_compiler.timescape.reshape import resolved
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatid_compiler.gtypes.model import Definitions, GType


def is_hatch(body: Sequence[object]) -> bool:
    """Whether a block states what the whole of its place was."""
    return len(body) == 1 and isinstance(body[0], syntax.Was)


def was(op: syntax.Was, now: GType, old: GType, defs: Definitions) -> tuple[GType, Hatch]:
    """The type before, and the functions that lead from it and to it.

    Null is no part of what is stated: where it may be, it may have been, and stays.
    """
    if op.up is None or op.down is None:
        raise MisuseError(
            codes.WAS.at(
                op.span,
                "nothing says how values of the old type become new ones, and back",
                help="name two functions: `was T via shop.old:up, shop.old:down`",
            )
        )
    nulls = _has_null(now, defs)
    if nulls and _has_null(old, defs):
        raise MisuseError(
            codes.WAS.at(
                op.type.span,
                f"null is part of {shown(now)}, and stays what it is without being said",
                help="leave `| null` away: the functions are given everything else",
            )
        )
    before = Union((Null(), old)) if nulls else old
    up, down = PyRef(op.up.module, op.up.name), PyRef(op.down.module, op.down.name)
    return before, Hatch(up, down, before, now, nulls)


def is_other(op: syntax.Was, old: GType, owner: str, defs: Definitions) -> None:
    """Refuses a type that would have been itself: it may hold itself, but not be it."""
    if owner in set(_outermost(old, defs, frozenset())):
        raise MisuseError(
            codes.WAS.at(
                op.type.span,
                f"`{owner}` cannot have been `{owner}`",
                help="write out what it was: `was { … } via shop.old:up, shop.old:down`",
            )
        )


def _outermost(t: GType, defs: Definitions, known: frozenset[str]) -> Iterator[str]:
    match t:
        case Ref(name=name) if name not in known:
            yield keys.plain(name)
            if name in defs:
                yield from _outermost(defs[name], defs, known | {name})
        case Union(branches=branches):
            for branch in branches:
                yield from _outermost(branch, defs, known)
        case _:
            return


def _has_null(t: GType, defs: Definitions) -> bool:
    inner = resolved(t, defs)
    if isinstance(inner, Union):
        return any(_has_null(branch, defs) for branch in inner.branches)
    return isinstance(inner, Null)
