"""Steps on the fields of one record, forward and backward."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never, cast

from gatid_compiler.gtypes.model import Array, Null
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.fuse.symbols import (
    ALWAYS,
    NEVER,
    Applied,
    Arms,
    Chosen,
    Const,
    EndlessError,
    Index,
    Items,
    Leaf,
    Listed,
    Mapped,
    Named,
    Not,
    Pick,
    Record,
    Slot,
    Unopened,
    both,
    either,
)
from gatid_compiler.timescape.lenses.formulas import IDENTITY, NOT_NULL, TEXT_PART, joining
from gatid_compiler.timescape.lenses.model import (
    Add,
    Coalesce,
    Compute,
    Convert,
    Drop,
    FilledBranch,
    FilledList,
    FilledName,
    FilledObject,
    Hoist,
    Join,
    Lit,
    Map,
    Move,
    Nest,
    Op,
    Reference,
    Relax,
    Rename,
    Require,
    Split,
    Step,
    Unwrap,
    Within,
    Wrap,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gatid_compiler.gtypes.model import JsonScalar
    from gatid_compiler.timescape.fuse.execute import Execution
    from gatid_compiler.timescape.fuse.symbols import Cond, Symbol
    from gatid_compiler.timescape.lenses.model import Constant, Doubt, Expr, Filling, Table


_DEEPEST = 12
"""In so many literals a literal may be made: more are made only without an end."""


class Steps:
    """What each step makes of a record, in the direction of an execution."""

    def __init__(self, execution: Execution) -> None:
        self._x = execution

    def run(self, step: Step, record: Record, block: int) -> Record:
        """The record after one step."""
        forward = self._x.forward
        match step:
            case Rename(source=old, target=new):
                return _renamed(record, old, new) if forward else _renamed(record, new, old)
            case Add(name=name, fill=fill):
                return (
                    self._filled(record, name, fill, block) if forward else _without(record, name)
                )
            case Drop(name=name, restore=fill):
                return (
                    _without(record, name) if forward else self._filled(record, name, fill, block)
                )
            case Require(name=name, fill=fill):
                return self._ensured(record, name, fill, block) if forward else record
            case Relax(name=name, fill=fill):
                return record if forward else self._ensured(record, name, fill, block)
            case Map():
                return self._map(step, record, block)
            case Nest(names=names, target=target, made=made):
                if forward:
                    return self._gather(record, names, target, made, block)
                return self._spread(record, target, names, block)
            case Hoist(source=source, names=names):
                if forward:
                    return self._spread(record, source, names, block)
                return self._gather(record, names, source, (), block)
            case Within(name=name, lens=lens):
                slot = record.slots.get(name)
                if slot is None:
                    return record
                with self._x.where(slot.present):
                    inner = self._x.run(lens, slot.value, block)
                return _with(record, {name: replace(slot, value=inner)})
            case Move():
                return self._move(step, record, block)
            case Wrap(name=name, made=made):
                if forward:
                    return self._listed(record, name, made, block)
                return self._first_of(record, name, block)
            case Unwrap(name=name, fill=fill):
                if not forward:
                    return self._listed(record, name, (), block)
                taken = self._first_of(record, name, block)
                return taken if fill is None else self._ensured(taken, name, fill, block)
            case Split(source=source, targets=names, separator=separator, doubts=doubts):
                if forward:
                    return _cut(record, source, names, separator, doubts.forward)
                return _joined(record, names, source, separator, doubts.backward)
            case Join(sources=names, target=target, separator=separator, doubts=doubts):
                if forward:
                    return _joined(record, names, target, separator, doubts.forward)
                return _cut(record, target, names, separator, doubts.backward)
            case Convert():
                return self._convert(step, record, block)
            case Compute():
                return self._compute(step, record, block)
            case _:
                assert_never(step)

    def _filled(self, record: Record, name: str, fill: Constant | None, block: int) -> Record:
        slots = {name: Slot(ALWAYS, self._made(fill.value, block))} if fill is not None else {}
        return _with(record, slots, introduced=(name,))

    def _ensured(self, record: Record, name: str, fill: Constant, block: int) -> Record:
        slot = record.slots.get(name)
        if slot is None:
            return self._filled(record, name, fill, block)
        if slot.present == ALWAYS:
            return record
        value = Pick(slot.present, slot.value, self._made(fill.value, block))
        return _with(record, {name: Slot(ALWAYS, value)})

    def _made(self, filling: Filling, block: int) -> Symbol:
        """A literal as a symbol, which what other operations say of its type leads into."""
        match filling:
            case FilledName(key=key, of=inner):
                time = block + 1 if self._x.forward and not self._x.is_inner else block
                depth = self._x.depth + 1
                if depth > _DEEPEST:
                    raise EndlessError(key)
                return Named(key, time, self._made(inner, block), depth=depth)
            case FilledBranch(index=index, of=inner):
                return Chosen(index, self._made(inner, block))
            case FilledList(items=items):
                return Listed(tuple(self._made(item, block) for item in items))
            case FilledObject(fields=fields, loose=loose):
                slots = {name: Slot(ALWAYS, self._made(inner, block)) for name, inner in fields}
                return Record(None, (), slots, loose=loose)
            case _:
                return Const(filling)

    def _map(self, step: Map, record: Record, block: int) -> Record:
        table = step.forward if self._x.forward else step.backward
        slot = record.slots.get(step.name)
        if slot is not None:
            value = _through(slot.value, table)
            record = _with(record, {step.name: replace(slot, value=value)})
        if self._x.forward and step.fill is not None:
            return self._ensured(record, step.name, step.fill, block)
        return record

    def _compute(self, step: Compute, record: Record, block: int) -> Record:
        if self._x.forward:
            value = self._value(step.value, record, block, step.doubts.forward)
            return _with(record, {step.name: Slot(ALWAYS, value)}, introduced=(step.name,))
        after = _without(record, step.name)
        if step.back is None:
            return _with(after, {}, introduced=(step.name,))
        name, expr = step.back
        value = self._value(expr, record, block, step.doubts.backward)
        return _with(after, {name: Slot(ALWAYS, value)}, introduced=(step.name,))

    def _value(self, expr: Expr, record: Record, block: int, doubt: Doubt | None) -> Symbol:
        made = self._result(expr, record, block)
        return Applied(IDENTITY, (made,), doubt) if doubt else made

    def _result(self, expr: Expr, record: Record, block: int) -> Symbol:
        match expr:
            case Lit(value=value):
                return Const(value)
            case Reference(path=path):
                found = self._found(path, record, block)
                return found.value if found is not None else Const(None)
            case Op(formula=formula, of=parts):
                return Applied(formula, tuple(self._result(part, record, block) for part in parts))
            case Coalesce(of=parts, nulls=nulls):
                made = self._result(parts[-1], record, block)
                for part, null in zip(reversed(parts[:-1]), reversed(nulls[:-1]), strict=True):
                    made = self._unless(part, null, made, record, block)
                return made
            case _:
                assert_never(expr)

    def _unless(
        self, expr: Expr, null: bool, otherwise: Symbol, record: Record, block: int
    ) -> Symbol:
        """The value of the expression, or the other one where it is absent or null."""
        present: Cond = ALWAYS
        if isinstance(expr, Reference):
            found = self._found(expr.path, record, block)
            if found is None:
                return otherwise
            present = found.present
        value = self._result(expr, record, block)
        if null:
            value = Applied(NOT_NULL, (value, otherwise))
        return value if present == ALWAYS else Pick(present, value, otherwise)

    def _found(self, path: Sequence[str], record: Record, block: int) -> Slot | None:
        """The field at a path; None where it is never there."""
        slot = record.slots.get(path[0])
        if slot is None:
            return None
        if len(path) == 1:
            return replace(slot, value=scalar(slot.value))
        with self._x.where(slot.present):
            inner = self._found(path[1:], self.object_in(slot.value, block), block)
        return inner and replace(inner, present=both(slot.present, inner.present))

    def _convert(self, step: Convert, record: Record, block: int) -> Record:
        forward = self._x.forward
        formula = step.forward if forward else step.backward
        doubt = step.doubts.forward if forward else step.doubts.backward
        slot = record.slots.get(step.name)
        if slot is not None and (doubt or formula != IDENTITY):
            value = Applied(formula, (scalar(slot.value),), doubt)
            record = _with(record, {step.name: replace(slot, value=value)})
        if forward and step.fill is not None:
            return self._ensured(record, step.name, step.fill, block)
        return record

    def _listed(self, record: Record, name: str, made: Sequence[str], block: int) -> Record:
        """The field as an array of what it is, which goes by the names `made`."""
        slot = record.slots.get(name)
        if slot is None:
            return record
        value: Symbol = Listed((slot.value,))
        time = block + 1 if self._x.forward else block
        for key in reversed(made):
            value = Named(key, time, value)
        return _with(record, {name: replace(slot, value=value)})

    def _first_of(self, record: Record, name: str, block: int) -> Record:
        """The field as the first item of the array that it is."""
        slot = record.slots.get(name)
        if slot is None:
            return record
        with self._x.where(slot.present):
            value = self._first(slot.value, block if self._x.forward else block + 1)
        return _with(record, {name: replace(slot, value=value)})

    def _first(self, value: Symbol, time: int) -> Symbol:
        match value:
            case Leaf(at=at, type=Array(item=item), since=since):
                return Leaf(Index(at, 0), item, since)
            case Leaf():
                return self._first(self._x.opened(value), time)
            case Named():
                return self._first(self._x.inside(self._x.current(value, time)), time)
            case Listed(items=items):
                return items[0]
            case Chosen(of=inner):
                return self._first(inner, time)
            case Items(over=over, var=var, item=inner):
                return self._x.placed(inner, var, Index(over.at, 0))
            case Pick():
                return replace(
                    value,
                    then=self._first(value.then, time),
                    otherwise=self._first(value.otherwise, time),
                )
            case _:
                raise AssertionError(f"an array expected, {value} found")

    def _gather(
        self, record: Record, names: Sequence[str], target: str, made: Sequence[str], block: int
    ) -> Record:
        """Fields into a new object, which is there when any of them is."""
        parts = {name: record.slots[name] for name in names if name in record.slots}
        inner: Symbol = Record(None, (), parts)
        time = block + 1 if self._x.forward else block
        for key in reversed(made):
            inner = Named(key, time, inner)
        present = either(*(part.present for part in parts.values()))
        out = {target: Slot(present, inner)} if parts else {}
        return _with(_without(record, *names), out, introduced=(target,))

    def _spread(self, record: Record, source: str, names: Sequence[str], block: int) -> Record:
        """The fields of an object out of it, each there when both it and the object are."""
        slot = record.slots.get(source)
        if slot is None:
            return _with(record, {}, introduced=names)
        with self._x.where(slot.present):
            inner = self.object_in(slot.value, block)
        out = {
            name: Slot(both(slot.present, part.present), part.value)
            for name, part in inner.slots.items()
        }
        return _with(_without(record, source), out, introduced=names)

    def object_in(self, value: Symbol, block: int) -> Record:
        """The record behind names, which are brought up to date on the way."""
        if isinstance(value, Pick):
            with self._x.where(value.when):
                then = self.object_in(value.then, block)
            with self._x.where(Not(value.when)):
                otherwise = self.object_in(value.otherwise, block)
            return _merged(value.when, then, otherwise)
        time = block if self._x.forward else block + 1
        while not isinstance(value, Record):
            if isinstance(value, Leaf):
                value = self._x.opened(value)
            if not isinstance(value, Record):
                value = self._x.inside(self._x.current(expect(Named, value), time))
        return value

    def _move(self, step: Move, record: Record, block: int) -> Record:
        source, target = step.source, step.target
        forward = self._x.forward
        if not forward:
            source, target = target, source
        named = {
            way: (before, after) if self._x.forward else (after, before)
            for way, (before, after) in step.named
        }
        moved: list[Slot] = []

        def take(inner: Record, present: Cond) -> Record:
            slot = inner.slots.get(source[-1])
            if slot is not None:
                moved.append(replace(slot, present=both(present, slot.present)))
            return _without(inner, source[-1])

        def put(inner: Record, _present: Cond) -> Record:
            slots = dict.fromkeys(target[-1:], _one_of(moved)) if moved else {}
            placed = _with(inner, slots, introduced=target[-1:])
            if forward and step.fill is not None:
                return self._ensured(placed, target[-1], step.fill, block)
            return placed

        taken = self._along(record, (), source[:-1], named, ALWAYS, take, block)
        put_there = self._along(taken, (), target[:-1], named, ALWAYS, put, block)
        return expect(Record, put_there)

    def _along(
        self,
        value: Symbol,
        gone: tuple[str, ...],
        way: tuple[str, ...],
        named: dict[tuple[str, ...], tuple[str, str]],
        present: Cond,
        act: Callable[[Record, Cond], Record],
        block: int,
    ) -> Symbol:
        """Acts on the object at the end of the way, which is there where `present` holds."""
        if isinstance(value, Leaf):
            value = self._x.opened(value)
        if isinstance(value, Named):
            source, target = named[gone]
            if value.key == source:
                value = self._x.current(value, block if self._x.forward else block + 1)
                inside = self._x.inside(value)
                value = Named(target, block + 1 if self._x.forward else block, inside)
            inner = self._along(self._x.inside(value), gone, way, named, present, act, block)
            return Named(value.key, value.time, inner)
        if isinstance(value, Const):
            return value
        if isinstance(value, Chosen):
            inner = self._along(value.of, gone, way, named, present, act, block)
            return replace(value, of=inner)
        if isinstance(value, Pick):
            with self._x.where(value.when):
                here = both(present, value.when)
                then = self._along(value.then, gone, way, named, here, act, block)
            with self._x.where(Not(value.when)):
                here = both(present, Not(value.when))
                otherwise = self._along(value.otherwise, gone, way, named, here, act, block)
            return replace(value, then=then, otherwise=otherwise)
        if isinstance(value, Arms):
            arms = []
            for cond, arm in value.arms:
                if not (isinstance(arm, Leaf) and isinstance(arm.type, Null)):
                    here = both(present, ALWAYS if cond is None else cond)
                    with self._x.where(here):
                        arm = self._along(arm, gone, way, named, here, act, block)
                arms.append((cond, arm))
            return replace(value, arms=tuple(arms))
        record = expect(Record, value)
        if not way:
            return act(record, present)
        slot = record.slots.get(way[0])
        if slot is None:
            return record
        with self._x.where(slot.present):
            inner = self._along(
                slot.value, (*gone, way[0]), way[1:], named, both(present, slot.present), act, block
            )
        return _with(record, {way[0]: replace(slot, value=inner)})


def _merged(when: Cond, then: Record, otherwise: Record) -> Record:
    """One of two closed objects, field by field."""
    slots: dict[str, Slot] = {}
    for name in dict.fromkeys((*then.slots, *otherwise.slots)):
        one, other = then.slots.get(name), otherwise.slots.get(name)
        here = both(when, one.present) if one else NEVER
        there = both(Not(when), other.present) if other else NEVER
        if one and other:
            sure = one.present == other.present == ALWAYS
            value = Pick(when, one.value, other.value)
            slots[name] = Slot(ALWAYS if sure else either(here, there), value)
        elif one:
            slots[name] = replace(one, present=here)
        elif other:
            slots[name] = replace(other, present=there)
    return Record(None, (), slots)


def _one_of(slots: Sequence[Slot]) -> Slot:
    """The slot that is there, of several that are there at different times."""
    first, *others = slots
    if not others:
        return first
    rest = _one_of(others)
    return Slot(either(first.present, rest.present), Pick(first.present, first.value, rest.value))


def _with(record: Record, slots: dict[str, Slot], introduced: Sequence[str] = ()) -> Record:
    """The record with these fields; an extra of an introduced name is discarded."""
    extras = record.extras
    if extras is not None and introduced:
        extras = replace(extras, discarded=extras.discarded | set(introduced))
    gone = record.loose.intersection(introduced)
    kept = {name: slot for name, slot in record.slots.items() if name not in gone}
    loose = record.loose - gone
    return replace(record, slots={**kept, **slots}, extras=extras, loose=loose)


def _without(record: Record, *names: str) -> Record:
    kept = {name: slot for name, slot in record.slots.items() if name not in names}
    return replace(record, slots=kept)


def _renamed(record: Record, old: str, new: str) -> Record:
    slot = record.slots.get(old)
    return _with(_without(record, old), {new: slot} if slot else {}, introduced=(new,))


def _through(value: Symbol, table: Table) -> Symbol:
    match value:
        case Const():
            return Const(table.at(cast("JsonScalar", value.value)))
        case Leaf():
            return Mapped(table, value)
        case Mapped():
            return Mapped(value.table.then(table), value.of)
        case Pick():
            return Pick(value.when, _through(value.then, table), _through(value.otherwise, table))
        case Named(of=of) if not isinstance(of, Unopened):
            return _through(of, table)
        case _:
            return Mapped(table, value)


def scalar(value: Symbol) -> Symbol:
    """The value without the names of its type: nothing inside of it changes."""
    while isinstance(value, Named) and not isinstance(value.of, Unopened):
        value = value.of
    return value


def _cut(
    record: Record, source: str, names: Sequence[str], separator: str, doubt: Doubt | None
) -> Record:
    """A text cut into parts, each there when it is; what is missing at the end is empty."""
    slot = record.slots.get(source)
    if slot is None:
        return _with(record, {}, introduced=names)
    count = len(names)
    value = scalar(slot.value)
    out = {
        name: Slot(
            slot.present,
            Applied(TEXT_PART, (value, Const(separator), Const(count), Const(index)), doubt),
        )
        for index, name in enumerate(names)
    }
    return _with(_without(record, source), out, introduced=names)


def _joined(
    record: Record, names: Sequence[str], target: str, separator: str, doubt: Doubt | None
) -> Record:
    """Texts joined into one, which is there when any of them is; an absent one is empty."""
    slots = [slot for name in names if (slot := record.slots.get(name)) is not None]
    present = either(*(slot.present for slot in slots))
    parts: list[Symbol] = []
    for name in names:
        slot = record.slots.get(name)
        value: Symbol = Const("") if slot is None else scalar(slot.value)
        if slot is not None and slot.present != present:
            value = Pick(slot.present, value, Const(""))
        parts.append(value)
    joined = Applied(joining(len(names)), (Const(separator), *parts), doubt)
    out = {target: Slot(present, joined)} if slots else {}
    return _with(_without(record, *names), out, introduced=(target,))
