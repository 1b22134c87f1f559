"""What was written, as frozen values with places. Says nothing of what it means."""

from __future__ import annotations

from dataclasses import dataclass

from gatid_dsl.source import Span

# -- words and values ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """A name or a dotted name: `latest`, `order.created`."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A string; `value` has its escapes read, `raw` says that it stood in single quotes."""

    value: str
    span: Span
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """An integer, or a number with a fraction or an exponent (`value` is then a float)."""

    value: int | float
    span: Span


@dataclass(frozen=True, slots=True)
class Bool:
    """`true` or `false`, where a literal stands."""

    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Null:
    """`null`, where a literal stands."""

    span: Span


@dataclass(frozen=True, slots=True)
class Moment:
    """A version: `2026-03-01` or `2026-03-01T09:00:00Z`, as written."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Duration:
    """`50ms 10s 5m 2h 30d`, in milliseconds."""

    milliseconds: int
    span: Span


@dataclass(frozen=True, slots=True)
class Size:
    """`512B 32KiB 1MiB 1GiB`, in bytes."""

    bytes: int
    span: Span


@dataclass(frozen=True, slots=True)
class RateOf:
    """`600/min`: a count and the period it is for, in milliseconds."""

    count: int
    period: int
    span: Span


@dataclass(frozen=True, slots=True)
class PyRef:
    """`package.module:name`."""

    module: str
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`any(clerk, admin)`."""

    name: Word
    args: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class PathParam:
    """`{id}` or `{id: Uuid}` in a path."""

    name: Word
    type: TypeExpr | None
    span: Span


@dataclass(frozen=True, slots=True)
class PathText:
    """A static segment of a path, without its slash."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Path:
    """`/orders/{id: Uuid}`. `/` has no segments; a trailing slash is an empty last segment."""

    segments: tuple[PathText | PathParam, ...]
    span: Span


Literal = Text | Number | Bool | Null


@dataclass(frozen=True, slots=True)
class ListValue:
    """`[a, b]` as an argument or in `config`."""

    items: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class MapValue:
    """`{ key: value, … }` in `config`."""

    items: tuple[tuple[Word | Text, Value], ...]
    span: Span


Value = Text | Number | Bool | Null | ListValue | MapValue

Arg = Word | Text | Number | Moment | Duration | Size | RateOf | PyRef | Call | Path | ListValue

# -- types -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Range:
    """`1..120`, `..500`, `0..`, or one number (`exact`)."""

    low: Number | None
    high: Number | None
    exact: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Constraint:
    """A named constraint: `pattern '…'`, `multiple 5`."""

    name: Word
    value: Text | Number | Word
    span: Span


@dataclass(frozen=True, slots=True)
class TypeName:
    """A reference with its type arguments and constraints: `string(1..3)`, `Page<Order>`."""

    name: Word
    args: tuple[TypeExpr, ...]
    constraints: tuple[Range | Constraint, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TypeLiteral:
    """`"new"`, `42`, `true`, `null` as a type."""

    value: Literal
    span: Span


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object type. `default` is written with `=`."""

    name: Word | Text
    optional: bool
    secret: bool
    type: TypeExpr
    default: Literal | None
    doc: str
    span: Span

    @property
    def key(self) -> str:
        """The field's name as it stands in JSON."""
        return self.name.text if isinstance(self.name, Word) else self.name.value


@dataclass(frozen=True, slots=True)
class Rest:
    """`...` (type None: anything) or `...: T` at the end of an object type."""

    type: TypeExpr | None
    span: Span


@dataclass(frozen=True, slots=True)
class TypeObject:
    """`{ a: T, b?: T }`; closed unless `rest` is there."""

    fields: tuple[Field, ...]
    rest: Rest | None
    span: Span


@dataclass(frozen=True, slots=True)
class TypeArray:
    """`T[]`, `T[1..50]`, `T[unique]`."""

    item: TypeExpr
    length: Range | None
    unique: bool
    span: Span


@dataclass(frozen=True, slots=True)
class TypeTuple:
    """`[A, B]`."""

    items: tuple[TypeExpr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TypeUnion:
    """`A | B`."""

    branches: tuple[TypeExpr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TypeIntersection:
    """`A & B`."""

    parts: tuple[TypeExpr, ...]
    span: Span


TypeExpr = (
    TypeName | TypeLiteral | TypeObject | TypeArray | TypeTuple | TypeUnion | TypeIntersection
)

# -- statements ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Directive:
    """A keyword and its arguments: comma-separated groups of words, and perhaps a block.

    `before a, b` has two groups of one word, `rate 600/min per subject` one of three,
    `credentials on` one of one, `warm` none.
    """

    keyword: Word
    groups: tuple[tuple[Arg, ...], ...]
    block: tuple[Statement, ...] | None
    span: Span


@dataclass(frozen=True, slots=True)
class Typed:
    """`body T`, `query { … }`, `params { … }`, `headers { … }`, `cookies { … }`."""

    keyword: Word
    type: TypeExpr
    span: Span


@dataclass(frozen=True, slots=True)
class Answer:
    """One of what `returns` names; status None where none is written."""

    status: Number | None
    type: TypeExpr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Returns:
    """`returns 201 Order, 404 Problem`."""

    answers: tuple[Answer, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Config:
    """`config { key: value }`."""

    value: Value
    span: Span


Statement = Directive | Typed | Returns | Config
"""What stands in the block of a policy, a route, an app, a module, …"""

# -- declarations ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Include:
    """`include "glob"`."""

    pattern: Text
    span: Span


@dataclass(frozen=True, slots=True)
class App:
    """`app NAME { … }`."""

    name: Word
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class Version:
    """`version DATE as TAG, TAG { sunset DATE }`."""

    date: Moment
    tags: tuple[Word, ...]
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class Secret:
    """`secret NAME from BACKEND ARG { ttl 5m }`."""

    name: Word
    backend: Word
    args: tuple[Arg, ...]
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class Module:
    """`module NAME = py.mod:Class { … }`."""

    name: Word
    target: PyRef
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class Hook:
    """`hook NAME = py.mod:fn { timeout 50ms }`."""

    name: Word
    target: PyRef
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class Policy:
    """`policy NAME { … }`."""

    name: Word
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class Topic:
    """`topic order.created: Order { … }`."""

    name: Word
    type: TypeExpr
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class On:
    """`on order.created do py.mod:fn`."""

    topic: Word
    target: PyRef
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class Rollout:
    """`rollout NAME … { … }`, parsed so that it can be refused by name."""

    words: tuple[Arg, ...]
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class TypeDef:
    """`type NAME = T`, `type NAME { fields }`, `type NAME<A, B> …`."""

    name: Word
    params: tuple[Word, ...]
    type: TypeExpr
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """`group /prefix { … }`: statements, routes and groups in the order of writing."""

    path: Path
    body: tuple[Statement | Group | Route, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class Route:
    """`route NAME METHOD /path { … }`."""

    name: Word
    method: Word
    path: Path
    body: tuple[Statement, ...]
    doc: str
    span: Span


# -- changes ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldPath:
    """`customer.name`: a path from the type or message that the operation stands in."""

    parts: tuple[str, ...]
    span: Span

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Rename:
    """`rename a -> b`."""

    source: FieldPath
    target: FieldPath
    span: Span


@dataclass(frozen=True, slots=True)
class Move:
    """`move p -> q`."""

    source: FieldPath
    target: FieldPath
    span: Span


@dataclass(frozen=True, slots=True)
class Add:
    """`add b: T = lit`, `add b?: T`, `add b?: T = lit`."""

    target: FieldPath
    optional: bool
    type: TypeExpr
    value: Literal | None
    span: Span


@dataclass(frozen=True, slots=True)
class Drop:
    """`drop a: T = lit`, `drop a?: T`."""

    target: FieldPath
    optional: bool
    type: TypeExpr
    value: Literal | None
    span: Span


@dataclass(frozen=True, slots=True)
class Require:
    """`require a = lit`."""

    target: FieldPath
    value: Literal
    span: Span


@dataclass(frozen=True, slots=True)
class Relax:
    """`relax a = lit`."""

    target: FieldPath
    value: Literal
    span: Span


@dataclass(frozen=True, slots=True)
class Arrow:
    """`"x" -> "y"`, or `"x" <- "y"` (`back`): `left` is of the old type, `right` of the new."""

    left: Literal
    right: Literal
    back: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Map:
    """`map a { "x" -> "y", … }`."""

    target: FieldPath
    arrows: tuple[Arrow, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Split:
    """`split a: T by " " -> b, c`."""

    source: FieldPath
    type: TypeExpr
    separator: Text
    targets: tuple[FieldPath, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Join:
    """`join b, c by " " -> a: T`; the type is optional in writing."""

    sources: tuple[FieldPath, ...]
    separator: Text
    target: FieldPath
    type: TypeExpr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Convert:
    """`convert a: T -> U by scale(100)`; `argument` is what stands in the brackets."""

    target: FieldPath
    old: TypeExpr
    new: TypeExpr
    how: Word
    argument: Number | Word | Text | None
    span: Span


@dataclass(frozen=True, slots=True)
class Wrap:
    """`wrap a`."""

    target: FieldPath
    span: Span


@dataclass(frozen=True, slots=True)
class Unwrap:
    """`unwrap a`."""

    target: FieldPath
    span: Span


@dataclass(frozen=True, slots=True)
class Nest:
    """`nest a, b -> o`."""

    sources: tuple[FieldPath, ...]
    target: FieldPath
    span: Span


@dataclass(frozen=True, slots=True)
class Hoist:
    """`hoist o -> a, b`."""

    source: FieldPath
    targets: tuple[FieldPath, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Each:
    """`each p { … }`: inside the items of an array or the values of a map."""

    target: FieldPath
    body: tuple[Operation, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class In:
    """`in p { … }`: inside an object."""

    target: FieldPath
    body: tuple[Operation, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class When:
    """`when kind = "card" { … }`: in one branch of a union."""

    target: FieldPath
    value: Literal
    body: tuple[Operation, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Status:
    """`status 200 -> 201`."""

    old: Number
    new: Number
    span: Span


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field read by an expression."""

    path: FieldPath
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """`a + b` and its like; `operator` is one of `+ - * /`."""

    operator: str
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Apply:
    """`lower(a)`, `len(a)`, `coalesce(a, b)`."""

    name: Word
    args: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class IfElse:
    """`a if c else b`."""

    then: Expr
    condition: Expr
    otherwise: Expr
    span: Span


Expr = FieldRef | Text | Number | Bool | Null | Binary | Apply | IfElse


@dataclass(frozen=True, slots=True)
class Compute:
    """`compute b: T = expr back p = expr`."""

    target: FieldPath
    type: TypeExpr
    value: Expr
    back: tuple[FieldPath, Expr] | None
    span: Span


@dataclass(frozen=True, slots=True)
class Was:
    """`was T via m:up, m:down`."""

    type: TypeExpr
    up: PyRef | None
    down: PyRef | None
    span: Span


@dataclass(frozen=True, slots=True)
class Todo:
    """`todo "…"`."""

    text: Text
    span: Span


Operation = (
    Rename
    | Move
    | Add
    | Drop
    | Require
    | Relax
    | Map
    | Split
    | Join
    | Convert
    | Wrap
    | Unwrap
    | Nest
    | Hoist
    | Each
    | In
    | When
    | Status
    | Compute
    | Was
    | Todo
)


@dataclass(frozen=True, slots=True)
class Moved:
    """`moved from METHOD /path`."""

    method: Word
    path: Path
    span: Span


@dataclass(frozen=True, slots=True)
class TypeChange:
    """`type NAME { operations }` in a change."""

    name: Word
    body: tuple[Operation, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class RouteChange:
    """`route NAME { … }` in a change."""

    name: Word
    body: tuple[Operation | Moved | Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class RouteAdded:
    """`route NAME added`."""

    name: Word
    span: Span


@dataclass(frozen=True, slots=True)
class RouteRemoved:
    """`route NAME removed { route NAME METHOD /path { … } }`: the whole old route."""

    name: Word
    route: Route
    span: Span


@dataclass(frozen=True, slots=True)
class Change:
    """`change TAG "why" { … }`."""

    tag: Word
    why: Text | None
    lossless: bool
    body: tuple[TypeChange | RouteChange | RouteAdded | RouteRemoved, ...]
    doc: str
    span: Span


Declaration = (
    Include
    | App
    | Version
    | Secret
    | Module
    | Hook
    | Policy
    | Topic
    | On
    | Rollout
    | TypeDef
    | Group
    | Route
    | Change
)


@dataclass(frozen=True, slots=True)
class File:
    """One parsed source, in the order of writing."""

    declarations: tuple[Declaration, ...]
