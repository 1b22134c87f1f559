"""Pairs of types as people change their contracts, with what is known of each.

`INSIDE`: every value of the first is a value of the second. `NOT_INSIDE`: some value is not.
`DECLARED` are the types that the pairs name.
"""

from __future__ import annotations

DECLARED = r"""
type Node   { value: int, next?: Node }
type NodeN  { value: number, next?: NodeN | null }
type Tree   { name: string, children: Tree[] }
type Tree5  { name: string, children: Tree5[..5] }
type TreeO  { name: string, children: TreeO[], ... }
type TreeMap { ...: TreeMap }
type Even   { odd?: Odd }
type Odd    { even: Even }
type Chain  { odd?: { even: Chain } }
type Json   = null | bool | number | string | Json[] | { ...: Json }
type Whole  = null | bool | int | string | Whole[] | { ...: Whole }
type Expr   = { op: "lit", value: number } | { op: "add" | "mul", left: Expr, right: Expr }
type Expr2  = { op: "lit", value: number } | { op: "add" | "mul" | "sub", left: Expr2,
  right: Expr2 }
type Expr3  = { op: "lit", value: number } | { op: "add", left: Expr3, right: Expr3 }
  | { op: "mul", left: Expr3, right: Expr3 }
type Money  { amount: Decimal, currency: string(pattern '[A-Z]{3}') }
type Euro   { amount: Decimal, currency: "EUR" }
type Address { street: string(1..120), city: string(1..60), zip: string(pattern '\d{5}'),
  country: string(2) }
type AddressZ { street: string(1..120), city: string(1..60),
  zip: string(pattern '\d{5}(-\d{4})?'), country: string(2) }
type Line   { sku: string(pattern '[A-Z]{3}-\d{4}'), quantity: int(1..99), gift?: bool }
type LineW  { sku: string(1..20), quantity: int(1..), gift?: bool, note?: string }
type Order  { id: Uuid, lines: Line[1..50], total: Money, status: "new" | "paid" | "shipped",
  note?: string(..500) | null }
type OrderW { id: string, lines: LineW[], total: Money,
  status: "new" | "paid" | "shipped" | "lost", note?: string | null }
type OrderX { id: Uuid, lines: Line[1..50], total: Money, status: "new" | "paid",
  note?: string(..500) | null }
type Card   { kind: "card", last4: string(pattern '\d{4}'),
  expires: string(pattern '(0[1-9]|1[0-2])/\d\d') }
type Invoice { kind: "invoice", due: Date }
type Cash   { kind: "cash" }
type Payment = Card | Invoice
type Payment3 = Card | Invoice | Cash
type Event  = { type: "made", order: Order, at: DateTime } | { type: "lost", id: Uuid,
  at: DateTime }
type EventW = { type: "made", order: OrderW, at: DateTime } | { type: "lost" | "found",
  id: string, at: DateTime }
type Page<T> { items: T[..100], next?: string(1..200) }
"""

INSIDE: list[tuple[str, str]] = [
    # fields
    ("{ a: int }", "{ a?: int }"),
    ("{ a: int }", "{ a: int, b?: string }"),
    ("{ a: int, b: string }", "{ a: int, ... }"),
    ("{ a: int, b: string }", "{ ... }"),
    ("{ a: int }", "{ a: int | null }"),
    ("{ a: int, b: int }", "{ b: number, a: number }"),
    ("{ a?: int }", "{ a?: int | null }"),
    ("{ id: Uuid, name: string(1..80) }", "{ id: string, name: string(..120), nick?: string }"),
    ("{ a: { b: { c: int(1..5) } } }", "{ a: { b: { c: int(0..9), d?: bool }, ... } }"),
    ("{ a?: int = 3 }", "{ a?: int = 4 }"),
    ('{ "X-Id": string, "a b"?: int }', '{ "X-Id": string, "a b"?: number }'),
    ("Order", "OrderW"),
    ("OrderX", "Order"),
    ("Order", "Order & { ... }"),
    ("Address", "AddressZ"),
    ("Euro", "Money"),
    ("Line", "LineW"),
    ("Page<Line>", "Page<LineW>"),
    ("Page<OrderX>", "Page<Order>"),
    ("{}", "{ a?: int, b?: int }"),
    # bounds
    ("int(1..10)", "int(0..10)"),
    ("int(1..10)", "number(0..10)"),
    ("int(0..)", "int"),
    ("int(1..3)", "1 | 2 | 3"),
    ("1 | 2 | 3", "int(1..3)"),
    ("1 | 5", "int(multiple 2) | int(1..5)"),
    ("int(0..10)", "int(0..4) | int(5..10)"),
    ("number(0..1)", "number(-1..1)"),
    ("number(0..1)", "number(0..0.5) | number(0.5..1)"),
    ("int(multiple 10)", "int(multiple 5)"),
    ("int(multiple 6)", "int(multiple 2) & int(multiple 3)"),
    ("int(multiple 2) & int(multiple 3)", "int(multiple 6)"),
    ("int(0..100, multiple 25)", "0 | 25 | 50 | 75 | 100"),
    ("int(multiple 4)", "number(multiple 2)"),
    ("number(multiple 0.25)", "number(multiple 0.05)"),
    ("number(0..10, multiple 0.5)", "number(0..20, multiple 0.1)"),
    ("int", "int(..-1) | 0 | int(1..)"),
    ("int(1..1000000000000000000000)", "int(0..)"),
    # strings
    ("string(1..10)", "string(..20)"),
    ("string(3)", "string(1..3)"),
    ("string(1..50)", "string(..10) | string(5..)"),
    ('"a" | "bb"', "string(1..2)"),
    ('""', "string"),
    # patterns
    (r"string(pattern '\d{4}')", "string(4)"),
    (r"string(pattern '[A-Z]{3}-\d{4}')", r"string(pattern '[A-Z]+-\d+')"),
    (r"string(pattern '[a-f0-9]{8}')", r"string(pattern '[0-9a-fA-F]+')"),
    (r"string(pattern '[A-Z]{2}')", r"string(pattern '\w\w')"),
    (r"string(pattern '^abc$')", '"abc"'),
    ('"abc"', r"string(pattern '[a-c]+')"),
    ('"red" | "green"', r"string(pattern 'red|green|blue')"),
    (r"string(pattern 'red|green|blue')", '"red" | "green" | "blue"'),
    (r"string(pattern '(ab)*')", r"string(pattern '[ab]*')"),
    (r"string(pattern 'a+b+')", r"string(pattern '[^c]+')"),
    (r"string(pattern '(?i)on|off')", r"string(pattern '[A-Za-z]{2,3}')"),
    (r"string(pattern '(?i)[éà]+')", r"string(pattern '[éÉàÀ]+')"),
    (r"string(..5, pattern '\S+')", "string(1..5)"),
    (r"string(pattern 'v\d+(\.\d+){2}')", r"string(pattern 'v[\d.]+')"),
    (r"string(pattern '[a-z][a-z0-9-]{0,61}[a-z0-9]')", "string(2..63)"),
    (r"string(pattern '[a-z0-9]+(-[a-z0-9]+)*')", r"string(pattern '[a-z0-9-]+')"),
    (r"string(pattern '\+[1-9]\d{6,14}')", "string(8..16)"),
    (r"string(pattern '#[0-9a-f]{6}')", r"string(pattern '#([0-9a-f]{3}|[0-9a-f]{6})')"),
    (r"string(pattern '(0[1-9]|1[0-2])/\d\d')", r"string(pattern '\d\d/\d\d')"),
    (r"string(pattern '.{1,255}')", "string(1..255)"),
    (r"string(pattern '[^\n]{1,200}')", r"string(pattern '.{1,255}')"),
    (r"string(pattern '\p{Lu}+')", r"string(pattern '\p{L}+')"),
    (r"string(pattern '\p{L}[\p{L} ]*')", "string(1..)"),
    (r"string(pattern '[a-z]+')", r"string(pattern '\p{Ll}+')"),
    (r"string(pattern '\p{Greek}+')", r"string(pattern '[^a-z]*')"),
    # formats
    ("Uuid", "string"),
    ("Uuid", "string(36)"),
    ("Uuid", r"string(pattern '[0-9a-fA-F-]{36}')"),
    (r"string(pattern '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')", "Uuid"),
    ("Date", "string(10)"),
    ("Date", r"string(pattern '\d{4}-\d\d-\d\d')"),
    ("DateTime", r"string(pattern '\d{4}-.*')"),
    ("DateTime", "string(20..)"),
    ("Decimal", r"string(pattern '-?\d+(\.\d+)?')"),
    (r"string(pattern '\d+\.\d\d')", "Decimal"),
    ("Email", r"string(pattern '.+@.+')"),
    ("Ip", "string(2..45)"),
    ('"2024-02-29"', "Date"),
    ('"PT5M" | "P1D"', "Duration"),
    ("bytes(..10)", "bytes(..20)"),
    ("bytes", "string"),
    ("Url", r"string(pattern '[a-zA-Z][a-zA-Z0-9+.-]*:.*')"),
    ("Time", r"string(pattern '\d\d:\d\d:\d\d.*')"),
    # enums
    ('"a" | "b"', '"a" | "b" | "c"'),
    ('"a" | "b"', "string"),
    ("true", "bool"),
    ("bool", "true | false"),
    ('"a" | 1', "string | int"),
    # unions
    ("int", "int | string"),
    ("int | string", "string | number | null"),
    ("Payment", "Payment3"),
    ("Card", "Payment"),
    ("Payment", '{ kind: "card" | "invoice", ... }'),
    ('{ k: "a" | "b", v: int }', '{ k: "a", v: int } | { k: "b", v: number }'),
    ("{ a: int | string }", "{ a: int } | { a: string }"),
    (
        "{ a: bool, b: bool }",
        "{ a: true, b: bool } | { a: false, b: true } | { a: false, b: false }",
    ),
    ("{ a?: int }", "{} | { a: int }"),
    ("Event", "EventW"),
    ("{ a: int } | { b: int }", "{ a?: int, b?: int }"),
    ("Payment & { ... }", "Payment3"),
    # recursion
    ("Node", "NodeN"),
    ("Tree5", "Tree"),
    ("Tree", "TreeO"),
    ("Even", "Chain"),
    ("Chain", "Even"),
    ("Whole", "Json"),
    ("Json", "any"),
    ("any", "Json"),
    ("Expr", "Expr2"),
    ("Expr", "Expr3"),
    ("Expr3", "Expr"),
    # maps and open objects
    ("{ ...: int }", "{ ...: number }"),
    ("{ a: int, b: int }", "{ ...: int }"),
    ("{ a: int, ...: int }", "{ ...: number }"),
    ("{ a: int, ...: int }", "{ a: int, ... }"),
    ("{ ...: int(1..5) }", "{ a?: int, ...: int(0..9) }"),
    ("{ a?: int, ... }", "{ ... }"),
    ("{ ... }", "{ a?: any, ... }"),
    ('{ kind: "x", ... }', "{ kind: string, ... }"),
    ("{ a: int, ... } & { b: int, ... }", "{ a: int, ... }"),
    # tuples and arrays
    ("int[]", "number[]"),
    ("int[1..5]", "int[]"),
    ("int[2]", "[int, int]"),
    ("[int, int]", "int[2]"),
    ("[int, string]", "(int | string)[1..3]"),
    ("[1, 2, 3]", "int[]"),
    ("int[0..2]", "int[0] | int[1] | int[2]"),
    ("int[unique]", "int[]"),
    ("int[1]", "int[unique]"),
    ("[1, 2]", "int[unique]"),
    ("[int(..0), string, int(1..)]", "any[unique]"),
    ("bool[unique]", "bool[..2]"),
    ('("a" | "b" | "c")[unique]', "string[..3]"),
    ("int(1..4)[unique]", "int(0..9)[..4]"),
    ("string[1..3, unique]", "string[..5, unique]"),
    ("[Uuid, Date]", "[string, string(10)]"),
    ("int[]", "(int | null)[]"),
    ("(int[])[]", "(number[])[]"),
]

NOT_INSIDE: list[tuple[str, str]] = [
    # fields
    ("{ a?: int }", "{ a: int }"),
    ("{ a: int }", "{ a: int, b: string }"),
    ("{ a: int, b: int }", "{ a: int }"),
    ("{ a: int | null }", "{ a: int }"),
    ("{ a?: int | null }", "{ a?: int }"),
    ("{ a: number }", "{ a: int }"),
    ("{ a: int }", "{ A: int }"),
    ("OrderW", "Order"),
    ("Order", "OrderX"),
    ("AddressZ", "Address"),
    ("Money", "Euro"),
    ("LineW", "Line"),
    ("Page<Order>", "Page<OrderX>"),
    ("{ a: { b: { c: int } } }", "{ a: { b: { c: int(..1000000) } } }"),
    ("{ ... }", "{}"),
    # bounds
    ("int(0..10)", "int(1..10)"),
    ("int", "int(-1000000..1000000)"),
    ("number", "int"),
    ("number(0..1)", "number(0..0.5) | number(0.75..1)"),
    ("int(0..10)", "int(0..4) | int(6..10)"),
    ("int(multiple 5)", "int(multiple 10)"),
    ("int(multiple 2) | int(multiple 3)", "int(multiple 6)"),
    ("int(0..100)", "int(multiple 2) | int(multiple 3) | int(multiple 5)"),
    ("number(multiple 0.05)", "number(multiple 0.25)"),
    ("number(multiple 0.01)", "number(multiple 0.1)"),
    ("1 | 2 | 3 | 4", "int(1..3)"),
    ("int(1..3)", "1 | 3"),
    ("number(0..10)", "number(0..10, multiple 0.01)"),
    # strings and patterns
    ("string", "string(1..)"),
    ("string(1..10)", "string(2..9)"),
    ("string(..20)", '"a" | "b"'),
    (r"string(pattern '\d+')", "string(..10)"),
    (r"string(pattern '[A-Z]+-\d+')", r"string(pattern '[A-Z]{3}-\d{4}')"),
    (r"string(pattern '\w+')", r"string(pattern '[a-z]+')"),
    (r"string(pattern '[a-z0-9-]+')", r"string(pattern '[a-z0-9]+(-[a-z0-9]+)*')"),
    (r"string(pattern '[a-z]{1,63}')", r"string(pattern '[a-z]{1,62}')"),
    (r"string(pattern '.{1,255}')", r"string(pattern '.{1,254}')"),
    (r"string(pattern '(a|b)*abb')", r"string(pattern '(aa|b)*')"),
    (r"string(pattern 'red|green|blue')", '"red" | "green"'),
    (r"string(pattern '\d{5}(-\d{4})?')", r"string(pattern '\d{5}')"),
    (r"string(pattern '(?i)[a-z]+')", r"string(pattern '[a-z]+')"),
    # the long s is an s in another case
    (r"string(pattern '(?i)yes|no')", r"string(pattern '[A-Za-z]{2,3}')"),
    (r"string(pattern '(?s).*')", r"string(pattern '.*')"),
    (r"string(pattern '\p{L}+')", r"string(pattern '\p{Lu}+')"),
    (r"string(pattern '\p{L}+')", r"string(pattern '[A-Za-z]+')"),
    (r"string(pattern '[\p{L}\d]+')", r"string(pattern '\p{L}+')"),
    (r"string(pattern '\PL*')", r"string(pattern '\d*')"),
    # formats
    ("string", "Uuid"),
    ("string(36)", "Uuid"),
    ("Date", "DateTime"),
    ("DateTime", "Date"),
    (r"string(pattern '\d{4}-\d\d-\d\d')", "Date"),
    ("Decimal", r"string(pattern '\d+(\.\d+)?')"),
    ("Email", r"string(pattern '\w+@\w+')"),
    ("bytes(..20)", "bytes(..10)"),
    ("string", "bytes"),
    ("Ip", r"string(pattern '[\d.]+')"),
    ("Url", r"string(pattern 'https?://.*')"),
    # enums and unions
    ('"a" | "b" | "c"', '"a" | "b"'),
    ("string", '"a" | "b"'),
    ("bool", "true"),
    ("int | null", "int"),
    ("int | string", "string"),
    ("Payment3", "Payment"),
    ("EventW", "Event"),
    ('{ k: "a" | "b", v: int }', '{ k: "a", v: int } | { k: "b", v: int(0..) }'),
    ("{ a: int, b: int } | { a: string, b: string }", "{ a: int, b: int }"),
    ("{ a: int | string, b: int | string }", "{ a: int, b: int } | { a: string, b: string }"),
    ("{ a?: int, b?: int }", "{ a: int } | { b: int }"),
    ('{ kind: "card" | "invoice", ... }', "Payment"),
    # recursion
    ("NodeN", "Node"),
    ("Tree", "Tree5"),
    ("TreeO", "Tree"),
    ("Json", "Whole"),
    ("Expr2", "Expr"),
    ("Even", "{ odd?: { even: {} } }"),
    ("Json", "null | bool | number | string | { ...: Json }"),
    # maps, arrays, tuples
    ("{ ...: number }", "{ ...: int }"),
    ("{ a: int, ... }", "{ a: int, ...: int }"),
    ("{ ...: int }", "{ a?: int }"),
    ("{ a?: int, ...: string }", "{ ...: string }"),
    ("number[]", "int[]"),
    ("int[]", "int[1..]"),
    ("int[..100]", "int[..99]"),
    ("int[]", "int[unique]"),
    ("int[2]", "[int, string]"),
    ("[int, int]", "[int]"),
    ("(int | string)[]", "int[] | string[]"),
    ("(bool)[2]", "bool[unique]"),
    ("string[..5, unique]", "string[1..3, unique]"),
    ("[int, int]", "int[unique]"),
    ("[int(..1), string, int(1..)]", "any[unique]"),
    ("[string, int(1..9), number(9..)]", "any[unique]"),
    ('("a" | "b" | "c")[unique]', "string[..2]"),
    ("int(1..4)[unique]", "int(0..9)[..3]"),
    ("Page<Json>", "Page<Whole>"),
]
