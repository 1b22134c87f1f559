"""What a transform makes of a type: the symbols of its execution, read as a type.

A named type that is carried is judged once, apart from where it stands: where all that comes
out of it is proved to be of that name now, it is taken for just that. The type that is given
may hold more than ever comes out, never less.
"""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes import model, normal
from gatid_compiler.gtypes.literals import fresh
from gatid_compiler.gtypes.model import Array, Field, GType, Object, Ref, Schema, Tuple, Union
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.gtypes.values import member
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.fuse.execute import Execution
from gatid_compiler.timescape.fuse.fuse import given
from gatid_compiler.timescape.fuse.symbols import (
    ALWAYS,
    NEVER,
    Applied,
    Arms,
    Chosen,
    Const,
    Items,
    Leaf,
    Listed,
    Mapped,
    Named,
    Pick,
    Record,
    Row,
    Var,
)
from gatid_compiler.timescape.lenses.finite import kinded, values_of
from gatid_compiler.timescape.lenses.formulas import IDENTITY
from gatid_compiler.timescape.lenses.model import Doubt
from gatid_compiler.timescape.proofs.distinct import keeps_apart
from gatid_compiler.timescape.proofs.results import exactly, fits, result
from gatid_compiler.timescape.reshape import references, reshaped, resolved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.timescape.fuse.symbols import Symbol, Trail
    from gatid_compiler.timescape.history import History
    from gatid_compiler.timescape.lenses.model import Table


class NotKnownError(Exception):
    """Raised where nothing is known of what comes out; the message says of what."""


@dataclass(frozen=True, slots=True)
class _Carried:
    """What became of a named type, and what was noticed on the way."""

    type: GType
    crosses: bool
    doubts: tuple[Doubt, ...]
    hints: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """A value that is written out, null too."""

    value: Any


class Images:
    """The images of types between two states of history.

    They are types over `defs`: the definitions of the state that it leads to, and images that
    are not proved to be one of them. `crosses` says whether a function of the project is called
    for the image asked for last.
    """

    def __init__(self, history: History, start: int, end: int) -> None:
        self._x = Execution(history, start, end)
        self._now = history.states[end]
        self._own: dict[str, GType] = {}
        self.defs = ChainMap(self._own, dict(self._now))
        self._doubts: dict[Doubt, None] = {}
        self._hints: list[Any] = []
        self._named: dict[tuple[str, int, Trail], _Carried] = {}
        self._trails: dict[tuple[str, int, Trail], int] = {}
        self._open: list[str] = []
        self._looped: set[str] = set()
        self._alike: dict[tuple[str, int], bool] = {}
        self.crosses = False

    def message(self, key: str) -> tuple[GType, tuple[Doubt, ...], tuple[Any, ...]]:
        """What becomes of a message; steps whose results are not proved to fit where they
        stand; and values that may show why.
        """
        self._doubts, self._hints, self.crosses = {}, [], False
        image = self.of(given(self._x, key), self._now[key])
        return image, tuple(self._doubts), tuple(self._hints)

    def of(self, value: Symbol, want: GType | None) -> GType:
        """The type of a symbol; `want` is what is expected there, if that is known."""
        if want is not None and self._is_literal_of(value, want):
            return want
        match value:
            case Leaf():
                return self._leaf(value, want)
            case Const(value=literal):
                return exactly([fresh(literal)])
            case Chosen(of=of):
                return self.of(of, want)
            case Mapped(table=table, of=of):
                return self._mapped(table, self.of(of, None))
            case Applied():
                return self._applied(value, want)
            case Listed(items=items):
                wanted = self._resolved(want)
                if isinstance(wanted, Tuple) and len(wanted.items) == len(items):
                    return Tuple(tuple(map(self.of, items, wanted.items)))
                inner = [self.of(item, self._item(want)) for item in items]
                return Array(normal.union(*inner), len(items), len(items))
            case Named(given=part, trail=trail) if part is not None and self._is_endless(value):
                return self._reference(expect(Ref, part.type).name, part.since, trail)
            case Named():
                return self.of(self._x.inside(self._x.current(value, self._x.end)), want)
            case Record():
                return self._record(value, want)
            case Items(over=over, var=var, item=item):
                array = expect(Array, over.type)
                unique = array.unique and keeps_apart(item, var, self._x)
                return replace(array, item=self.of(item, self._item(want)), unique=unique)
            case Row(items=items):
                wanted = self._resolved(want)
                parts: Sequence[GType | None] = [None] * len(items)
                if isinstance(wanted, Tuple) and len(wanted.items) == len(items):
                    parts = wanted.items
                return Tuple(tuple(map(self.of, items, parts)))
            case Arms(arms=arms):
                wants = self._branches(want, len(arms))
                return normal.union(
                    *(self.of(arm, w) for (_, arm), w in zip(arms, wants, strict=True))
                )
            case Pick(then=then, otherwise=otherwise):
                return normal.union(self.of(then, want), self.of(otherwise, want))
            case _:
                raise NotKnownError("what is run there is not looked into")

    def _is_literal_of(self, value: Symbol, want: GType) -> bool:
        """Whether the value is written out, and is of the type."""
        match value:
            case Listed() | Chosen() | Record(base=None):
                known = self._literal(value)
                return known is not None and member(known.value, Schema(want, self.defs))
            case _:
                return False

    def _literal(self, value: Symbol) -> _Known | None:
        """The value, where it is the same whatever is given."""
        match value:
            case Const(value=literal):
                return _Known(fresh(literal))
            case Chosen(of=of):
                return self._literal(of)
            case Named():
                return self._literal(self._x.inside(self._x.current(value, self._x.end)))
            case Listed(items=items):
                found = []
                for item in items:
                    known = self._literal(item)
                    if known is None:
                        return None
                    found.append(known.value)
                return _Known(found)
            case Record(base=None, extras=None, slots=slots):
                made = {}
                for name, slot in slots.items():
                    known = self._literal(slot.value) if slot.present == ALWAYS else None
                    if known is None:
                        return None
                    made[name] = known.value
                return _Known(made)
            case _:
                return None

    # -- what is wanted --------------------------------------------------------------------

    def _resolved(self, want: GType | None) -> GType | None:
        return None if want is None else resolved(want, self.defs)

    def _item(self, want: GType | None) -> GType | None:
        wanted = self._resolved(want)
        return wanted.item if isinstance(wanted, Array) else None

    def _branches(self, want: GType | None, count: int) -> Sequence[GType | None]:
        """Branches keep their order and their number through history."""
        wanted = self._resolved(want)
        if isinstance(wanted, Union) and len(wanted.branches) == count:
            return wanted.branches
        return [want] * count

    # -- parts of what is given ------------------------------------------------------------

    def _leaf(self, leaf: Leaf, want: GType | None) -> GType:
        x = self._x
        if leaf.since != x.start:
            self.crosses = True  # a function of the project gave it, and it was validated
        if not x.history.changes(leaf.type, leaf.since, leaf.since, x.end):
            if all(self._is_alike(name, leaf.since) for name in references(leaf.type)):
                return leaf.type
            return self._copied(leaf.type, leaf.since)
        if isinstance(leaf.type, Ref):
            return self._reference(leaf.type.name, leaf.since, ())
        opened = x.opened(leaf)
        if opened == leaf:
            raise NotKnownError("a change inside an intersection")
        return self.of(opened, want)

    def _is_alike(self, name: str, since: int) -> bool:
        """Whether a definition that does not change means the same in both states."""
        known = self._alike.get((name, since))
        if known is None:
            then = self._x.history.states[since]
            reached = self._x.history.reached(name, since)
            known = all(key in self._now and self._now[key] == then[key] for key in reached)
            self._alike[name, since] = known
        return known

    def _copied(self, t: GType, since: int) -> GType:
        """The type over definitions as they were, under names of their own."""

        def then(name: str) -> str:
            mine = f"{name} of {since}"
            if mine not in self._own:
                self._own[mine] = model.Never()
                self._own[mine] = reshaped(self._x.history.states[since][name], name=then)
            return mine

        return reshaped(t, name=then)

    def _is_endless(self, value: Named) -> bool:
        """Whether the value was changed in its place, and is of a type that reaches itself."""
        if value.given is None or not value.trail:
            return False
        key = expect(Ref, value.given.type).name
        return self._x.history.recursive(key, value.given.since)

    def _reference(self, key: str, since: int, trail: Trail) -> GType:
        """What a named type becomes, wherever it stands and goes this trail."""
        known = self._named.get((key, since, trail))
        if known is not None:
            self.crosses = self.crosses or known.crosses
            self._doubts.update(dict.fromkeys(known.doubts))
            self._hints.extend(known.hints)
            return known.type
        number = self._trails.setdefault((key, since, trail), len(self._trails))
        name = f"{key} carried from {since} ({number})"
        if name in self._open:
            # What stands between is a part of a loop, and is judged where the loop began.
            self._looped.update(self._open[self._open.index(name) + 1 :])
            return Ref(name)
        outer = self._doubts, self._hints, self.crosses
        self._doubts, self._hints, self.crosses = {}, [], False
        self._open.append(name)
        self._own[name] = model.Never()
        value = self._x.retraced(Leaf(Var("value"), Ref(key), since), trail)
        value = self._x.current(value, self._x.end)
        target = value.key
        body = self.of(self._x.inside(value), self._now.get(target))
        self._own[name] = body
        self._open.pop()
        found = _Carried(Ref(name), self.crosses, tuple(self._doubts), tuple(self._hints))
        known_now = target in self._now and name not in self._looped
        if known_now and self._fits(body, self._now[target]):
            found = _Carried(Ref(target), self.crosses, (), ())
        self._looped.discard(name)
        self._named[key, since, trail] = found
        self._doubts, self._hints, self.crosses = outer
        return self._reference(key, since, trail)

    def _fits(self, image: GType, target: GType) -> bool:
        if image == target:
            return True
        return compare(Schema(image, self.defs), Schema(target, self._now)).kind == "proved"

    # -- what is made of them --------------------------------------------------------------

    def _mapped(self, table: Table, of: GType) -> GType:
        values = values_of(of, self.defs)
        if values is None:
            return normal.union(exactly([right for _, right in table.pairs]), of)
        known = {kinded(left): right for left, right in table.pairs}
        return exactly([known.get(kinded(value), value) for value in values])

    def _applied(self, applied: Applied, want: GType | None) -> GType:
        if applied.formula == IDENTITY:
            made = self.of(applied.of[0], want)
        else:
            of = [self.of(part, None) for part in applied.of]
            made = result(applied.formula, of, self.defs, want, self._hints)
        if applied.doubt is not None and (want is None or not fits(made, want, self.defs)):
            self._doubts[applied.doubt] = None
        return made

    def _record(self, record: Record, want: GType | None) -> GType:
        wanted = self._resolved(want)
        expected = {}
        rest = None
        if isinstance(wanted, Object):
            expected = {f.name: f.type for f in wanted.fields}
            rest = wanted.rest
        fields = [
            Field(name, self.of(slot.value, expected.get(name)), required=slot.present == ALWAYS)
            for name, slot in sorted(record.slots.items())
            if slot.present != NEVER
        ]
        extras = record.extras
        if extras is None:
            return Object(tuple(fields), None)
        # What is discarded is not there, whatever other keys may hold.
        gone = extras.discarded - {field.name for field in fields}
        fields.extend(Field(name, model.Never(), required=False) for name in sorted(gone))
        fields.sort(key=lambda field: field.name)
        return Object(tuple(fields), self.of(extras.item, rest))
