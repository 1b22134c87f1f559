"""Runs lenses on symbols, in either direction.

`Execution` leads from one state of history to another. A named type catches up with the blocks
that stand on it only when something looks into it, and at the end: what no operation touches
is never opened.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, assert_never, cast

from gatid_compiler.gtypes.model import Array, Object, Ref, Tuple, Union
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.fuse.branches import conditions
from gatid_compiler.timescape.fuse.steps import Steps
from gatid_compiler.timescape.fuse.symbols import (
    ALWAYS,
    Arms,
    Chosen,
    Const,
    Crossing,
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
    Unopened,
    Var,
    both,
    placed,
    variables,
)
from gatid_compiler.timescape.lenses.model import (
    Both,
    Hatch,
    Lens,
    OnItems,
    OnNamed,
    OnObject,
    OnOwn,
    OnUnion,
    OnValues,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.timescape.fuse.symbols import Access, Cond, Symbol, Trail
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
        self.crossings: dict[Var, Crossing] = {}
        self._guards: list[Cond] = []
        self.is_inner = False
        self.depth = 0
        self._variables = 0
        self._steps = Steps(self)

    def variable(self, at: Access) -> Var:
        """A variable of its own for an item of what is there; its name says of what."""
        self._variables += 1
        return Var(f"{at.name if isinstance(at, Var | Key) else 'item'}[{self._variables}]")

    # -- looking into values ---------------------------------------------------------------

    def opened(self, leaf: Leaf) -> Symbol:
        """The leaf one level deeper, or the leaf where there is nothing in it."""
        at, since = leaf.at, leaf.since
        defs = self.history.states[since]
        match leaf.type:
            case Ref(name=key):
                return Named(key, since, Leaf(at, defs[key], since), leaf)
            case Object(fields=fields, rest=rest):
                slots = {
                    f.name: Slot(
                        ALWAYS if f.required else Has(at, f.name),
                        Leaf(Key(at, f.name), f.type, since),
                    )
                    for f in fields
                }
                extras = None
                if rest is not None:
                    var = self.variable(at)
                    extras = Extras(var, rest, Leaf(var, rest, since))
                return Record(leaf, tuple((f.name, f.required) for f in fields), slots, extras)
            case Array(item=item):
                var = self.variable(at)
                return Items(leaf, var, Leaf(var, item, since))
            case Tuple(items=items):
                return Row(leaf, tuple(Leaf(Index(at, i), t, since) for i, t in enumerate(items)))
            case Union(branches=branches):
                tests = conditions(branches, at, defs)
                return Arms(
                    leaf,
                    tuple((c, Leaf(at, b, since)) for c, b in zip(tests, branches, strict=True)),
                )
            case _:
                return leaf

    def inside(self, value: Named) -> Symbol:
        """What is in the named value as it is."""
        if not isinstance(value.of, Unopened):
            return value.of
        lens, block = value.trail[-1]
        before = self.retraced(expect(Leaf, value.given), value.trail[:-1])
        return self._own(expect(OnOwn, lens), before, block)

    def current(self, value: Named, time: int) -> Named:
        """The named value up to date with a state."""
        low, high = min(value.time, time), max(value.time, time)
        blocks = self.history.touching(value.key, low, high)
        of = self.inside(value)
        outer = self.is_inner, self.depth
        self.is_inner, self.depth = False, value.depth
        for index in blocks if self.forward else reversed(blocks):
            of = self.run(self.history.blocks[index].lenses[value.key], of, index)
        self.is_inner, self.depth = outer
        return replace(value, time=time, of=of)

    # -- lenses ----------------------------------------------------------------------------

    def run(self, lens: Lens, value: Symbol, block: int) -> Symbol:
        """The value after one lens of a block, in the direction of this execution."""
        if isinstance(lens, Hatch):
            return self._crossed(lens, value, block)
        if isinstance(value, Pick):
            with self.where(value.when):
                then = self.run(lens, value.then, block)
            return replace(value, then=then, otherwise=self.run(lens, value.otherwise, block))
        if isinstance(value, Const):
            return value  # null in a union of null and objects: nothing is inside of it
        match lens:
            case Both(lenses=lenses):
                for part in lenses if self.forward else reversed(lenses):
                    value = self.run(part, value, block)
                return value
            case OnNamed() | OnOwn():
                return self._named(lens, value, block)
            case OnObject(steps=steps):
                record = self._as(Record, value)
                for step in steps if self.forward else reversed(steps):
                    record = self._steps.run(step, record, block)
                return record
            case OnUnion(branches=branches) if isinstance(value, Chosen):
                mine = branches[value.index]
                return value if mine is None else replace(value, of=self.run(mine, value.of, block))
            case OnUnion(branches=branches):
                arms = self._as(Arms, value)
                return replace(
                    arms,
                    arms=tuple(
                        (cond, arm if branch is None else self._arm(branch, cond, arm, block))
                        for (cond, arm), branch in zip(arms.arms, branches, strict=True)
                    ),
                )
            case OnItems(item=inner):
                if isinstance(value, Listed):
                    made = tuple(self.run(inner, item, block) for item in value.items)
                    return replace(value, items=made)
                items = self._as(Items, value)
                return replace(items, item=self.run(inner, items.item, block))
            case OnValues(item=inner):
                record = self._as(Record, value)
                if record.extras is None:  # a literal
                    loose = {
                        name: replace(slot, value=self.run(inner, slot.value, block))
                        for name, slot in record.slots.items()
                        if name in record.loose
                    }
                    return replace(record, slots={**record.slots, **loose})
                extras = expect(Extras, record.extras)
                item = self.run(inner, extras.item, block)
                return replace(record, extras=replace(extras, item=item))
            case _:
                assert_never(lens)

    def _arm(self, lens: Lens, cond: Cond | None, arm: Symbol, block: int) -> Symbol:
        with self.where(ALWAYS if cond is None else cond):
            return self.run(lens, arm, block)

    # -- functions of the project ----------------------------------------------------------

    @contextmanager
    def where(self, cond: Cond) -> Iterator[None]:
        """What runs meanwhile is there only where the condition holds."""
        self._guards.append(cond)
        yield
        self._guards.pop()

    def placed(self, value: Symbol, var: Var, at: Access) -> Symbol:
        """The symbol with a variable replaced by a place, in what is called for it as well."""
        for inner in sorted(variables(value)):
            crossing = self.crossings.get(Var(inner))
            if crossing is not None and var.name in self.read(crossing):
                here = self._cross(
                    replace(
                        crossing,
                        of=self.placed(crossing.of, var, at),
                        guard=cast("Cond", placed(crossing.guard, var, at)),
                    )
                )
                value = cast("Symbol", placed(value, crossing.var, here.var))
        return cast("Symbol", placed(value, var, at))

    def read(self, crossing: Crossing) -> frozenset[str]:
        """The variables that a call reads, what is called for it included."""
        found = variables((crossing.of, crossing.guard))
        inner = (self.crossings[Var(name)] for name in found if Var(name) in self.crossings)
        return found.union(*map(self.read, inner))

    def _crossed(self, lens: Hatch, value: Symbol, block: int) -> Leaf:
        target, t = (lens.up, lens.after) if self.forward else (lens.down, lens.before)
        since, until = (block + 1, block) if self.forward else (block, block + 1)
        if self.is_inner:
            since = until = block
        made = self._cross(
            Crossing(Var(""), target, t, since, value, until, lens.nulls, both(*self._guards))
        )
        return Leaf(made.var, t, since)

    def _cross(self, crossing: Crossing) -> Crossing:
        """The call in a variable of its own; the same call is made once."""
        for known in self.crossings.values():
            if replace(known, var=crossing.var) == crossing:
                return known
        self._variables += 1
        made = replace(crossing, var=Var(f"{crossing.target.name}[{self._variables}]"))
        self.crossings[made.var] = made
        return made

    def _named(self, lens: OnNamed | OnOwn, value: Symbol, block: int) -> Named:
        named = self._as(Named, value)
        trail = (*named.trail, (lens, block))
        if isinstance(lens, OnOwn):
            key = lens.after if self.forward else lens.before
            # Backward, it would be run on values inside of one another without an end.
            later = named.given is not None and not self.forward
            of = Unopened() if later else self._own(lens, named, block)
            return Named(key, block, of, named.given, trail, named.depth)
        named = self.current(named, block if self.forward else block + 1)
        inner = self.run(lens.lens, self.inside(named), block)
        key, time = (lens.after, block + 1) if self.forward else (lens.before, block)
        return Named(key, time, inner, named.given, trail, named.depth)

    def _own(self, lens: OnOwn, named: Named, block: int) -> Symbol:
        """Forward, the block's own lens is still to come; backward it has run."""
        value = self.inside(self.current(named, block))
        outer, self.is_inner = self.is_inner, True
        inner = self.run(self.history.blocks[block].inner[lens.before], value, block)
        self.is_inner = outer
        return inner

    def retraced(self, given: Leaf, trail: Trail) -> Named:
        """What the lenses of a trail make of a value of a named type."""
        value = expect(Named, self.opened(given))
        for lens, block in trail:
            value = self._named(lens, value, block)
        return value

    def _as(self, kind: type[_Opened], value: Symbol) -> _Opened:
        return expect(kind, self.opened(value) if isinstance(value, Leaf) else value)
