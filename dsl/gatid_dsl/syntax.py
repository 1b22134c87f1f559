"""What was written, as frozen values with places. Says nothing of what it means."""

from __future__ import annotations

from dataclasses import dataclass

from gatid_dsl.source import Span


class Node:
    """What all syntax has in common: it is equal where kind, parts and places are.

    Written once here, because to generate it for each of seventy classes takes longer than to
    read most files.
    """

    __slots__: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in self.__slots__)))

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({parts})"


# -- words and values ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Word(Node):
    """A name or a dotted name: `latest`, `order.created`."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Text(Node):
    """A string; `value` has its escapes read, `raw` says that it stood in single quotes."""

    value: str
    span: Span
    raw: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Number(Node):
    """An integer, or a number with a fraction or an exponent (`value` is then a float)."""

    value: int | float
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bool(Node):
    """`true` or `false`, where a literal stands."""

    value: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Null(Node):
    """`null`, where a literal stands."""

    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Moment(Node):
    """A version: `2026-03-01` or `2026-03-01T09:00:00Z`, as written."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Duration(Node):
    """`50ms 10s 5m 2h 30d`, in milliseconds."""

    milliseconds: int
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Size(Node):
    """`512B 32KiB 1MiB 1GiB`, in bytes."""

    bytes: int
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RateOf(Node):
    """`600/min`: a count and the period it is for, in milliseconds."""

    count: int
    period: int
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PyRef(Node):
    """`package.module:name`."""

    module: str
    name: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Call(Node):
    """`any(clerk, admin)`."""

    name: Word
    args: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PathParam(Node):
    """`{id}` or `{id: Uuid}` in a path."""

    name: Word
    type: TypeExpr | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PathText(Node):
    """A static segment of a path, without its slash."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Path(Node):
    """`/orders/{id: Uuid}`. `/` has no segments; a trailing slash is an empty last segment."""

    segments: tuple[PathText | PathParam, ...]
    span: Span


Literal = Text | Number | Bool | Null


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ListValue(Node):
    """`[a, b]` as an argument, in `config`, or as what fills a field."""

    items: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MapValue(Node):
    """`{ key: value, … }` in `config`, or as what fills a field."""

    items: tuple[tuple[Word | Text, Value], ...]
    span: Span


Value = Text | Number | Bool | Null | ListValue | MapValue

Arg = Word | Text | Number | Moment | Duration | Size | RateOf | PyRef | Call | Path | ListValue

# -- types -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Range(Node):
    """`1..120`, `..500`, `0..`, or one number (`exact`)."""

    low: Number | None
    high: Number | None
    exact: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Constraint(Node):
    """A named constraint: `pattern '…'`, `multiple 5`."""

    name: Word
    value: Text | Number | Word
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypeName(Node):
    """A reference with its type arguments and constraints: `string(1..3)`, `Page<Order>`."""

    name: Word
    args: tuple[TypeExpr, ...]
    constraints: tuple[Range | Constraint, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypeLiteral(Node):
    """`"new"`, `42`, `true`, `null` as a type."""

    value: Literal
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Field(Node):
    """A field of an object type. `default` is written with `=`."""

    name: Word | Text
    optional: bool
    secret: bool
    type: TypeExpr
    default: Value | None
    doc: str
    span: Span

    @property
    def key(self) -> str:
        """The field's name as it stands in JSON."""
        return self.name.text if isinstance(self.name, Word) else self.name.value


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rest(Node):
    """`...` (type None: anything) or `...: T` at the end of an object type."""

    type: TypeExpr | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypeObject(Node):
    """`{ a: T, b?: T }`; closed unless `rest` is there."""

    fields: tuple[Field, ...]
    rest: Rest | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypeArray(Node):
    """`T[]`, `T[1..50]`, `T[unique]`."""

    item: TypeExpr
    length: Range | None
    unique: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypeTuple(Node):
    """`[A, B]`."""

    items: tuple[TypeExpr, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypeUnion(Node):
    """`A | B`."""

    branches: tuple[TypeExpr, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypeIntersection(Node):
    """`A & B`."""

    parts: tuple[TypeExpr, ...]
    span: Span


TypeExpr = (
    TypeName | TypeLiteral | TypeObject | TypeArray | TypeTuple | TypeUnion | TypeIntersection
)

# -- statements ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Directive(Node):
    """A keyword and its arguments: comma-separated groups of words, and perhaps a block.

    `before a, b` has two groups of one word, `rate 600/min per subject` one of three,
    `credentials on` one of one, `warm` none.
    """

    keyword: Word
    groups: tuple[tuple[Arg, ...], ...]
    block: tuple[Statement, ...] | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Typed(Node):
    """`body T`, `query { … }`, `params { … }`, `headers { … }`, `cookies { … }`."""

    keyword: Word
    type: TypeExpr
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Answer(Node):
    """One of what `returns` names; status None where none is written."""

    status: Number | None
    type: TypeExpr | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Returns(Node):
    """`returns 201 Order, 404 Problem`."""

    answers: tuple[Answer, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Answers(Node):
    """`answers 201 { Location: Url }`: headers of answers; status None where none is written."""

    keyword: Word
    status: Number | None
    type: TypeExpr
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Config(Node):
    """`config { key: value }`."""

    value: Value
    span: Span


Statement = Directive | Typed | Returns | Answers | Config
"""What stands in the block of a policy, a route, an app, a module, …"""

# -- declarations ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Include(Node):
    """`include "glob"`."""

    pattern: Text
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class App(Node):
    """`app NAME { … }`."""

    name: Word
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Version(Node):
    """`version DATE as TAG, TAG { sunset DATE }`."""

    date: Moment
    tags: tuple[Word, ...]
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Secret(Node):
    """`secret NAME from BACKEND ARG { ttl 5m }`."""

    name: Word
    backend: Word
    args: tuple[Arg, ...]
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Module(Node):
    """`module NAME = py.mod:Class { … }`."""

    name: Word
    target: PyRef
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hook(Node):
    """`hook NAME = py.mod:fn { timeout 50ms }`."""

    name: Word
    target: PyRef
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Policy(Node):
    """`policy NAME { … }`."""

    name: Word
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Topic(Node):
    """`topic order.created: Order { … }`."""

    name: Word
    type: TypeExpr
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class On(Node):
    """`on order.created do py.mod:fn`."""

    topic: Word
    target: PyRef
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rollout(Node):
    """`rollout NAME … { … }`, parsed so that it can be refused by name."""

    words: tuple[Arg, ...]
    body: tuple[Statement, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypeDef(Node):
    """`type NAME = T`, `type NAME { fields }`, `type NAME<A, B> …`."""

    name: Word
    params: tuple[Word, ...]
    type: TypeExpr
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Group(Node):
    """`group /prefix { … }`: statements, routes and groups in the order of writing."""

    path: Path
    body: tuple[Statement | Group | Route, ...]
    doc: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Route(Node):
    """`route NAME METHOD /path { … }`."""

    name: Word
    method: Word
    path: Path
    body: tuple[Statement, ...]
    doc: str
    span: Span


# -- changes ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FieldPath(Node):
    """`customer.name`: a path from the type or message that the operation stands in."""

    parts: tuple[str, ...]
    span: Span

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rename(Node):
    """`rename a -> b`."""

    source: FieldPath
    target: FieldPath
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Move(Node):
    """`move p -> q`."""

    source: FieldPath
    target: FieldPath
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Add(Node):
    """`add b: T = lit`, `add b?: T`, `add b?: T = lit`."""

    target: FieldPath
    optional: bool
    type: TypeExpr
    value: Value | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Drop(Node):
    """`drop a: T = lit`, `drop a?: T`."""

    target: FieldPath
    optional: bool
    type: TypeExpr
    value: Value | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Require(Node):
    """`require a = lit`."""

    target: FieldPath
    value: Value
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Relax(Node):
    """`relax a = lit`."""

    target: FieldPath
    value: Value
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Arrow(Node):
    """`"x" -> "y"`, or `"x" <- "y"` (`back`): `left` is of the old type, `right` of the new."""

    left: Literal
    right: Literal
    back: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Map(Node):
    """`map a { "x" -> "y", … }`."""

    target: FieldPath
    arrows: tuple[Arrow, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Split(Node):
    """`split a: T by " " -> b, c`."""

    source: FieldPath
    type: TypeExpr
    separator: Text
    targets: tuple[FieldPath, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Join(Node):
    """`join b, c by " " -> a: T`; the type is optional in writing."""

    sources: tuple[FieldPath, ...]
    separator: Text
    target: FieldPath
    type: TypeExpr | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Convert(Node):
    """`convert a: T -> U by scale(100)`; `argument` is what stands in the brackets."""

    target: FieldPath
    old: TypeExpr
    new: TypeExpr
    how: Word
    argument: Number | Word | Text | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Wrap(Node):
    """`wrap a`."""

    target: FieldPath
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unwrap(Node):
    """`unwrap a`."""

    target: FieldPath
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Nest(Node):
    """`nest a, b -> o`."""

    sources: tuple[FieldPath, ...]
    target: FieldPath
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hoist(Node):
    """`hoist o -> a, b`."""

    source: FieldPath
    targets: tuple[FieldPath, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Each(Node):
    """`each p { … }`: inside the items of an array or the values of a map; the path of `each { … }`
    has no parts.
    """

    target: FieldPath
    body: tuple[Operation, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class In(Node):
    """`in p { … }`: inside an object."""

    target: FieldPath
    body: tuple[Operation, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class When(Node):
    """`when kind = "card" { … }`: in one branch of a union."""

    target: FieldPath
    value: Literal
    body: tuple[Operation, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Status(Node):
    """`status 200 -> 201`."""

    old: Number
    new: Number
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FieldRef(Node):
    """A field read by an expression."""

    path: FieldPath
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Binary(Node):
    """`a + b` and its like; `operator` is one of `+ - * /`."""

    operator: str
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Apply(Node):
    """`lower(a)`, `len(a)`, `coalesce(a, b)`."""

    name: Word
    args: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IfElse(Node):
    """`a if c else b`."""

    then: Expr
    condition: Expr
    otherwise: Expr
    span: Span


Expr = FieldRef | Text | Number | Bool | Null | Binary | Apply | IfElse


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Compute(Node):
    """`compute b: T = expr back p = expr`."""

    target: FieldPath
    type: TypeExpr
    value: Expr
    back: tuple[FieldPath, Expr] | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Was(Node):
    """`was T via m:up, m:down`."""

    type: TypeExpr
    up: PyRef | None
    down: PyRef | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Todo(Node):
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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Moved(Node):
    """`moved from METHOD /path`."""

    method: Word
    path: Path
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypeChange(Node):
    """`type NAME { operations }` in a change."""

    name: Word
    body: tuple[Operation, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RouteChange(Node):
    """`route NAME { … }` in a change."""

    name: Word
    body: tuple[Operation | Moved | Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RouteAdded(Node):
    """`route NAME added`."""

    name: Word
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RouteRemoved(Node):
    """`route NAME removed { route NAME METHOD /path { … } }`: the whole old route."""

    name: Word
    route: Route
    span: Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Change(Node):
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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class File(Node):
    """One parsed source, in the order of writing."""

    declarations: tuple[Declaration, ...]
