"""Symbols: what a value is made of, while operations run on it without there being a value.

A `Leaf` is a part of what is given, untouched so far, with its type as the source has it.
Everything else says how the result is put together from leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.model import GType, JsonLiteral, JsonScalar
from gatid_compiler.plan import PyRef
from gatid_compiler.timescape.lenses.formulas import Formula
from gatid_compiler.timescape.lenses.model import Doubt, OnNamed, OnOwn, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

# -- places in what is given ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Var:
    """A variable of the generated function."""

    name: str


@dataclass(frozen=True, slots=True)
class Key:
    """`of["name"]`."""

    of: Access
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`of[number]`."""

    of: Access
    number: int


Access = Var | Key | Index

# -- conditions on what is given -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Has:
    """The object has the key."""

    of: Access
    name: str


@dataclass(frozen=True, slots=True)
class IsKind:
    """The value is of one of these JSON kinds."""

    of: Access
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IsOneOf:
    """The value is one of these literals."""

    of: Access
    values: tuple[JsonScalar, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Every condition holds; of none: always."""

    of: tuple[Cond, ...] = ()


@dataclass(frozen=True, slots=True)
class Some:
    """One of the conditions holds; of none: never."""

    of: tuple[Cond, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    of: Cond


Cond = Has | IsKind | IsOneOf | All | Some | Not

ALWAYS = All()
NEVER = Some()


def both(*conds: Cond) -> Cond:
    """All of the conditions, as simply as it can be said."""
    flat: dict[Cond, None] = {}
    for cond in conds:
        for part in cond.of if isinstance(cond, All) else (cond,):
            flat[part] = None
    if NEVER in flat:
        return NEVER
    parts = tuple(flat)
    return parts[0] if len(parts) == 1 else All(parts)


def either(*conds: Cond) -> Cond:
    """One of the conditions, as simply as it can be said."""
    flat: dict[Cond, None] = {}
    for cond in conds:
        for part in cond.of if isinstance(cond, Some) else (cond,):
            flat[part] = None
    if ALWAYS in flat:
        return ALWAYS
    parts = tuple(flat)
    return parts[0] if len(parts) == 1 else Some(parts)


# -- values --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part of what is given, of a type in the definitions of the state `since`: the source's,
    or that in which a function of the project gave it.
    """

    at: Access
    type: GType
    since: int


@dataclass(frozen=True, slots=True)
class Const:
    """A literal."""

    value: JsonLiteral


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a table says for a value."""

    table: Table
    of: Symbol


@dataclass(frozen=True, slots=True)
class Applied:
    """What a formula gives; `doubt` says why that may be no value of its type."""

    formula: Formula
    of: tuple[Symbol, ...]
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """An array of exactly these values."""

    items: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value that is known to be of one branch of a union."""

    index: int
    of: Symbol


@dataclass(frozen=True, slots=True)
class Unopened:
    """What is in a named value that nothing has looked into yet."""


Trail = tuple[tuple[OnNamed | OnOwn, int], ...]
"""Lenses that changed a value in its place only, in the order in which they ran, each with its
block.
"""


class EndlessError(Exception):
    """A literal holds a value of a type whose block fills it with that literal again."""

    def __init__(self, type: str) -> None:
        super().__init__(f"what fills a field of {type} holds what is filled with it again")
        self.type = type


@dataclass(frozen=True, slots=True)
class Named:
    """A value of a named type, which is up to date with the state `time`.

    Where nothing else has happened to it, it is what the lenses of the `trail` and the blocks
    around them make of the part `given`. Of a literal, `depth` says how many literals it was
    made inside of.
    """

    key: str
    time: int
    of: Symbol | Unopened
    given: Leaf | None = None
    trail: Trail = ()
    depth: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Slot:
    """A field: when it is there, and what it then is."""

    present: Cond
    value: Symbol


@dataclass(frozen=True, slots=True)
class Extras:
    """The keys of an open object that are no fields, but for the discarded ones. `item` is
    what becomes of the value in the variable `var`.
    """

    var: Var
    type: GType
    item: Symbol
    discarded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Record:
    """An object. `source` are the fields of the object at `base` and whether they are
    required; without a base it is made anew. `loose` are slots that are no fields, but keys of
    an open object that is made anew.
    """

    base: Leaf | None
    source: tuple[tuple[str, bool], ...]
    slots: dict[str, Slot] = field(hash=False)
    extras: Extras | None = None
    loose: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Items:
    """An array, item by item; `item` is what becomes of the one in the variable `var`."""

    over: Leaf
    var: Var
    item: Symbol


@dataclass(frozen=True, slots=True)
class Row:
    """A tuple."""

    over: Leaf
    items: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True)
class Arms:
    """A union, branch by branch in the source's order; a condition is None where nothing tells
    the branch apart.
    """

    over: Leaf
    arms: tuple[tuple[Cond | None, Symbol], ...]


@dataclass(frozen=True, slots=True)
class Pick:
    """One of two, by a condition."""

    when: Cond
    then: Symbol
    otherwise: Symbol


@dataclass(frozen=True, slots=True)
class Function:
    """What is generated for values of a named type, between two states, that lenses of their
    place change on the way.
    """

    key: str
    since: int
    until: int
    trail: Trail = ()


@dataclass(frozen=True, slots=True)
class Call:
    """What a generated function makes of a part of what is given."""

    key: Function
    of: Leaf


@dataclass(frozen=True, slots=True)
class Crossing:
    """A call of a function of the project, which stands in the way of fusion: what it gives is
    in the variable `var`, and was validated in the type `type` of the state `since`.

    `of` is what it is given, as in the state `until`. The call is made where `guard` holds;
    `nulls` says that null is left as it is.
    """

    var: Var
    target: PyRef
    type: GType
    since: int
    of: Symbol
    until: int
    nulls: bool
    guard: Cond


Symbol = (
    Leaf
    | Const
    | Mapped
    | Applied
    | Listed
    | Chosen
    | Named
    | Record
    | Items
    | Row
    | Arms
    | Pick
    | Call
)


def calls(value: object) -> Iterator[Call]:
    """The calls of generated functions in a symbol."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Call):
            yield part
        elif isinstance(part, tuple | list):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())
        elif is_dataclass(part) and type(part).__module__ == __name__:
            waiting.extend(getattr(part, f.name) for f in fields(part))


def variables(value: object) -> frozenset[str]:
    """The variables that a symbol reads, in whatever part of it."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        match waiting.pop():
            case Var(name=name):
                found.add(name)
            case Key(of=of) | Index(of=of) | Has(of=of) | IsKind(of=of) | IsOneOf(of=of):
                waiting.append(of)
            case All(of=parts) | Some(of=parts):
                waiting.extend(parts)
            case Not(of=inner_cond):
                waiting.append(inner_cond)
            case Leaf(at=at):
                waiting.append(at)
            case tuple() as parts:
                waiting.extend(parts)
            case Mapped(of=inner) | Call(of=inner) | Chosen(of=inner):
                waiting.append(inner)
            case Named(of=inner, given=given):
                waiting.extend((inner, given))
            case Applied(of=parts) | Listed(items=parts):
                waiting.extend(parts)
            case Record(base=base, slots=slots, extras=extras):
                waiting.append(base)
                for slot in slots.values():
                    waiting.extend((slot.present, slot.value))
                if extras is not None:
                    waiting.append(extras.item)
            case Items(over=over, item=item):
                waiting.extend((over, item))
            case Row(over=over, items=items):
                waiting.extend((over, *items))
            case Arms(over=over, arms=arms):
                waiting.append(over)
                for cond, arm in arms:
                    waiting.extend((cond, arm))
            case Pick(when=when, then=then, otherwise=otherwise):
                waiting.extend((when, then, otherwise))
            case _:
                pass
    return frozenset(found)


def placed(value: Any, var: Var, at: Access) -> Any:
    """The symbol with the variable replaced by a place."""
    if value == var and isinstance(value, Var):
        return at
    if isinstance(value, tuple):
        return tuple(placed(item, var, at) for item in value)
    if isinstance(value, dict):
        return {key: placed(item, var, at) for key, item in value.items()}
    if is_dataclass(value) and type(value).__module__ == __name__:
        changed = {f.name: placed(getattr(value, f.name), var, at) for f in fields(value)}
        return replace(value, **changed)  # type: ignore[type-var]
    return value
