"""Runs lenses on symbols, in either direction.

`Execution` leads from one state of history to another. A named type catches up with the blocks
that stand on it only when something looks into it, and at the end: what no operation touches
is never opened.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, assert_never

from gatid_compiler.gtypes.model import Array, Object, Ref, Tuple, Union
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.fuse.branches import conditions
from gatid_compiler.timescape.fuse.steps import Steps
from gatid_compiler.timescape.fuse.symbols import (
    ALWAYS,
    Arms,
    Const,
    Extras,
    Has,
    Index,
    Items,
    Key,
    Leaf,
    Listed,
    Named,
    Pick,
    Record,
    Row,
    Slot,
    Var,
)
from gatid_compiler.timescape.lenses.model import (
    Both,
    Lens,
    OnItems,
    OnNamed,
    OnObject,
    OnUnion,
    OnValues,
)

if TYPE_CHECKING:
    from gatid_compiler.timescape.fuse.symbols import Access, Symbol
    from gatid_compiler.timescape.history import History

_Opened = TypeVar("_Opened", Record, Arms, Items, Named)


class Execution:
    """All hops from the state `start`, whose types the leaves have, to the state `end`."""

    def __init__(self, history: History, start: int, end: int) -> None:
        self.history = history
        self.start = start
        self.end = end
        self.forward = start <= end
        self.defs = history.states[start]
        self._variables = 0
        self._steps = Steps(self)

    def variable(self, at: Access) -> Var:
        """A variable of its own for an item of what is there; its name says of what."""
        self._variables += 1
        return Var(f"{at.name if isinstance(at, Var | Key) else 'item'}[{self._variables}]")

    # -- looking into values ---------------------------------------------------------------

    def opened(self, leaf: Leaf) -> Symbol:
        """The leaf one level deeper, or the leaf where there is nothing in it."""
        at = leaf.at
        match leaf.type:
            case Ref(name=key):
                return Named(key, self.start, Leaf(at, self.defs[key]))
            case Object(fields=fields, rest=rest):
                slots = {
                    f.name: Slot(
                        ALWAYS if f.required else Has(at, f.name), Leaf(Key(at, f.name), f.type)
                    )
                    for f in fields
                }
                extras = None
                if rest is not None:
                    var = self.variable(at)
                    extras = Extras(var, rest, Leaf(var, rest))
                return Record(leaf, tuple((f.name, f.required) for f in fields), slots, extras)
            case Array(item=item):
                var = self.variable(at)
                return Items(leaf, var, Leaf(var, item))
            case Tuple(items=items):
                return Row(leaf, tuple(Leaf(Index(at, i), t) for i, t in enumerate(items)))
            case Union(branches=branches):
                tests = conditions(branches, at, self.defs)
                return Arms(
                    leaf, tuple((c, Leaf(at, b)) for c, b in zip(tests, branches, strict=True))
                )
            case _:
                return leaf

    def current(self, value: Named, time: int) -> Named:
        """The named value up to date with a state."""
        low, high = min(value.time, time), max(value.time, time)
        blocks = self.history.touching(value.key, low, high)
        of = value.of
        for index in blocks if self.forward else reversed(blocks):
            of = self.run(self.history.blocks[index].lenses[value.key], of, index)
        return Named(value.key, time, of)

    # -- lenses ----------------------------------------------------------------------------

    def run(self, lens: Lens, value: Symbol, block: int) -> Symbol:
        """The value after one lens of a block, in the direction of this execution."""
        if isinstance(value, Pick):
            return replace(
                value,
                then=self.run(lens, value.then, block),
                otherwise=self.run(lens, value.otherwise, block),
            )
        if isinstance(value, Const):
            return value  # null in a union of null and objects: nothing is inside of it
        match lens:
            case Both(lenses=lenses):
                for part in lenses if self.forward else reversed(lenses):
                    value = self.run(part, value, block)
                return value
            case OnNamed():
                return self._named(lens, value, block)
            case OnObject(steps=steps):
                record = self._as(Record, value)
                for step in steps if self.forward else reversed(steps):
                    record = self._steps.run(step, record, block)
                return record
            case OnUnion(branches=branches):
                arms = self._as(Arms, value)
                return replace(
                    arms,
                    arms=tuple(
                        (cond, arm if branch is None else self.run(branch, arm, block))
                        for (cond, arm), branch in zip(arms.arms, branches, strict=True)
                    ),
                )
            case OnItems(item=inner):
                if isinstance(value, Listed):
                    return replace(value, item=self.run(inner, value.item, block))
                items = self._as(Items, value)
                return replace(items, item=self.run(inner, items.item, block))
            case OnValues(item=inner):
                record = self._as(Record, value)
                extras = expect(Extras, record.extras)
                item = self.run(inner, extras.item, block)
                return replace(record, extras=replace(extras, item=item))
            case _:
                assert_never(lens)

    def _named(self, lens: OnNamed, value: Symbol, block: int) -> Named:
        named = self._as(Named, value)
        named = self.current(named, block if self.forward else block + 1)
        inner = self.run(lens.lens, named.of, block)
        if self.forward:
            return Named(lens.after, block + 1, inner)
        return Named(lens.before, block, inner)

    def _as(self, kind: type[_Opened], value: Symbol) -> _Opened:
        return expect(kind, self.opened(value) if isinstance(value, Leaf) else value)
