"""Rules about routes: paths, parameters, messages, handlers."""

from __future__ import annotations

from gatid_compiler.rules.page import rule

BAD_PATH = rule(
    "bad-path",
    """
    No request can have this path. Paths arrive with percent escapes already read, and one
    with an empty segment, `.`, `..` or a backslash is answered 400. A parameter takes a whole
    segment, and a query is not part of a path.
    """,
    """
    route r GET /orders/../list {
      handler shop:r
    }
    """,
    """
    route r GET /orders/list {
      handler shop:r
    }
    """,
)

PATH_READS_AS_VERSION = rule(
    "path-reads-as-version",
    """
    With `versions { path on }` the first segment of a path asks for a version where it is a tag,
    a date, a moment or a TSV, so a route that begins with one would never be found. This holds
    for the paths of older versions too. A parameter in the first place is no fault: a tag there
    asks for the version, and everything else is its value.
    """,
    """
    version 2026-03-01 as v1

    app shop {
      versions {
        path on
      }
    }

    route r GET /v1/orders {
      handler shop:r
    }
    """,
    """
    version 2026-03-01 as v1

    app shop {
      versions {
        path on
      }
    }

    route r GET /orders {
      handler shop:r
    }
    """,
)

DUPLICATE_PARAMETER = rule(
    "duplicate-parameter",
    "A path, the prefixes of its groups included, has two parameters of one name.",
    """
    group /shops/{id} {
      route r GET /orders/{id} {
        handler shop:r
      }
    }
    """,
    """
    group /shops/{shop} {
      route r GET /orders/{id} {
        handler shop:r
      }
    }
    """,
)

PARAMETER_TYPED_TWICE = rule(
    "parameter-typed-twice",
    "A path parameter has its type in the path or in `params`, not in both.",
    """
    route r GET /{id: Uuid} {
      params { id: string }
      handler shop:r
    }
    """,
    """
    route r GET /{id: Uuid} {
      handler shop:r
    }
    """,
)

UNKNOWN_PARAMETER = rule(
    "unknown-parameter",
    """
    `params` and the path do not agree: a parameter of the path is missing from `params`, or
    `params` has a field that the path does not.
    """,
    """
    route r GET /{id} {
      params { key: Uuid }
      handler shop:r
    }
    """,
    """
    route r GET /{id} {
      params { id: Uuid }
      handler shop:r
    }
    """,
)

NOT_TEXTUAL = rule(
    "not-textual",
    """
    Path, query, header and cookie values are text. Their types are scalars (`string`, `int`,
    `number`, `bool`, `Uuid`, literals, …), unions of them, and, except in a path, arrays of
    those, which are read by repetition.
    """,
    """
    route r GET / {
      query { near: { x: int, y: int } }
      handler shop:r
    }
    """,
    """
    route r GET / {
      query { x: int, y: int }
      handler shop:r
    }
    """,
)

NOT_AN_OBJECT = rule(
    "not-an-object",
    """
    `query`, `params`, `headers` and `cookies` take an object type: its fields are the names
    that may come.
    """,
    """
    route r GET / {
      query string
      handler shop:r
    }
    """,
    """
    route r GET / {
      query { q: string }
      handler shop:r
    }
    """,
)

OPTIONAL_PARAMETER = rule(
    "optional-parameter",
    "A path parameter is always there, else the path would be another one.",
    """
    route r GET /{id} {
      params { id?: Uuid }
      handler shop:r
    }
    """,
    """
    route r GET /{id} {
      params { id: Uuid }
      handler shop:r
    }
    """,
)

BAD_HEADER_NAME = rule(
    "bad-header-name",
    """
    The names of headers and cookies are letters, digits and ``!#$%&'*+-.^_`|~`` (RFC 9110,
    *token*). Names that are no identifiers are quoted.
    """,
    """
    route r GET / {
      headers { "X Trace": string }
      handler shop:r
    }
    """,
    """
    route r GET / {
      headers { "X-Trace": string }
      handler shop:r
    }
    """,
)

BODY_ON_GET = rule(
    "body-on-get",
    """
    A body of GET or HEAD has no meaning (RFC 9110, section 9.3.1), and caches and proxies
    drop it. Read from the query, or take the body with POST.
    """,
    """
    route find GET /orders {
      body Filter
      handler shop:find
    }
    """,
    """
    route find POST /orders/search {
      body Filter
      handler shop:find
    }
    """,
)

BAD_BODY = rule(
    "bad-body",
    "`body bytes` takes the body as it is; its bound is `max_body`, not a length.",
    """
    route r PUT / {
      body bytes(..1000)
      handler shop:r
    }
    """,
    """
    route r PUT / {
      body bytes
      max_body 1000B
      handler shop:r
    }
    """,
)

STATUS_TWICE = rule(
    "status-twice",
    """
    `returns` names a status twice; without a status, 200 is meant. What may be one of two
    types is written as a union.
    """,
    """
    route r GET / {
      returns Order, 200 Draft
      handler shop:r
    }
    """,
    """
    route r GET / {
      returns Order | Draft
      handler shop:r
    }
    """,
)

BAD_STATUS = rule(
    "bad-status",
    """
    A route answers with a final status, 200 to 599, and 204, 205 and 304 have no body (RFC
    9110, section 15).
    """,
    """
    route r DELETE / {
      returns 204 Order
      handler shop:r
    }
    """,
    """
    route r DELETE / {
      returns 204
      handler shop:r
    }
    """,
)

NO_RETURNS = rule(
    "no-returns",
    """
    A route says nothing of what it answers when all is well, so that every answer of its
    handler would be a fault. `returns` without a type is an answer without a body.
    """,
    """
    route r DELETE /{id} {
      returns 404 Problem
      handler shop:r
    }
    """,
    """
    route r DELETE /{id} {
      returns 204, 404 Problem
      handler shop:r
    }
    """,
)

NO_HANDLER = rule(
    "no-handler",
    "A route has no `handler`, so that nothing could answer.",
    """
    route r GET / {
      returns Order
    }
    """,
    """
    route r GET / {
      returns Order
      handler shop.orders:get
    }
    """,
)

DUPLICATE_ROUTE = rule(
    "duplicate-route",
    """
    Two routes match the same requests: same method, same static segments, parameters at the
    same places. The names and types of parameters take no part in it, because a request is
    matched before its values are read.
    """,
    """
    route a GET /orders/{id: Uuid} {
      handler shop:a
    }
    route b GET /orders/{number: int} {
      handler shop:b
    }
    """,
    """
    route a GET /orders/{id: Uuid} {
      handler shop:a
    }
    route b GET /orders/number/{number: int} {
      handler shop:b
    }
    """,
)

CHANGE_REMOVED = rule(
    "change-removed",
    """
    `removed` states a route that older versions had, whole and under its own name. A name is
    one route for all time: another route that came later has another one, even if it answers
    the same requests.
    """,
    "change v2 { route find removed { route find GET /old {\n returns 204\n "
    "handler static 204 } } }  # where `find` is a route now",
    "change v2 { route search removed { route search GET /old {\n returns 204\n "
    "handler static 204 } } }",
)
