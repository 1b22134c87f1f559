"""Whether what differed still differs after a transform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import GType
from gatid_compiler.timescape.fuse.finish import is_part
from gatid_compiler.timescape.fuse.symbols import (
    ALWAYS,
    Has,
    Key,
    Leaf,
    Mapped,
    Named,
    Record,
    Trail,
)

if TYPE_CHECKING:
    from gatid_compiler.timescape.fuse.execute import Execution
    from gatid_compiler.timescape.fuse.symbols import Access, Symbol


Seen = tuple[GType, int, Trail]
"""A named type where it stood, and the trail of a value of it."""


def keeps_apart(
    value: Symbol, at: Access, x: Execution, seen: frozenset[Seen] = frozenset()
) -> bool:
    """Whether the symbol is another one for every other value at the place: where all of the
    value is in it somewhere, or what becomes of it tells what it was.

    Of the types that are `seen` already it is so for values that are deeper inside.
    """
    match value:
        case Leaf():
            if not x.history.changes(value.type, value.since, value.since, x.end):
                return value.at == at
            opened = x.opened(value)
            return opened != value and keeps_apart(opened, at, x, seen)
        case Named(given=given, trail=trail):
            if given is not None:
                here = (given.type, given.since, trail)
                if here in seen:
                    return given.at == at
                seen |= {here}
            return keeps_apart(x.inside(x.current(value, x.end)), at, x, seen)
        case Mapped(table=table, of=of):
            return table.one_to_one and keeps_apart(of, at, x, seen)
        case Record():
            return value.base is not None and value.base.at == at and _keeps_all(value, x, seen)
        case _:
            return False


def _keeps_all(record: Record, x: Execution, seen: frozenset[Seen]) -> bool:
    """Whether every field of the object at the base is in the record, under whatever name."""
    assert record.base is not None  # noqa: S101 - the caller looked
    extras = record.extras
    if extras is not None and (extras.discarded or not is_part(extras.item, extras.var)):
        return False
    at = record.base.at
    return all(
        any(
            slot.present == (ALWAYS if required else Has(at, name))
            and keeps_apart(slot.value, Key(at, name), x, seen)
            for slot in record.slots.values()
        )
        for name, required in record.source
    )
