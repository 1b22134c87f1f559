"""Rules about files, names and statements."""

from __future__ import annotations

from gatid_compiler.rules.page import rule, warning

BAD_INCLUDE = rule(
    "bad-include",
    """
    An `include` names files of the same project, relative to the file that it stands in. A
    pattern that matches no file is an error, because a typing mistake would else silently
    leave out part of the API.
    """,
    'include "typs/*.gati"',
    'include "types/*.gati"',
)

INCLUDE_CYCLE = rule(
    "include-cycle",
    """
    A file includes itself, perhaps through other files or by a pattern that matches it too.
    All files share one namespace, so the included file need not include the first one back.
    """,
    '# shop.gati\ninclude "*.gati"',
    '# shop.gati\ninclude "types/*.gati"',
)

NO_APP = rule(
    "no-app",
    """
    A project has exactly one `app`, and none was found in the entry file and what it includes.
    """,
    """
    route hello GET / {
      returns 204
      handler static 204
    }
    """,
    """
    app hello { listen "127.0.0.1:8080" }

    route hello GET / {
      auth    none
      returns 204
      handler static 204
    }
    """,
)

DUPLICATE_APP = rule(
    "duplicate-app",
    "A project has exactly one `app`; its settings cannot stand in two blocks.",
    'app shop { listen "127.0.0.1:8080" }\napp shop { timeout 5s }',
    'app shop {\n  listen "127.0.0.1:8080"\n  timeout 5s\n}',
)

DUPLICATE_NAME = rule(
    "duplicate-name",
    """
    Two declarations of one kind have the same name. All files of a project share one
    namespace. A route's name is what versions, metrics and clients call it, so it is unique
    across groups, too.
    """,
    "type Order { id: Uuid }\ntype Order { number: int }",
    "type Order { id: Uuid }\ntype Invoice { number: int }",
)

RESERVED_NAME = rule(
    "reserved-name",
    "A type may not be called like a built-in one: readers would take it for that.",
    "type Email = string",
    "type WorkEmail = Email",
)

UNKNOWN_STATEMENT = rule(
    "unknown-statement",
    "There is no statement or option of this name; most often it is misspelt.",
    "app shop { time_out 5s }",
    "app shop { timeout 5s }",
)

MISPLACED_STATEMENT = rule(
    "misplaced-statement",
    "The statement exists, but says nothing where it stands.",
    "group /orders { handler shop.orders:list }",
    """
    group /orders {
      route list GET / {
        returns 204
        handler shop.orders:list
      }
    }
    """,
)

STATEMENT_TWICE = rule(
    "statement-twice",
    "A block says the same thing twice; only one of the two could hold.",
    """
    app shop {
      timeout 5s
      timeout 10s
    }
    """,
    "app shop { timeout 10s }",
)

BAD_ARGUMENT = rule(
    "bad-argument",
    """
    What follows the statement's word is not of the kind that it takes, or outside what it
    may be. The help line shows the form.
    """,
    "app shop { timeout 5 }",
    "app shop { timeout 5s }",
)

NAMED_TWICE = rule(
    "named-twice",
    "A list names the same thing twice.",
    """
    route r GET / {
      use staff, staff
    }
    """,
    """
    route r GET / {
      use staff
    }
    """,
)

NOT_SUPPORTED_YET = rule(
    "not-supported-yet",
    """
    This is part of the language, but this release of gatid does not do it. It is refused
    rather than ignored, because a configuration that says more than it does is a danger.
    """,
    'policy web { cors { origins "https://example.com" } }',
    "policy web { rate 600/min per address }",
)

BAD_ADDRESS = rule(
    "bad-address",
    """
    `listen` and `admin` take an address: `"host:port"`, `"unix:PATH"` or `"fd:NAME"` (a
    socket handed over by systemd). A UNIX socket's path has at most 107 bytes.
    """,
    'app shop { listen "8080" }',
    'app shop { listen "127.0.0.1:8080" }',
)

ADDRESS_TWICE = rule(
    "address-twice",
    """
    Two listeners would take the same address. The admin listener never shares one with the
    public: whoever reaches it may stop the daemon.
    """,
    'app shop {\n  listen "0.0.0.0:8080"\n  admin  "0.0.0.0:8080"\n}',
    'app shop {\n  listen "0.0.0.0:8080"\n  admin  "127.0.0.1:9090"\n}',
)

UNKNOWN_TAG = rule(
    "unknown-tag",
    "`versions { default … }` names a tag that no `version` has.",
    "app shop { versions { default v3 } }\nversion 2026-03-01 as v2",
    "app shop { versions { default v2 } }\nversion 2026-03-01 as v2",
)

VERSIONS_WITHOUT_RELEASE = warning(
    "versions-without-release",
    """
    `versions` says how a version is asked for, but the project declares none, so there is
    nothing to ask for and the block does nothing.
    """,
    'app shop { versions { header "X-Version" } }',
    'app shop { versions { header "X-Version" } }\nversion 2026-03-01 as v1',
)
