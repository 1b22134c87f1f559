"""Every fault of a value that is not of its type.

The validation engine says quickly whether a value is of a type; this says slowly why not, in
`.gati` words, with the branch of a union that the value comes nearest to.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING
from typing import Any as Value

from gatid_compiler.gtypes import checks, keys, leaves
from gatid_compiler.gtypes.expand import inside
from gatid_compiler.gtypes.faults import MOST, Fault, found, pointer
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Format,
    GType,
    Int,
    Intersection,
    Literal,
    Null,
    Number,
    Object,
    String,
    Tuple,
)
from gatid_compiler.gtypes.normal import union
from gatid_compiler.gtypes.text import show
from gatid_compiler.gtypes.tuples import lengths
from gatid_compiler.gtypes.unions import discriminator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatid_compiler.gtypes.expand import Expansion

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Fault:
    """A fault whose path begins where the value stands that it was found in."""

    path: Path
    expected: str
    found: str


class Explainer:
    """Explains values of the types of one set of definitions."""

    def __init__(self, expansion: Expansion) -> None:
        self._expansion = expansion
        self._secret: dict[GType, bool] = {}

    def faults(self, value: Value, t: GType) -> tuple[Fault, ...]:
        """What is wrong with the value, at most `MOST`; nothing if it is of the type.

        A `Decimal` is a number with every digit as written.
        """
        run = _Run(self._expansion, self._secret)
        try:
            told = run.explain(value, t, hidden=False)
        except RecursionError:
            return (Fault("", show(t), "a value nested too deeply"),)
        return tuple(Fault(pointer(f.path), f.expected, f.found) for f in told)

    def first(self, value: Value, types: Sequence[GType]) -> int | None:
        """The place of the first type that the value is of; None if it is of none."""
        run = _Run(self._expansion, self._secret)
        try:
            fitting = (n for n, t in enumerate(types) if not run.explain(value, t, hidden=False))
            return next(fitting, None)
        except RecursionError:
            return None


class _Run:
    """Explains one value. What was found about a part of it in one branch of a union is kept,
    so that unions inside unions cost no more than the value's size times the type's.
    """

    def __init__(self, expansion: Expansion, secret: dict[GType, bool]) -> None:
        self._expansion = expansion
        self._secret = secret
        self._kept: dict[tuple[int, GType, bool], tuple[_Fault, ...]] = {}

    def explain(self, value: Value, t: GType, *, hidden: bool) -> tuple[_Fault, ...]:
        if not isinstance(value, dict | list):
            return self._explain(value, t, hidden)
        key = (id(value), t, hidden)
        if key not in self._kept:
            self._kept[key] = self._explain(value, t, hidden)
        return self._kept[key]

    def _explain(self, value: Value, t: GType, hidden: bool) -> tuple[_Fault, ...]:
        atoms = self._expansion.atoms(t)
        fitting = [a for a in atoms if _same_kind(value, a)]
        if not fitting:
            return (self._mismatch(value, t, hidden),)
        if not isinstance(value, dict | list):
            if any(holds(a, value) for a in fitting):
                return ()
            return (self._mismatch(value, t, hidden),)
        if any(isinstance(a, Any) for a in fitting):
            return tuple(islice(self._any(value, (), hidden, 0), MOST))
        if len(fitting) == 1:
            return tuple(islice(self._container(value, fitting[0], hidden), MOST))
        return self._nearest(value, fitting, hidden)

    def _mismatch(self, value: Value, t: GType, hidden: bool) -> _Fault:
        return _Fault((), show(t), found(value, hidden=hidden or self._keeps_secret(t)))

    def _keeps_secret(self, t: GType) -> bool:
        """A secret field is somewhere inside, which a misplaced value may have been meant for."""
        if t not in self._secret:
            reached, waiting = {t}, [t]
            while waiting:
                for atom in self._expansion.atoms(waiting.pop()):
                    if isinstance(atom, Object) and any(f.secret for f in atom.fields):
                        self._secret[t] = True
                        return True
                    fresh = {part for part in inside(atom) if part not in reached}
                    waiting += fresh
                    reached |= fresh
            self._secret.update(dict.fromkeys(reached, False))
        return self._secret[t]

    def _nearest(self, value: Value, branches: list[GType], hidden: bool) -> tuple[_Fault, ...]:
        """The faults of the branch with the fewest, told apart by a field where one does."""
        objects = [b for b in branches if isinstance(b, Object)]
        hidden_names = frozenset(f.name for o in objects for f in o.fields if f.secret)
        told_apart = discriminator(objects, self._expansion)
        if told_apart is not None and isinstance(value, dict):
            name = told_apart.field
            tag = value.get(name)
            known = isinstance(tag, str | int) and not isinstance(tag, bool)
            leads = told_apart.branches.get(tag, ()) if known else ()  # type: ignore[arg-type]
            if not leads:
                tags = union(*map(Literal, told_apart.branches))
                secret = hidden or name in hidden_names
                shown = found(tag, hidden=secret) if name in value else "nothing"
                return (_Fault((name,), show(tags), shown),)
            branches = list(leads)
        guarded = any(map(self._keeps_secret, objects))
        best: tuple[_Fault, ...] | None = None
        for branch in branches:
            faults = tuple(
                islice(self._container(value, branch, hidden, hidden_names, guarded), MOST)
            )
            if not faults:
                return ()
            if best is None or len(faults) < len(best):
                best = faults
        assert best is not None  # noqa: S101 - there is a branch
        return best

    def _container(
        self,
        value: Value,
        t: GType,
        hidden: bool,
        secrets: frozenset[str] = frozenset(),
        guarded: bool = False,
    ) -> Iterator[_Fault]:
        """The faults of a container. `secrets` are names that are secret in a branch beside,
        `guarded` says that a branch beside has a secret somewhere.
        """
        match t:
            case Object():
                yield from self._object(value, t, hidden, secrets, guarded or self._keeps_secret(t))
            case Array():
                yield from self._array(value, t, hidden)
            case Tuple():
                yield from self._tuple(value, t, hidden)
            case Intersection(parts):
                for part in parts:
                    yield from self._container(value, part, hidden, secrets, guarded)

    def _object(
        self,
        value: dict[Value, Value],
        t: Object,
        hidden: bool,
        secrets: frozenset[str],
        guarded: bool,
    ) -> Iterator[_Fault]:
        declared = {f.name: f for f in t.fields}
        for key, held in value.items():
            if not isinstance(key, str) or not checks.is_text(key):
                yield _Fault((), "keys that are text", f"a Python `{type(key).__name__}` as key")
                continue
            field = declared.get(key)
            if field is not None:
                secret = hidden or field.secret or key in secrets
                yield from self._inside(key, held, field.type, secret)
            elif (kind := keys.kind(t, key)) is not None:
                yield from self._inside(key, held, kind, hidden or key in secrets)
            else:
                # A misspelt secret is a secret still.
                shown = found(held, hidden=hidden or guarded)
                yield _Fault((key,), "no field of this name", shown)
        for field in t.fields:
            if field.required and field.name not in value:
                yield _Fault((field.name,), show(field.type), "nothing")
        if not keys.counted(t, len(value)):
            yield _Fault((), f"{_count(t.low, t.high)} fields", f"{len(value)} fields")

    def _tuple(self, value: list[Value], t: Tuple, hidden: bool) -> Iterator[_Fault]:
        size, rest = len(t.items), t.rest
        if rest is None:
            if len(value) != size:
                yield _Fault((), f"{size} items", f"{len(value)} items")
        else:
            least, most = lengths(t)
            if len(value) < least or (most is not None and len(value) > most):
                yield _Fault((), f"{_count(least, most)} items", f"{len(value)} items")
        for place, item in enumerate(value):
            if place < size:
                yield from self._inside(place, item, t.items[place], hidden)
            elif rest is not None:
                yield from self._inside(place, item, rest.item, hidden)

    def _array(self, value: list[Value], t: Array, hidden: bool) -> Iterator[_Fault]:
        if len(value) < t.low or (t.high is not None and len(value) > t.high):
            yield _Fault((), f"{_count(t.low, t.high)} items", f"{len(value)} items")
        for place, item in enumerate(value):
            yield from self._inside(place, item, t.item, hidden)
        if t.unique:
            again = checks.repeated(value)
            if again is not None:
                yield _Fault((again,), "an item that was not there before",
                             found(value[again], hidden=hidden))  # fmt: skip

    def _any(self, value: Value, path: Path, hidden: bool, depth: int) -> Iterator[_Fault]:
        if depth > checks.DEEPEST:
            yield _Fault(path, "any", "a value nested too deeply")
        elif isinstance(value, dict):
            for key, held in value.items():
                if isinstance(key, str) and checks.is_text(key):
                    yield from self._any(held, (*path, key), hidden, depth + 1)
                else:
                    kind = type(key).__name__
                    yield _Fault(path, "keys that are text", f"a Python `{kind}` as key")
        elif isinstance(value, list):
            for place, item in enumerate(value):
                yield from self._any(item, (*path, place), hidden, depth + 1)
        elif not holds(Any(), value):
            yield _Fault(path, "any", found(value, hidden=hidden))

    def _inside(self, step: str | int, value: Value, t: GType, hidden: bool) -> Iterator[_Fault]:
        for fault in self.explain(value, t, hidden=hidden):
            yield _Fault((step, *fault.path), fault.expected, fault.found)


def _count(low: int, high: int | None) -> str:
    return show(Array(Any(), low, high)).removeprefix("any[").removesuffix("]")


def _same_kind(value: Value, t: GType) -> bool:
    """The value is at least of the JSON kind that the atom is of."""
    match t:
        case Any():
            return True
        case Object():
            return isinstance(value, dict)
        case Array() | Tuple():
            return isinstance(value, list)
        case Intersection(parts):
            return _same_kind(value, parts[0])
        case _:
            return not isinstance(value, dict | list)


def holds(t: GType, value: Value) -> bool:
    """A value that is no container is of the atom."""
    if value is None:
        return isinstance(t, Null | Any)
    if isinstance(value, bool):
        return isinstance(t, Bool | Any) or t == Literal(bool(value))
    if isinstance(value, int):
        return _holds_int(t, int(value))
    if isinstance(value, float | Decimal):
        number = t if isinstance(t, Number) else Number()
        return isinstance(t, Number | Any) and leaves.in_number(value, number)
    if isinstance(value, str):
        return checks.is_text(value) and _holds_text(t, str(value))
    return False


def _holds_int(t: GType, value: int) -> bool:
    match t:
        case Int():
            return leaves.in_int(value, t)
        case Number():
            return leaves.in_number(value, t)
        case _:
            return isinstance(t, Any) or t == Literal(value)


def _holds_text(t: GType, value: str) -> bool:
    match t:
        case String():
            return leaves.in_string(value, t)
        case Bytes():
            return leaves.in_bytes(value, t)
        case Format():
            return leaves.in_format(value, t)
        case Intersection(parts):
            return all(_holds_text(part, value) for part in parts)
        case _:
            return isinstance(t, Any) or t == Literal(value)
