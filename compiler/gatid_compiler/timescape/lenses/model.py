"""A lens is one operation after typing: where it acts and what it does, both ways.

A lens is shaped as the type it acts on: through a union to its branches, through a field to
what it holds. Its forward direction leads from the type before to the type after. Steps of
one object stand in the order in which they run forward.
"""

from __future__ import annotations

from dataclasses import dataclass

from gatid_compiler.gtypes.model import GType, JsonScalar
from gatid_compiler.plan import PyRef
from gatid_compiler.timescape.lenses.formulas import Formula
from gatid_dsl.source import Span


@dataclass(frozen=True, slots=True)
class FilledList:
    """A list that is written out."""

    items: tuple[Filling, ...]


@dataclass(frozen=True, slots=True)
class FilledObject:
    """An object that is written out; `loose` are the keys that its type has no field for."""

    fields: tuple[tuple[str, Filling], ...]
    loose: frozenset[str]


@dataclass(frozen=True, slots=True)
class FilledName:
    """A list or an object of a named type."""

    key: str
    of: Filling


@dataclass(frozen=True, slots=True)
class FilledBranch:
    """A list or an object of that branch of a union."""

    index: int
    of: Filling


Filling = JsonScalar | FilledList | FilledObject | FilledName | FilledBranch


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal that fills a field."""

    value: Filling


@dataclass(frozen=True, slots=True)
class Table:
    """Values to values, total over a finite type. Kinds count: `1` is not `true`."""

    pairs: tuple[tuple[JsonScalar, JsonScalar], ...]

    def at(self, value: JsonScalar) -> JsonScalar:
        """What the value becomes."""
        for left, right in self.pairs:
            if type(left) is type(value) and left == value:
                return right
        raise KeyError(value)

    @property
    def changes(self) -> tuple[tuple[JsonScalar, JsonScalar], ...]:
        """The pairs that say something: the others stay what they are."""
        return tuple(
            (left, right)
            for left, right in self.pairs
            if type(left) is not type(right) or left != right
        )

    @property
    def one_to_one(self) -> bool:
        """Whether what a value becomes tells what it was."""
        rights = {(type(right), right) for _, right in self.pairs}
        return len(rights) == len(self.pairs)

    def then(self, other: Table) -> Table:
        """This table, and the other one on what it gives."""
        return Table(tuple((left, other.at(right)) for left, right in self.pairs))


# -- steps: what happens to the fields of one object ---------------------------------------


@dataclass(frozen=True, slots=True)
class Rename:
    """`source` before is `target` after."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Move:
    """What is at `source` before is at `target` after; where one of the objects on either way is
    not there, neither is it. `fill` is a default, for where it was not.

    `named` are the named types on the ways: path, name before, name after.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    named: tuple[tuple[tuple[str, ...], tuple[str, str]], ...]
    fill: Constant | None


@dataclass(frozen=True, slots=True)
class Add:
    """`name` is there after; filled on the way forward if `fill` is given, else absent."""

    name: str
    required: bool
    fill: Constant | None


@dataclass(frozen=True, slots=True)
class Drop:
    """`name` was there before; restored on the way back if `restore` is given, else absent."""

    name: str
    required: bool
    restore: Constant | None


@dataclass(frozen=True, slots=True)
class Require:
    """`name` was optional; where it is absent, it is filled on the way forward."""

    name: str
    fill: Constant


@dataclass(frozen=True, slots=True)
class Relax:
    """`name` was required; where it is absent, it is filled on the way back."""

    name: str
    fill: Constant


@dataclass(frozen=True, slots=True)
class Map:
    """The values of `name` are others. `fill` is a default that had no value before."""

    name: str
    forward: Table
    backward: Table
    fill: Constant | None


@dataclass(frozen=True, slots=True)
class Nest:
    """The fields `names` stand in the object `target` after. `made` are the names of its type,
    an alias before what it stands for; none where the object is written in place.
    """

    names: tuple[str, ...]
    target: str
    made: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hoist:
    """The fields `names` stood in the object `source` before."""

    source: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wrap:
    """`name` is an array of what it was. `made` are the names of the array's type."""

    name: str
    made: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unwrap:
    """`name` was an array of what it is. `fill` is a default that had no value before."""

    name: str
    fill: Constant | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why what an operation gives may be of no use: where it is written, and the reason."""

    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Doubts:
    """Why a step may give what its type does not have, in each direction; None where typing
    alone shows that it does not.
    """

    forward: Doubt | None = None
    backward: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """The text `source` before is the texts `targets` after, cut at the separator."""

    source: str
    targets: tuple[str, ...]
    separator: str
    doubts: Doubts


@dataclass(frozen=True, slots=True)
class Join:
    """The texts `sources` before are the text `target` after."""

    sources: tuple[str, ...]
    target: str
    separator: str
    doubts: Doubts


@dataclass(frozen=True, slots=True)
class Convert:
    """`name` is said in another way. `fill` is a default that had no value before."""

    name: str
    forward: Formula
    backward: Formula
    doubts: Doubts
    fill: Constant | None


@dataclass(frozen=True, slots=True)
class Reference:
    """What is at a path in the object."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lit:
    """A literal in an expression."""

    value: JsonScalar


@dataclass(frozen=True, slots=True)
class Op:
    """A formula of expressions."""

    formula: Formula
    of: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Coalesce:
    """The first that is there; `nulls` says which may be null, which is passed over."""

    of: tuple[Expr, ...]
    nulls: tuple[bool, ...]


Expr = Reference | Lit | Op | Coalesce


@dataclass(frozen=True, slots=True)
class Compute:
    """`name` is computed forward; on the way back a field is, if `back` names one."""

    name: str
    value: Expr
    back: tuple[str, Expr] | None
    doubts: Doubts


@dataclass(frozen=True, slots=True)
class Within:
    """What `name` holds, where it is there, changes by a lens."""

    name: str
    lens: Lens


Step = (
    Rename
    | Move
    | Add
    | Drop
    | Require
    | Relax
    | Map
    | Nest
    | Hoist
    | Wrap
    | Unwrap
    | Split
    | Join
    | Convert
    | Compute
    | Within
)

# -- lenses: where it happens --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OnObject:
    """An object's fields change."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class OnUnion:
    """Branch by branch, in the order of the union; None leaves a branch as it is."""

    branches: tuple[Lens | None, ...]


@dataclass(frozen=True, slots=True)
class OnItems:
    """Every item of an array changes."""

    item: Lens


@dataclass(frozen=True, slots=True)
class OnValues:
    """Every value of a map changes."""

    item: Lens


@dataclass(frozen=True, slots=True)
class OnNamed:
    """A value of a named type changes here only: `before` and `after` are its definitions."""

    before: str
    after: str
    lens: Lens


@dataclass(frozen=True, slots=True)
class OnOwn:
    """A value of the type that its block is on, which the block leads to from another one,
    changes there and then wherever it is: `before` leads to `after`, both as they are before
    the block, by what the block has as `inner` for `before`.
    """

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Both:
    """Several lenses on one value, one after the other."""

    lenses: tuple[Lens, ...]


@dataclass(frozen=True, slots=True)
class Hatch:
    """Two functions of the project carry a value whole: `up` from the type `before` to the type
    `after`, `down` back. Neither type has null; `nulls` says that null may be there, and stays.
    """

    up: PyRef
    down: PyRef
    before: GType
    after: GType
    nulls: bool


Lens = OnObject | OnUnion | OnItems | OnValues | OnNamed | OnOwn | Both | Hatch
