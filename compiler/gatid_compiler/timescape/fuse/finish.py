"""Brings symbols to the end of history, and takes out what comes back to what was given.

Afterwards there are no names left: what is recursive or stands in several places is a `Call`
of a function of its own, everything else is spelt out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from gatid_compiler.gtypes.literals import fresh, frozen
from gatid_compiler.gtypes.model import Ref, Union
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.fuse.symbols import (
    ALWAYS,
    Applied,
    Arms,
    Call,
    Chosen,
    Const,
    Crossing,
    Function,
    Has,
    Index,
    Items,
    Key,
    Leaf,
    Listed,
    Mapped,
    Named,
    Pick,
    Record,
    Row,
    Slot,
    Symbol,
    Var,
    variables,
)
from gatid_compiler.timescape.reshape import closure, references, resolved

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.timescape.fuse.execute import Execution
    from gatid_compiler.timescape.fuse.symbols import Access, Cond, Trail


class OverlapError(Exception):
    """Raised where branches of a union change differently and nothing tells them apart."""

    def __init__(self, union: GType, branch: GType) -> None:
        super().__init__("branches overlap")
        self.union = union
        self.branch = branch


class UnmergedError(Exception):
    """Raised where something inside an intersection that could not be merged would change."""

    def __init__(self, type_: GType) -> None:
        super().__init__("an intersection changes")
        self.type = type_


@dataclass(slots=True)
class Finished:
    """What a message becomes, the functions that are generated for it, and the calls of functions
    of the project.
    """

    root: Symbol
    functions: dict[Function, Symbol]
    crossings: dict[Var, Crossing]


class Finish:
    """Finishes the symbols of one execution.

    Of a union only the branches that change are left; a last one without a condition is what
    remains when no other is.
    """

    def __init__(self, execution: Execution, root: str) -> None:
        self._x = execution
        self._until = execution.end
        self._functions: dict[Function, Symbol | None] = {}
        self._apart = self._set_apart(root)

    def run(self, value: Symbol) -> Finished:
        """The root at the end of history."""
        root = self._done(value)
        if isinstance(root, Const):  # all of the message is new
            parts = expect(dict, fresh(root.value))
            slots = {name: Slot(ALWAYS, Const(frozen(part))) for name, part in parts.items()}
            root = Record(None, (), slots)
        crossings: dict[Var, Crossing] = {}
        while new := self._called(root, crossings) - set(crossings):
            for var in sorted(new, key=lambda v: v.name):
                crossings[var] = self._crossing(self._x.crossings[var])
        functions = {key: made for key, made in self._functions.items() if made is not None}
        return Finished(root, functions, crossings)

    def _called(self, root: Symbol, crossings: dict[Var, Crossing]) -> set[Var]:
        """The calls of the project's functions that anything finished so far reads."""
        parts: list[Symbol | Cond] = [
            root,
            *(made for made in self._functions.values() if made is not None),
        ]
        parts += [part for known in crossings.values() for part in (known.of, known.guard)]
        names = variables(tuple(parts))
        return {var for var in self._x.crossings if var.name in names}

    def _crossing(self, crossing: Crossing) -> Crossing:
        """The call, with what it is given as in the state that it asks for."""
        self._until, end = crossing.until, self._until
        of = self._done(crossing.of)
        self._until = end
        return replace(crossing, of=of)

    def _set_apart(self, root: str) -> frozenset[str]:
        """The named types that get a function: the recursive ones, and those in many places."""
        x = self._x
        reached = closure([root], x.defs)
        uses = Counter(name for key in reached for name in references(x.defs[key]))
        return frozenset(
            key for key in reached if uses[key] > 1 or x.history.recursive(key, x.start)
        )

    def _done(self, value: Symbol) -> Symbol:
        match value:
            case Leaf():
                return self._leaf(value)
            case Const() | Call():
                return value
            case Mapped():
                return replace(value, of=self._done(value.of))
            case Applied():
                return replace(value, of=tuple(self._done(part) for part in value.of))
            case Listed():
                return folded(replace(value, items=tuple(map(self._done, value.items))))
            case Chosen():
                return self._done(value.of)
            case Named():
                return self._named(value)
            case Record():
                return self._record(value)
            case Items():
                item = self._done(value.item)
                if is_part(item, value.var):
                    return value.over
                return replace(value, item=item)
            case Row():
                items = tuple(self._done(item) for item in value.items)
                at = value.over.at
                if all(is_part(item, Index(at, i)) for i, item in enumerate(items)):
                    return value.over
                return replace(value, items=items)
            case Arms():
                return self._arms(value)
            case Pick():
                return replace(
                    value, then=self._done(value.then), otherwise=self._done(value.otherwise)
                )
            case _:
                assert_never(value)

    def _named(self, value: Named) -> Symbol:
        given = value.given
        if given is not None and value.trail:
            key = expect(Ref, given.type).name
            # Opened again and again, a type in itself would never end.
            if self._x.history.recursive(key, given.since):
                return self._call(given, key, value.trail)
        return self._caught_up(value)

    def _caught_up(self, value: Named) -> Symbol:
        """What the value is at the end."""
        beyond = value.time > self._until if self._x.forward else value.time < self._until
        # In the middle of a block, a type of one place is already what comes after it.
        named = value if beyond else self._x.current(value, self._until)
        return self._done(self._x.inside(named))

    def _leaf(self, leaf: Leaf) -> Symbol:
        x = self._x
        if not x.history.changes(leaf.type, leaf.since, leaf.since, self._until):
            return leaf
        if isinstance(leaf.type, Ref) and self._is_apart(leaf.type.name, leaf.since):
            return self._call(leaf, leaf.type.name, ())
        opened = x.opened(leaf)
        if opened == leaf:
            raise UnmergedError(leaf.type)
        return self._done(opened)

    def _is_apart(self, key: str, since: int) -> bool:
        if since == self._x.start:
            return key in self._apart
        return self._x.history.recursive(key, since)

    def _call(self, leaf: Leaf, name: str, trail: Trail) -> Symbol:
        key = Function(name, leaf.since, self._until, trail)
        if key not in self._functions:
            self._functions[key] = None
            at = replace(leaf, at=Var("value"))
            body = self._caught_up(self._x.retraced(at, trail))
            if is_part(body, at.at):
                del self._functions[key]
                return leaf
            self._functions[key] = body
        return Call(key, leaf)

    def _record(self, record: Record) -> Symbol:
        slots = {
            name: replace(slot, value=self._done(slot.value)) for name, slot in record.slots.items()
        }
        extras = record.extras
        if extras is not None:
            extras = replace(extras, item=self._done(extras.item))
        record = replace(record, slots=slots, extras=extras)
        if record.base is None:
            return folded(record)
        return record.base if untouched(record) else record

    def _arms(self, value: Arms) -> Symbol:
        arms = tuple((cond, self._done(arm)) for cond, arm in value.arms)
        changed = [index for index, (_, arm) in enumerate(arms) if not is_part(arm, value.over.at)]
        if not changed:
            return value.over
        for index in changed:
            if arms[index][0] is None:
                defs = self._x.history.states[value.over.since]
                union = expect(Union, resolved(value.over.type, defs))
                raise OverlapError(union, union.branches[index])
        told = [arms[index] for index in changed]
        if len(told) == len(arms):
            told[-1] = (None, told[-1][1])
        return replace(value, arms=tuple(told))


def folded(value: Listed | Record) -> Symbol:
    """A list or an object that is made anew, as one literal where it is made of literals."""
    if isinstance(value, Listed):
        items = [item.value for item in value.items if isinstance(item, Const)]
        whole = len(items) == len(value.items)
        return Const(frozen([fresh(item) for item in items])) if whole else value
    slots = {
        name: slot.value.value
        for name, slot in value.slots.items()
        if isinstance(slot.value, Const) and slot.present == ALWAYS
    }
    if len(slots) < len(value.slots) or value.extras is not None:
        return value
    return Const(frozen({name: fresh(part) for name, part in slots.items()}))


def is_part(value: Symbol, at: Access) -> bool:
    """Whether the value is just what stands there."""
    return isinstance(value, Leaf) and value.at == at


def keeps(record: Record, name: str) -> bool:
    """Whether the field is in the result what it is in the object at the base."""
    slot = record.slots.get(name)
    required = dict(record.source).get(name)
    if record.base is None or slot is None or required is None:
        return False
    at = record.base.at
    return is_part(slot.value, Key(at, name)) and slot.present == (
        ALWAYS if required else Has(at, name)
    )


def untouched(record: Record) -> bool:
    """Whether the record is what is at its base."""
    names = {name for name, _ in record.source}
    extras = record.extras
    if extras is not None and (extras.discarded - names or not is_part(extras.item, extras.var)):
        return False
    return set(record.slots) == names and all(keeps(record, name) for name in names)
