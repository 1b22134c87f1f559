"""Rules of the timescape: of versions, and of what a change may say."""

from __future__ import annotations

from gatid_compiler.rules.page import rule, warning

DUPLICATE_VERSION = rule(
    "duplicate-version",
    """
    Two versions begin at the same moment, so a client that asks for that moment could mean
    either. A day means its first second in UTC.
    """,
    "version 2026-03-01 as v1\nversion 2026-03-01T00:00:00Z as v2",
    "version 2026-03-01 as v1\nversion 2026-03-02 as v2",
)

BAD_TAG = rule(
    "bad-tag",
    """
    A tag begins with a letter and goes on with letters, digits, `.`, `_` or `-`, 64 at most.
    `latest`, `oldest` and `require` already mean something where a version is asked for.
    """,
    "version 2026-03-01 as latest",
    "version 2026-03-01 as v1",
)

DUPLICATE_TAG = rule(
    "duplicate-tag",
    "A tag names one version only.",
    "version 2025-11-01 as v1\nversion 2026-03-01 as v1",
    "version 2025-11-01 as v1\nversion 2026-03-01 as v2",
)

CHANGE_WITHOUT_VERSION = rule(
    "change-without-version",
    "A change belongs to the version that brought it, and names it by one of its tags.",
    "version 2025-11-01 as v1\nversion 2026-03-01 as v2\nchange v3 { type Order { drop a?: int } }",
    "version 2025-11-01 as v1\nversion 2026-03-01 as v2\nchange v2 { type Order { drop a?: int } }",
)

CHANGE_BEFORE_ALL = rule(
    "change-before-all",
    """
    A change says what became different when its version was cut. Before the first version
    there was nothing, so nothing can have changed in it.
    """,
    "version 2025-11-01 as v1\nchange v1 { type Order { rename a -> b } }",
    "version 2025-11-01 as v1\nversion 2026-03-01 as v2\n"
    "change v2 { type Order { rename a -> b } }",
)

CHANGE_UNKNOWN = rule(
    "change-unknown",
    """
    A change names a declared type or route. What was taken away since has to stay declared
    as long as an old version speaks of it.
    """,
    "type Order { id: Uuid }\nchange v2 { type Ordr { rename nr -> id } }",
    "type Order { id: Uuid }\nchange v2 { type Order { rename nr -> id } }",
)

FIELD_ABSENT = rule(
    "change-field-absent",
    """
    Operations are read from the last to the first, from the type as it is now to the type as
    it was. What an operation says it brought about must be there in the type that it meets.
    """,
    "type Order { customer: string }\nchange v2 { type Order { rename name -> client } }",
    "type Order { customer: string }\nchange v2 { type Order { rename name -> customer } }",
)

FIELD_EXISTS = rule(
    "change-field-exists",
    """
    An operation that takes a field away, or moves it, cannot leave one of that name behind:
    in the type before it there would be two.
    """,
    "type Order { nr: int, id: int }\nchange v2 { type Order { rename nr -> id } }",
    "type Order { id: int }\nchange v2 { type Order { rename nr -> id } }",
)

NOT_AN_OBJECT = rule(
    "change-not-applicable",
    """
    The operation does not fit the type that it meets: paths lead through objects, `each` goes
    into arrays and maps, `in` into objects, `when` into a union of objects told apart by a
    literal field. What meets a union must fit every branch of it.
    """,
    "type Order { lines: Line[] }\nchange v2 { type Order { rename lines.n -> lines.count } }",
    "type Order { lines: Line[] }\nchange v2 { type Order { each lines { rename n -> count } } }",
)

TYPE_DISAGREES = rule(
    "change-type-disagrees",
    """
    A type written in an operation is that of the moment it speaks of. `add` speaks of the
    type after it, and must write the one that is derived for that moment; whether the field
    is optional is part of it, its default is not.
    """,
    "type Order { note: string }\nchange v2 { type Order { add note: int = 0 } }",
    'type Order { note: string }\nchange v2 { type Order { add note: string = "" } }',
)

LITERAL_OUTSIDE = rule(
    "change-literal-outside",
    "The literal that fills a field must be a value of the field's type.",
    "type Order { size: int(1..) }\nchange v2 { type Order { add size: int(1..) = 0 } }",
    "type Order { size: int(1..) }\nchange v2 { type Order { add size: int(1..) = 1 } }",
)

ADD_WITHOUT_VALUE = rule(
    "add-without-value",
    """
    A required field was added to something that clients send. What older clients send does
    not have it, so it must be said what fills it. Only a type that is nowhere received can do
    without.
    """,
    "route create POST / { body Order }\nchange v2 { type Order { add note: string } }",
    'route create POST / { body Order }\nchange v2 { type Order { add note: string = "" } }',
)

DROP_WITHOUT_VALUE = rule(
    "drop-without-value",
    """
    A required field was dropped from something that is answered with. Older clients still
    expect it, so it must be said what they get. Only a type that is nowhere answered with can
    do without.
    """,
    "route get GET / { returns Order }\nchange v2 { type Order { drop note: string } }",
    'route get GET / { returns Order }\nchange v2 { type Order { drop note: string = "" } }',
)

MAP_NOT_FINITE = rule(
    "map-not-finite",
    """
    `map` translates value by value, so the type must have few enough values to be counted:
    literals, `bool`, `null`, an `int` with narrow bounds, or a union of those.
    """,
    'type Order { note: string }\nchange v2 { type Order { map note { "x" -> "y" } } }',
    'type Order { note: "y" | "z" }\nchange v2 { type Order { map note { "x" -> "y" } } }',
)

MAP_ARROW = rule(
    "map-arrow",
    """
    Arrows go from values of the old type to values of the new one. A right side is a value of
    the new type; a left side is not at the same time a new value that no arrow names, because
    that one stays itself; one left side has one arrow; and a backward arrow `<-` gives old
    clients a value that their type has.
    """,
    'type T { s: "new" | "paid" }\nchange v2 { type T { map s { "open" -> "nwe" } } }',
    'type T { s: "new" | "paid" }\nchange v2 { type T { map s { "open" -> "new" } } }',
)

NEST_SHAPE = rule(
    "nest-shape",
    """
    `nest` puts fields into an object of exactly these fields under the names that they had,
    and `hoist` takes them out of one. The object is required if one of the fields is, else
    optional. Names are changed by `rename` before or after it.
    """,
    "type O { customer: { name: string } }\n"
    "change v2 { type O { nest customer_name -> customer } }",
    "type O { customer: { name: string } }\nchange v2 { type O {\n"
    "  nest   customer_name -> customer\n"
    "  rename customer.customer_name -> customer.name\n} }",
)

CHANGE_PATH = rule(
    "change-path",
    """
    On a route, paths begin with the part of the message that they lead into: `query`, `path`,
    `header`, `cookie`, `body` (what is received) or `response.body`. `rename`, `nest` and
    `hoist` stay within one object; `move` changes the place.
    """,
    "change v2 { route find { rename q -> search } }",
    "change v2 { route find { rename query.q -> query.search } }",
)

PATH_PARAMETER = rule(
    "change-path-parameter",
    """
    The parameters of a path are the ones that stand in it. They can be renamed and mapped;
    taking one away or adding one makes another path.
    """,
    "change v2 { route get { drop path.shop?: string } }",
    "change v2 { route get { rename path.shop -> path.store } }",
)

TEXT_PART = rule(
    "change-text-part",
    """
    Path, query, headers and cookies are read from text: in every version their fields are
    scalars, unions of them, or arrays of those.
    """,
    "change v2 { route find { hoist query.page -> query.from, query.size } }",
    "change v2 { route find { rename query.start -> query.from } }",
)

UNION_OVERLAP = rule(
    "change-union-overlap",
    """
    The branches of this union change in different ways, and a value may be of two of them:
    nothing tells which change it needs. A literal field that every branch has, with another
    value in each, tells objects apart.
    """,
    "type Payment = { last4: string } | { due?: Date, ... }\nchange v2 { type Payment { … } }",
    'type Payment = { kind: "card", last4: string } | { kind: "invoice", due?: Date, ... }',
)

STATUS_CHANGE = rule(
    "change-status",
    """
    `status 200 -> 201` says that what is answered with 201 now was answered with 200. The new
    status must be one that the route returns, and the old one must be free.
    """,
    "route create POST / { returns 202 Order }\nchange v2 { route create { status 200 -> 201 } }",
    "route create POST / { returns 201 Order }\nchange v2 { route create { status 200 -> 201 } }",
)

CHANGE_AFTER_ADDED = rule(
    "change-before-added",
    """
    The route was added in this version or a later one, so no client used it before, and there
    is nothing to carry over.
    """,
    "change v2 { route get { rename query.q -> query.search } }\nchange v3 { route get added }",
    "change v2 { route get added }\nchange v3 { route get { rename query.q -> query.search } }",
)

WRAP_SHAPE = rule(
    "wrap-shape",
    """
    `wrap` puts a value into an array of one. The array must take a single item; and where
    older clients are answered with it, it must have one, since they see the first.
    """,
    "type Order { mails: Email[] }\nchange v2 { type Order { wrap mails } }",
    "type Order { mails: Email[1..] }\nchange v2 { type Order { wrap mails } }",
)

TEXTS = rule(
    "change-texts",
    """
    `split` cuts a string at a separator and `join` puts strings together with one in between.
    Both are for strings alone, and there is a separator of at least one character.
    """,
    "type P { first: int, last: string }\nchange v2 { type P { "
    'split name: string by " " -> first, last } }',
    "type P { first: string(pattern '[^ ]*'), last: string }\nchange v2 { type P { "
    'split name: string by " " -> first, last } }',
)

SPLIT_SEPARATOR = rule(
    "split-separator",
    """
    A part that may hold the separator would be cut elsewhere when it comes back. Every part
    but the last must be of a type without it.
    """,
    "type P { first: string, last: string }\nchange v2 { type P { "
    'split name: string by " " -> first, last } }',
    "type P { first: string(pattern '[^ ]*'), last: string }\nchange v2 { type P { "
    'split name: string by " " -> first, last } }',
)

UNPROVED = warning(
    "unproved",
    """
    Nothing proves that what comes out of this operation is always of the type that it should
    be of. It is checked again at run time: a request that fails is answered with 422, an
    answer that fails with 502. `gatid check --strict` makes this an error.
    """,
    "type P { speed: int(0..1000), lift: int(0..250000) }\nchange v2 { type P { "
    "compute lift: int(0..250000) = speed * (1000 - speed) } }",
    "type P { speed: int(0..1000), lift: int(0..1000000) }\nchange v2 { type P { "
    "compute lift: int(0..1000000) = speed * (1000 - speed) } }",
)

REFUTED = rule(
    "refuted",
    """
    A message of an older version, carried to this one, is not of this version's type; or an
    answer of now, carried back, is none that older clients expect. The message shown is the
    smallest that was found. It was run through the transform and the validators as they serve.
    `gatid timescape prove` lists what is known of every transform.
    """,
    "type P { age: int }\nchange v2 { type P { convert age: string -> int by text } }",
    "type P { age: int }\nchange v2 { type P { "
    "convert age: string(pattern '[0-9]{1,9}') -> int by text } }",
)

CONVERT = rule(
    "change-convert",
    """
    `convert` says a value in another way: `scale(k)` between numbers, `epoch(s)` and
    `epoch(ms)` between `int` and `DateTime`, `text` between a number or `bool` and a string,
    `lower` and `upper` on strings, `base64` between `bytes` and a string. Null stays null.
    """,
    "type P { paid: string }\nchange v2 { type P { convert paid: bool -> string by epoch(s) } }",
    "type P { paid: string }\nchange v2 { type P { convert paid: bool -> string by text } }",
)

CONVERT_RANGE = rule(
    "convert-range",
    """
    What older clients send, converted, must be of the new type, and what they are answered,
    converted back, of the old one. The bounds of the two types do not fit each other.
    """,
    "type P { cents: int(0..100) }\nchange v2 { type P { "
    "convert cents: int(0..100) -> int(0..100) by scale(100) } }",
    "type P { cents: int(0..10000) }\nchange v2 { type P { "
    "convert cents: int(0..100) -> int(0..10000) by scale(100) } }",
)

COMPUTE = rule(
    "change-compute",
    """
    Expressions are over the fields of one object: `+ - * /`, `+` of strings, `len`, `lower`,
    `upper`, `coalesce`, `a if c else b`, literals. They have a value for every object: what may
    be absent or null stands in `coalesce`, and what is divided by is never zero.
    """,
    "type P { paid: int, count: int, each: number }\nchange v2 { type P { "
    "compute each: number = paid / count } }",
    "type P { paid: int, count: int(1..), each: number }\nchange v2 { type P { "
    "compute each: number = paid / count } }",
)

CHANGE_LOSES = rule(
    "change-loses",
    """
    `lossless` says that everything makes the round trip, from older clients to now and back
    and the other way. This operation loses something.
    """,
    'change v2 { lossless\n type P { add note: string = "" } }',
    "change v2 { lossless\n type P { rename text -> note } }",
)

TODO = warning(
    "todo",
    """
    `todo` marks a change that is still to be written. The configuration compiles without it,
    as if nothing changed there; the version cannot be released.
    """,
    'change v2 { type P { todo "how do we name it?" } }',
    "change v2 { type P { rename text -> note } }",
)

CHANGE_STATED = rule(
    "change-stated",
    """
    What a route was before is said by operations. Where the clients before a version keep the
    handler that they had, `handler m:old`, the parts of its messages may be stated whole
    instead: `query { … }`, `headers`, `cookies`, `body T`, `returns …`, with the types of the
    moment before the version. Policies are the same in all versions.
    """,
    "change v2 { route find { query { q: string } } }",
    "change v2 { route find { query { q: string }\n handler shop.old:find } }",
)

CHANGE_MOVED = rule(
    "change-moved",
    """
    `moved from METHOD /path` says where older clients find the route: a whole path, with the
    same parameters, which no other route had in those versions.
    """,
    "route get GET /orders/{id: Uuid} { }\nchange v2 { route get { moved from GET /order } }",
    "route get GET /orders/{id: Uuid} { }\nchange v2 { route get { moved from GET /order/{id} } }",
)

WAS = rule(
    "change-was",
    """
    `was T via m:up, m:down` states an old type in full, and two functions of the project that
    carry values: `up` from the old type to the one after the operation, `down` back. It stands
    alone in its block. Nothing is proved of the functions, so what they give is validated: what
    `up` gives is of the new type or the request is refused (422), what `down` gives is of the
    old one or the answer is (502). Null stays null and is not handed to them.
    """,
    "type Order { total: { cents: int } }\nchange v2 { type Order { was { total: string } } }",
    "type Order { total: { cents: int } }\n"
    "change v2 { type Order { was { total: string } via shop.old:up, shop.old:down } }",
)

CHANGE_MERGED = rule(
    "change-merged",
    """
    `A & B` has the fields of both, and changes as each of them does. A field that both have is
    what they have in common: where one of them had it in another way, or not at all, the other
    still says what it is.
    """,
    "type Base { id: Uuid }\ntype Order = Base & { id: Uuid, total: int }\n"
    "change v2 { type Base { rename nr -> id } }",
    "type Base { id: Uuid }\ntype Order = Base & { total: int }\n"
    "change v2 { type Base { rename nr -> id } }",
)

VERSION_END = rule(
    "version-end",
    """
    `deprecated DATE` in the block of a version says from when its clients should leave,
    `sunset DATE` when it goes away; answers say so in `Deprecation` (RFC 9745) and `Sunset`
    (RFC 8594), and past its sunset a version is 410. Both lie after the version begins, in this
    order, and the newest version has neither. A page about it may follow: an `http` address.
    """,
    "version 2026-03-01 as v1 { sunset 2026-01-01 }\nversion 2026-09-15 as v2",
    "version 2026-03-01 as v1 { sunset 2027-03-01 }\nversion 2026-09-15 as v2",
)
