"""Where the parts of a carried message come from: for telling a client of a fault in it.

A table says of places in the result which place in the source each was made of, where that is
not what the place above it lets expect. Values of a type with a function of its own have a
table of their own, which goes on from where its function was called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.plan import Place
from gatid_compiler.timescape.fuse.symbols import (
    Applied,
    Arms,
    Call,
    Chosen,
    Const,
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
    Unopened,
    Var,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatid_compiler.timescape.fuse.finish import Finished
    from gatid_compiler.timescape.fuse.symbols import Access, Crossing, Function, Symbol

EACH = "*"
"""Any item of an array, or any value of a map."""

Way = tuple[str, ...]


def tables(results: Mapping[str, Symbol], finished: Finished) -> tuple[tuple[Place, ...], ...]:
    """The table of the parts of a request, and those that it leads to."""
    known = _Tables(finished)
    made = [known.root(results)]
    for function in known.order:  # grows meanwhile
        made.append(known.of(function))
    return tuple(made)


def spot(symbol: Symbol, crossings: Mapping[Var, Crossing]) -> Access | None:
    """The nearest place in the source that all of the value comes from."""
    match symbol:
        case Leaf(at=at):
            return source_of(at, crossings)
        case Record(base=Leaf(at=at)):
            return source_of(at, crossings)
        case Items(over=over) | Row(over=over) | Arms(over=over) | Call(of=over):
            return source_of(over.at, crossings)
        case Named(of=Unopened(), given=Leaf(at=at)):
            return source_of(at, crossings)
        case Mapped(of=inner) | Named(of=inner) | Chosen(of=inner):
            return None if isinstance(inner, Unopened) else spot(inner, crossings)
        case Applied(of=parts) | Listed(items=parts):
            return _common([spot(part, crossings) for part in parts])
        case Record(slots=slots):
            return _common([spot(slot.value, crossings) for slot in slots.values()])
        case Pick(then=then, otherwise=otherwise):
            return _common([spot(then, crossings), spot(otherwise, crossings)])
        case _:
            return None


def source_of(at: Access, crossings: Mapping[Var, Crossing]) -> Access | None:
    """The place, or where a function of the project got the value in which it is."""
    steps = _steps(at)
    crossing = crossings.get(steps[0]) if isinstance(steps[0], Var) else None
    return at if crossing is None else spot(crossing.of, crossings)


def _steps(at: Access) -> list[Access]:
    """The place and all that it is in, the outermost first."""
    found: list[Access] = [at]
    while not isinstance(at, Var):
        at = at.of
        found.append(at)
    return found[::-1]


def _common(places: Sequence[Access | None]) -> Access | None:
    found: Access | None = None
    ways = [_steps(place) for place in places if place is not None]
    for steps in zip(*ways, strict=False):
        if len(set(steps)) > 1:
            break
        found = steps[0]
    return found


class _Tables:
    def __init__(self, finished: Finished) -> None:
        self.order: list[Function] = []
        self._finished = finished
        self._crossings = finished.crossings
        self._table: dict[Place, None] = {}
        self._vars: dict[Var, Way] = {}

    def root(self, results: Mapping[str, Symbol]) -> tuple[Place, ...]:
        self._vars = {Var(part): (part,) for part in results}
        return self._made({(part,): value for part, value in results.items()})

    def of(self, function: Function) -> tuple[Place, ...]:
        self._vars = {Var("value"): ()}
        return self._made({(): self._finished.functions[function]})

    def _made(self, results: Mapping[Way, Symbol]) -> tuple[Place, ...]:
        self._table = {}
        for way, value in results.items():
            self._visit(way, value, way)
        return tuple(self._table)

    def _way(self, at: Access | None) -> Way | None:
        match at:
            case None:
                return None
            case Var():
                return self._vars.get(at)
            case Key(of=of, name=step):
                inner = self._way(of)
            case Index(of=of, number=number):
                inner, step = self._way(of), str(number)
        return None if inner is None else (*inner, step.replace(EACH, "\\*"))

    def _add(self, target: Way, source: Way, then: int | None, expected: Way) -> Way:
        if source != expected or then is not None:
            self._table[Place(target, source, then)] = None
        return source

    def _visit(self, target: Way, value: Symbol, expected: Way) -> None:
        if isinstance(value, Const):
            self._add(target, expected[:-1], None, expected)
            return
        here = self._way(spot(value, self._crossings))
        if here is None:
            here = expected
        if isinstance(value, Call):
            self._add(target, here, self._then(value.key), expected)
            return
        if isinstance(value, Pick):
            self._visit(target, value.then, expected)
            if not isinstance(value.otherwise, Const):
                self._visit(target, value.otherwise, expected)
            return
        if isinstance(value, Arms):
            for _, arm in value.arms:
                self._visit(target, arm, expected)
            return
        self._add(target, here, None, expected)
        match value:
            case Listed(items=items) | Row(items=items):
                for number, item in enumerate(items):
                    step = str(number)
                    self._visit((*target, step), item, (*here, step))
            case Items(over=over, var=var, item=item):
                self._vars[var] = (*(self._way(over.at) or here), EACH)
                self._visit((*target, EACH), item, (*here, EACH))
            case Record(slots=slots, extras=extras):
                for name, slot in sorted(slots.items()):
                    step = name.replace(EACH, "\\*")
                    self._visit((*target, step), slot.value, (*here, step))
                if extras is not None:
                    self._vars[extras.var] = (*here, EACH)
                    self._visit((*target, EACH), extras.item, (*here, EACH))
            case _:
                pass

    def _then(self, function: Function) -> int:
        if function not in self.order:
            self.order.append(function)
        return self.order.index(function) + 1
