"""Types as they can be written: worked out, and without what has no words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.emptiness import inhabited
from gatid_compiler.gtypes.expand import Expansion
from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.json_schema.kinds import joined
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported
from gatid_compiler.gtypes.keys import is_plain
from gatid_compiler.gtypes.literals import fresh, written
from gatid_compiler.gtypes.normal import object_
from gatid_compiler.gtypes.tuples import lengths
from gatid_compiler.gtypes.validator import validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatid_compiler.openapi.notes import Notes
    from gatid_compiler.openapi.schemas import Schemas

_TEXTS = (model.String, model.Int, model.Number, model.Bool, model.Format, model.Literal)


class Written:
    """Writes the types of one document; `schemas` has read all of them.

    Of a document that is only compared, what has no words gets a name: `exact` has its type.
    """

    def __init__(self, schemas: Schemas, notes: Notes, *, closed: bool = False) -> None:
        self._closed = closed
        self._closing = False
        self.exact: dict[str, model.GType] = {}
        self._schemas = schemas
        self._notes = notes
        self._solver = schemas.solver()
        self._defs = {
            name: self._solved(t, schemas.pointers[name]) for name, t in schemas.system.defs.items()
        }
        self._named: dict[str, model.GType] = {}
        self._expansion = Expansion(self._all())

    def definitions(self) -> Mapping[str, model.GType]:
        """What is declared, also what only came up while types were written."""
        pointers = self._schemas.pointers
        found: dict[str, model.GType] = {}
        for name, t in (self._solver.defs | self._defs).items():
            self._closing = self._closed and name in self._schemas.inputs
            found[name] = self._written(t, pointers.get(name, name))
        self._closing = False
        return found | dict.fromkeys(self.exact, model.Any())

    def body(self, t: model.GType, place: str) -> model.GType:
        """As `of`, of a request."""
        self._closing = self._closed
        try:
            return self.of(t, place)
        finally:
            self._closing = False

    def of(self, t: model.GType, place: str) -> model.GType:
        """The type without anything open, and without what cannot be written."""
        return self._written(self._solved(t, place), place)

    def parameter(self, field: model.Field, place: str, *, lists: bool) -> model.Field:
        """A field whose value is a text; `lists` where it may come more than once."""
        t = self._as_text(self.of(field.type, place), place, lists=lists)
        default = field.default
        if default is not None and not self._holds(t, default):
            self._notes.add(f"{place}/schema/default", "the default is not of the type; left out")
            default = None
        return replace(field, type=t, default=default)

    def _all(self) -> dict[str, model.GType]:
        named = {**self._solver.defs, **self._defs, **self.exact}
        if named.keys() != self._named.keys():
            self._named = named
            self._expansion = Expansion(named)
        return self._named

    def _solved(self, t: model.GType, place: str) -> model.GType:
        try:
            return self._solver.solve(t)
        except Unsupported as error:
            where = error.pointer or place
            self._notes.add(where, f"`{error.keyword}`: {error.reason}; written as `any`")
            return model.Any()

    def _as_text(self, t: model.GType, place: str, *, lists: bool) -> model.GType:
        self._all()
        atoms = self._expansion.atoms(t)
        if all(self._is_text(a, lists) for a in atoms):
            return t
        left = [a for a in atoms if not isinstance(a, model.Null)]
        if left and all(self._is_text(a, lists) for a in left):
            self._notes.add(place, "`null` cannot be written as text; left out")
            return joined(left)
        if model.Any() not in atoms:
            self._notes.add(place, "it cannot be written as text; it is read as a string")
        return model.String()

    def _is_text(self, atom: model.GType, lists: bool) -> bool:
        match atom:
            case model.Array(item=item):
                return lists and all(self._is_text(a, False) for a in self._expansion.atoms(item))
            case model.Intersection(parts):
                return all(isinstance(part, _TEXTS) for part in parts)
            case _:
                return isinstance(atom, _TEXTS)

    def _written(self, t: model.GType, place: str) -> model.GType:
        match t:
            case model.Never():
                self._notes.add(place, "nothing is of this type; written as `any`")
                return model.Any()
            case model.Object(keys=keys) if self._closed and not is_plain(t):
                kept = [f for one in t.fields for f in self._field(one, place)]
                told = [replace(k, type=self._written(k.type, place)) for k in keys]
                rest = None if t.rest is None else self._written(t.rest, place)
                if self._closing and len(kept) >= max(1, t.low) and rest == model.Any():
                    rest = rest if told else None
                return self._exactly(object_(kept, rest, told, t.low, t.high))
            case model.Tuple(items, model.Array(item) as more) if self._closed:
                rest = replace(more, item=self._written(item, place))
                return self._exactly(
                    model.Tuple(tuple(self._written(i, place) for i in items), rest)
                )
            case model.Object(fields, rest):
                if not is_plain(t):
                    what = "keys that are counted or told by a pattern; written without that"
                    self._notes.add(place, what)
                    rest = model.Any() if t.keys else rest
                kept = [f for one in fields for f in self._field(one, place)]
                if self._closing and kept and isinstance(rest, model.Any):
                    rest = None
                return object_(kept, None if rest is None else self._written(rest, place))
            case model.Tuple(_, more) if more is not None:
                self._notes.add(place, "a tuple that goes on; written as an array of `any`")
                return model.Array(model.Any(), *lengths(t))
            case model.Union(branches) if not self._closed and any(map(_goes_on, branches)):
                self._notes.add(place, "a tuple that goes on; written as an array of `any`")
                others = [b for b in branches if not isinstance(b, model.Array | model.Tuple)]
                return joined(
                    (model.Array(model.Any()), *(self._written(b, place) for b in others))
                )
            case model.Array():
                if isinstance(t.item, model.Never):
                    return t
                return model.Array(self._written(t.item, place), t.low, t.high, t.unique)
            case model.Union(branches):
                return joined(self._written(b, place) for b in branches)
            case model.Intersection(parts) if not inhabited(model.Schema(t, {})):
                self._notes.add(place, "nothing is of its format; the format is left out")
                plain = [p for p in parts if isinstance(p, model.String)]
                return plain[0] if len(plain) == 1 else model.String()
            case _:
                return t

    def _exactly(self, t: model.GType) -> model.GType:
        """A name for a type that has no words."""
        taken = {*self._solver.defs, *self._defs, *self._schemas.pointers}
        names = (f"Exact{n}" for n in range(1, len(taken) + len(self.exact) + 2))
        name = next(n for n in names if self.exact.get(n, t) == t and n not in taken)
        self.exact[name] = t
        return model.Ref(name)

    def _field(self, f: model.Field, place: str) -> Iterator[model.Field]:
        if isinstance(f.type, model.Never):
            self._notes.add(place, f"`{f.name}` may not be there; that cannot be written")
            return
        t = self._written(f.type, place)
        default = f.default
        if default is not None and not self._holds(t, default):
            shown = written(default.value)
            what = f"the default {shown} of `{f.name}` is not of its type; left out"
            self._notes.add(place, what)
            default = None
        yield replace(f, type=t, default=default)

    def _holds(self, t: model.GType, default: model.Default) -> bool:
        try:
            validator(model.Schema(t, self._all())).check(fresh(default.value))
        except Invalid:
            return False
        return True


def _goes_on(t: model.GType) -> bool:
    return isinstance(t, model.Tuple) and t.rest is not None
