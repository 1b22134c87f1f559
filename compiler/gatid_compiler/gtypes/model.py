"""GType: the one model of types.

A `GType` is a frozen tree; `Ref` leaves name entries of a `Definitions` mapping, so that
recursive types are finite and a change to a named type reaches every use of it. A `Schema`
is a tree with the definitions it needs, complete in itself.

The constructors below the classes (`union`, `intersection`, …) build the normal form; the
classes themselves hold whatever they are given. Make types with the constructors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

JsonScalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Composite:
    """A list or an object that is written out, as JSON text with its keys in order."""

    text: str


JsonLiteral = JsonScalar | Composite


class _Parted:
    """Has parts of any depth, so its hash is reckoned once: types are keys everywhere."""

    __slots__ = ("_hash",)

    _hash: int

    def _reckoned(self) -> int:
        try:
            return self._hash
        except AttributeError:
            parts = tuple(getattr(self, name) for name in self.__match_args__)  # type: ignore[attr-defined]
            object.__setattr__(self, "_hash", hash(parts))
            return self._hash


class Scalar(StrEnum):
    """Named grammars of strings (language reference, *Scalars*)."""

    UUID = "Uuid"
    EMAIL = "Email"
    URL = "Url"
    DATE = "Date"
    TIME = "Time"
    DATETIME = "DateTime"
    DURATION = "Duration"
    DECIMAL = "Decimal"
    IP = "Ip"


@dataclass(frozen=True, slots=True)
class Any:
    """Every JSON value."""


@dataclass(frozen=True, slots=True)
class Never:
    """No value. Not written; the result of intersections that nothing satisfies."""


@dataclass(frozen=True, slots=True)
class Null:
    """`null`."""


@dataclass(frozen=True, slots=True)
class Bool:
    """`true` and `false`."""


@dataclass(frozen=True, slots=True)
class Int:
    """JSON numbers written without fraction or exponent, of any size. Bounds inclusive."""

    low: int | None = None
    high: int | None = None
    multiple: int | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """Any finite JSON number. Bounds inclusive; `multiple` is exact on the decimal written."""

    low: int | float | None = None
    high: int | float | None = None
    multiple: int | float | None = None


@dataclass(frozen=True, slots=True)
class String:
    """Strings; lengths in code points, inclusive; every pattern matches the whole string."""

    low: int = 0
    high: int | None = None
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bytes:
    """Octets, in JSON as standard base64 with padding (RFC 4648 section 4)."""

    low: int = 0
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """A string of a named grammar."""

    scalar: Scalar


@dataclass(frozen=True, slots=True)
class Literal:
    """Exactly one string, integer or boolean. `Literal(1)` and `Literal(True)` differ.

    Python calls `1` and `True` equal, so equality and hash look at the kind as well.
    """

    value: str | int | bool

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Literal)
            and type(self.value) is type(other.value)
            and self.value == other.value
        )

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class Default:
    """The literal that fills an absent field of a request."""

    value: JsonLiteral


@dataclass(frozen=True, slots=True)
class Field(_Parted):
    """A field of an object. Documentation takes no part in equality of contracts."""

    name: str
    type: GType
    required: bool = True
    default: Default | None = None
    secret: bool = False
    doc: str = ""

    __hash__ = _Parted._reckoned


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys by what they are: strings of the type `names`, which refers to no definition."""

    names: GType
    type: GType


@dataclass(frozen=True, slots=True)
class Object(_Parted):
    """Fields sorted by name; a key that no field has is of the first of `keys` that has it;
    `rest` is the type of every other one, None when closed. Of keys there are `low` to `high`.

    Only JSON Schema has `keys`, `low` and `high`; the language has no words for them.
    `parts` are what `&` merged, where that is how it is written; they take no part in equality.
    """

    fields: tuple[Field, ...] = ()
    rest: GType | None = None
    keys: tuple[Keys, ...] = ()
    low: int = 0
    high: int | None = None
    parts: tuple[GType, ...] = field(default=(), compare=False, repr=False, kw_only=True)

    __hash__ = _Parted._reckoned

    def field(self, name: str) -> Field | None:
        """The field of that name, if it has one."""
        return next((f for f in self.fields if f.name == name), None)


@dataclass(frozen=True, slots=True)
class Array(_Parted):
    """Items of one type; lengths inclusive; `unique` by JSON equality."""

    item: GType
    low: int = 0
    high: int | None = None
    unique: bool = False

    __hash__ = _Parted._reckoned


@dataclass(frozen=True, slots=True)
class Tuple(_Parted):
    """Exactly these items in this order; where there is a `rest`, then as many more as it says.

    Only JSON Schema has the `rest`; the language has no words for it.
    """

    items: tuple[GType, ...]
    rest: Array | None = None

    __hash__ = _Parted._reckoned


@dataclass(frozen=True, slots=True)
class Union(_Parted):
    """A value of any branch. In normal form flat, without doubles, in canonical order."""

    branches: tuple[GType, ...]

    __hash__ = _Parted._reckoned


@dataclass(frozen=True, slots=True)
class Intersection(_Parted):
    """A value of every part, where the parts could not be merged into one type."""

    parts: tuple[GType, ...]

    __hash__ = _Parted._reckoned


@dataclass(frozen=True, slots=True)
class Ref:
    """The type of that name in the definitions: `Order`, `Page<Order>`."""

    name: str


GType = (
    Any
    | Never
    | Null
    | Bool
    | Int
    | Number
    | String
    | Bytes
    | Format
    | Literal
    | Object
    | Array
    | Tuple
    | Union
    | Intersection
    | Ref
)

Definitions = Mapping[str, GType]


@dataclass(frozen=True, slots=True)
class Schema:
    """A type and the definitions that its references need."""

    root: GType
    defs: Definitions
