"""Rules about types."""

from __future__ import annotations

from gatid_compiler.rules.page import rule

UNKNOWN_TYPE = rule(
    "unknown-type",
    "A type is named that is neither built in nor declared in any file of the project.",
    """
    type Order { id: Uuid }
    route get GET /{id} {
      returns Ordr
    }
    """,
    """
    type Order { id: Uuid }
    route get GET /{id} {
      returns Order
    }
    """,
)

TYPE_ARGUMENTS = rule(
    "type-arguments",
    """
    A generic type is used with another number of type arguments than it has parameters, or
    arguments are given to a type that takes none.
    """,
    "type Page<T> { items: T[] }\ntype Orders = Page",
    "type Page<T> { items: T[] }\ntype Orders = Page<Order>",
)

ENDLESS_TYPE = rule(
    "endless-type",
    """
    A generic type uses itself with ever larger arguments, so that writing it out never ends.
    A recursive generic type has to come back to arguments it was already used with.
    """,
    "type Nested<T> { inner?: Nested<T[]> }",
    "type Nested<T> { inner?: Nested<T>, items: T[] }",
)

UNKNOWN_CONSTRAINT = rule(
    "unknown-constraint",
    """
    There is no constraint of this name. Strings have a length and `pattern`, numbers have
    bounds and `multiple`.
    """,
    "type Sku = string(regex '[A-Z]+')",
    "type Sku = string(pattern '[A-Z]+')",
)

MISPLACED_CONSTRAINT = rule(
    "misplaced-constraint",
    """
    The constraint exists, but not for this type: a `pattern` is for strings, `multiple` for
    numbers, and named types take their constraints where they are declared.
    """,
    "type Count = int(pattern '[0-9]+')",
    "type Count = int(0..)",
)

BAD_BOUND = rule(
    "bad-bound",
    """
    A bound is of a kind that its type cannot have: lengths are whole numbers from 0, bounds
    of an `int` are whole numbers, and a `multiple` is greater than 0.
    """,
    "type Name = string(-1..10)",
    "type Name = string(0..10)",
)

BOUNDS_CROSSED = rule(
    "bounds-crossed",
    "The lower bound lies above the upper one, so that no value fits.",
    "type Percent = int(100..0)",
    "type Percent = int(0..100)",
)

BAD_PATTERN = rule(
    "bad-pattern",
    """
    A pattern is a regular expression that runs in linear time, whatever the input: no
    back references and no look-around. It matches the whole string, so `^` and `$` are
    not needed.
    """,
    "type Twice = string(pattern '(a+)\\1')",
    "type Sku = string(pattern '[A-Z]{3}-\\d{4}')",
)

BAD_LITERAL = rule(
    "bad-literal",
    """
    A literal type is a string, a whole number, `true`, `false` or `null`. Numbers with a
    fraction are no literals, because two ways to write one would be one value or two.
    """,
    "type Factor = 0.5 | 1",
    "type Factor = number(0.5..1)",
)

DUPLICATE_FIELD = rule(
    "duplicate-field",
    """
    An object has two fields of one name. In `headers`, names that differ only in case are
    the same.
    """,
    "type Order { id: Uuid, id: int }",
    "type Order { id: Uuid, number: int }",
)

DEFAULT_ON_REQUIRED = rule(
    "default-on-required",
    """
    A default fills a field that is absent, and a required field never is. Mark the field
    as optional with `?`.
    """,
    "type Query { limit: int = 20 }",
    "type Query { limit?: int = 20 }",
)

DEFAULT_OUTSIDE_TYPE = rule(
    "default-outside-type",
    "The default of a field is not a value of the field's type.",
    "type Query { limit?: int(1..100) = 0 }",
    "type Query { limit?: int(1..100) = 20 }",
)

UNINHABITED_TYPE = rule(
    "uninhabited-type",
    """
    No value is of this type, so nothing could ever be sent or answered with it. Usually an
    intersection asks for two things at once, or a recursive type has no end: it needs a
    branch, an optional field or an array that may be empty.
    """,
    "type Node { value: int, next: Node }",
    "type Node { value: int, next?: Node }",
)

TYPE_CYCLE = rule(
    "type-cycle",
    """
    A type is declared as itself, without an object, array or tuple in between, so that the
    declaration says nothing.
    """,
    "type A = B\ntype B = A | null",
    "type A = { next: B }\ntype B = A | null",
)
