"""Works out what reading left open: intersections, exclusions, branches that must not overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.emptiness import inhabited
from gatid_compiler.gtypes.json_schema.complement import complements
from gatid_compiler.gtypes.json_schema.constants import plain_field
from gatid_compiler.gtypes.json_schema.kinds import joined
from gatid_compiler.gtypes.json_schema.lazy import AllOf, Lazy, Not, OneOf, System
from gatid_compiler.gtypes.json_schema.meeting import meet
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported
from gatid_compiler.gtypes.keys import is_one, unnamed
from gatid_compiler.gtypes.meet_objects import TooManyKindsError
from gatid_compiler.gtypes.meet_texts import is_text
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Field,
    GType,
    Intersection,
    Keys,
    Literal,
    Never,
    Object,
    Ref,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.normal import object_
from gatid_compiler.gtypes.tuples import tuple_

if TYPE_CHECKING:
    from collections.abc import Callable

BRANCHES = 10_000
"""So many pairs of branches may meet at one place."""

DEPTH = 120
"""So deep may types stand inside one another that are worked out together."""


class Solver:
    """Opens types to their atoms; what is inside an atom stays open until it is asked for.

    `refuse` is told what no type can say. If it returns, the keyword counts as not written.
    Unless `exact`, it is told of branches of `oneOf` that overlap too, where these have parts:
    what then excludes each other grows with the product of the parts.
    """

    def __init__(
        self, system: System, refuse: Callable[[Unsupported], None], *, exact: bool = True
    ) -> None:
        self.defs: dict[str, GType] = {}
        self._system = system
        self._refuse = refuse
        self._exact = exact
        self._atoms: dict[GType, tuple[GType, ...]] = {}
        self._open: set[GType] = set()
        self._deciding: set[Lazy] = set()
        self._unions: set[OneOf] = set()
        self._negating = 0
        self._assumed = 0
        self._solved: dict[str, GType] = {}
        self._solving: set[str] = set()
        self._public: dict[str, str] = {}

    def schema(self, root: GType) -> Schema:
        """The type with its definitions, all worked out."""
        for name, t in self._system.defs.items():
            self.defs[name] = self.solve(t)
        return Schema(self.solve(root), self.defs)

    def solve(self, t: GType) -> GType:
        """The type without anything open; what cannot hold a value plainly is `never`."""
        match t:
            case Ref(name):
                return t if self._system.lazy(t) is None else self._lazy(name)
            case Union(branches):
                return joined(map(self.solve, branches))
            case Object():
                return self._object(t)
            case Array(item, low, high, unique):
                inside = self.solve(item)
                if isinstance(inside, Never) and low:
                    return Never()
                if high == 0 or isinstance(inside, Never):
                    return Never() if low else Array(Any(), 0, 0)
                return Array(inside, low, high, unique)
            case Tuple():
                return self._tuple(t)
            case Intersection((Array(), Tuple() as items)):
                whole = self._tuple(items)
                if isinstance(whole, Array):
                    return Array(whole.item, whole.low, whole.high, unique=True)
                return Intersection((t.parts[0], whole)) if isinstance(whole, Tuple) else whole
            case _:
                return t

    def _lazy(self, name: str) -> GType:
        if name in self._solved:
            return self._solved[name]
        if name in self._solving:
            public = self._public.setdefault(name, self._unused())
            return Ref(public)
        if len(self._solving) > DEPTH:
            raise Unsupported("$ref", "", "types that exclude one another go on without end")
        self._solving.add(name)
        try:
            atoms = self.atoms(Ref(name))
            lazy = self._system.lazy(Ref(name))
            kept = lazy.branches if isinstance(lazy, OneOf) and lazy in self._unions else atoms
            result = joined(map(self.solve, kept))
        finally:
            self._solving.discard(name)
        if name in self._public:
            self.defs[self._public[name]] = result
            result = Ref(self._public[name])
        self._solved[name] = result
        return result

    def _unused(self) -> str:
        taken = {*self._system.defs, *self._public.values()}
        return next(n for n in (f"Part{i}" for i in range(1, len(taken) + 2)) if n not in taken)

    def _tuple(self, t: Tuple) -> GType:
        items = tuple(map(self.solve, t.items))
        if t.rest is None or t.rest.high == 0:
            return _fixed(items)
        held = self.solve(t.rest.item)
        if isinstance(held, Never):
            return Never() if t.rest.low else _fixed(items)
        rest = Array(held, t.rest.low, t.rest.high)
        return Never() if Never() in items else tuple_(items, rest)

    def _told(self, t: Object) -> Object:
        """The object with the names of its keys worked out: single names become fields."""
        fields = {f.name: f for f in t.fields}
        keys: list[Keys] = []
        for kind in t.keys:
            for names in self.atoms(kind.names):
                match names:
                    case Any():
                        keys.append(Keys(String(), kind.type))
                    case Literal(str(name)):
                        if name not in fields and not any(is_one(name, k.names) for k in keys):
                            fields[name] = plain_field(name, kind.type)
                    case _ if is_text(names):
                        keys.append(Keys(names, kind.type))
        return object_(fields.values(), t.rest, keys, t.low, t.high)

    def _object(self, t: Object) -> GType:
        t = self._told(t)
        rest = None if t.rest is None else self.solve(t.rest)
        rest = None if isinstance(rest, Never) else rest
        keys = [Keys(k.names, self.solve(k.type)) for k in t.keys]
        others = object_((), rest, keys)
        fields: list[Field] = []
        for f in t.fields:
            kind = self.solve(f.type)
            if isinstance(kind, Never):
                if f.required:
                    return Never()
                if unnamed(others, f.name) in (None, Never()):
                    continue
            fields.append(Field(f.name, kind, f.required, f.default, f.secret, f.doc))
        told = [
            f
            for f in fields
            if not self._exact
            or f.required
            or f.default
            or f.doc
            or f.type != unnamed(others, f.name)
        ]
        return object_(told, rest, keys, t.low, t.high)

    def atoms(self, t: GType) -> tuple[GType, ...]:
        """The branches that the type has at its outermost."""
        found = self._atoms.get(t)
        if found is not None:
            return found
        if t in self._open:
            if self._negating:
                raise Unsupported("not", "", "what is excluded would depend on itself")
            self._assumed += 1
            return ()
        assumed = self._assumed
        self._open.add(t)
        try:
            found = self._opened(t)
        finally:
            self._open.discard(t)
        if self._assumed == assumed:
            self._atoms[t] = found
        return found

    def _opened(self, t: GType) -> tuple[GType, ...]:
        match t:
            case Never():
                return ()
            case Ref(name):
                match self._system.lazy(t):
                    case AllOf(parts):
                        return self._all_of(parts)
                    case OneOf() as lazy:
                        return self._one_of(lazy)
                    case Not() as lazy:
                        return self._not(lazy)
                    case None:
                        return self.atoms(self._system.defs[name])
            case Object() if t.keys:
                return (self._told(t),)
            case Union(branches):
                return _flat(joined(a for b in branches for a in self.atoms(b)))
            case _:
                return (t,)

    def _all_of(self, parts: tuple[GType, ...]) -> tuple[GType, ...]:
        found: tuple[GType, ...] = (Any(),)
        for part in parts:
            atoms = self.atoms(part)
            if len(found) * len(atoms) > BRANCHES:
                reason = f"more than {BRANCHES} pairs of branches meet"
                self._widen(Unsupported("allOf", "", reason))
                continue
            found = _flat(joined(self._meet(a, b) for a in found for b in atoms))
        return found

    def _meet(self, a: GType, b: GType) -> GType:
        try:
            return meet(a, b, self._inside)
        except TooManyKindsError as error:
            raise Unsupported("patternProperties", "", str(error)) from error
        except ValueError as error:
            self._widen(Unsupported("multipleOf", "", str(error)))
            return a

    def _widen(self, refusal: Unsupported) -> None:
        """Refuse what may be left out only where that makes the type hold more."""
        if self._negating:
            raise refusal
        self._refuse(refusal)

    def _inside(self, a: GType, b: GType) -> GType:
        """How types inside two atoms meet: at once where both are leaves."""
        if a == b:
            return a
        if _is_leaf(a) and _is_leaf(b):
            return self._meet(a, b)
        return self._system.all_of((a, b))

    def _one_of(self, lazy: OneOf) -> tuple[GType, ...]:
        branches = lazy.branches
        if lazy in self._deciding:
            # More than it holds: what is disjoint even so is disjoint.
            self._assumed += 1
            return self._any_of(branches)
        self._deciding.add(lazy)
        try:
            shared = {
                i: [j for j, other in enumerate(branches) if i != j and not self._apart(one, other)]
                for i, one in enumerate(branches)
            }
        finally:
            self._deciding.discard(lazy)
        if not any(shared.values()):
            self._unions.add(lazy)
            return self._any_of(branches)
        met = [a for i, one in enumerate(branches) if shared[i] for a in self.atoms(one)]
        if not self._exact and not all(map(_is_leaf, met)):
            self._unions.add(lazy)
            self._refuse(Unsupported("oneOf", lazy.pointer, "its branches may overlap"))
            return self._any_of(branches)
        alone = [
            self._system.all_of(
                (
                    one,
                    *(self._system.none_of(branches[j], "oneOf", lazy.pointer) for j in shared[i]),
                )
            )
            for i, one in enumerate(branches)
        ]
        try:
            return self._any_of(tuple(alone))
        except Unsupported as error:
            self._refuse(
                Unsupported(
                    "oneOf",
                    error.pointer or lazy.pointer,
                    f"its branches may overlap, and {error.reason}",
                )
            )
            return self._any_of(branches)

    def _any_of(self, branches: tuple[GType, ...]) -> tuple[GType, ...]:
        return _flat(joined(a for b in branches for a in self.atoms(b)))

    def _apart(self, one: GType, other: GType) -> bool:
        return self._empty(self._system.all_of((one, other)), frozenset())

    def _empty(self, t: GType, seen: frozenset[GType]) -> bool:
        """Plainly no value is of the type."""
        if t in seen:
            return False
        return all(self._atom_empty(a, seen | {t}) for a in self.atoms(t))

    def _atom_empty(self, atom: GType, seen: frozenset[GType]) -> bool:
        match atom:
            case Object():
                return any(self._empty(f.type, seen) for f in atom.fields if f.required)
            case Array():
                return atom.low > 0 and self._empty(atom.item, seen)
            case Tuple(items, rest):
                needed = items if rest is None or not rest.low else (*items, rest.item)
                return any(self._empty(i, seen) for i in needed)
            case Intersection(parts):
                return any(self._atom_empty(p, seen) for p in parts)
            case _:
                return not inhabited(Schema(atom, {}))

    def _not(self, lazy: Not) -> tuple[GType, ...]:
        def outside(t: GType) -> GType:
            return self._system.none_of(t, lazy.keyword, lazy.pointer)

        self._negating += 1
        try:
            found = complements(self.atoms(lazy.type), outside)
        except ValueError as error:
            reason = error.reason if isinstance(error, Unsupported) else str(error)
            refusal = Unsupported(lazy.keyword, lazy.pointer, reason)
            if lazy.keyword == "oneOf":
                raise refusal from error
            self._refuse(refusal)
            return (Any(),)
        finally:
            self._negating -= 1
        together: tuple[GType, ...] = (Any(),)
        for branches in found:
            together = _flat(joined(self._meet(a, b) for a in together for b in branches))
        return together


def _flat(t: GType) -> tuple[GType, ...]:
    if isinstance(t, Never):
        return ()
    return t.branches if isinstance(t, Union) else (t,)


def _fixed(items: tuple[GType, ...]) -> GType:
    """So many items; an array where each may be the same."""
    if Never() in items:
        return Never()
    if all(item == items[0] for item in items):
        return Array(items[0], len(items), len(items)) if items else Array(Any(), 0, 0)
    return Tuple(items)


def _is_leaf(t: GType) -> bool:
    return not isinstance(t, Ref | Union | Object | Array | Tuple | Intersection)
