"""Rules about policies, secrets, modules and hooks."""

from __future__ import annotations

from gatid_compiler.rules.page import rule, warning

UNKNOWN_POLICY = rule(
    "unknown-policy",
    "`use` names a policy that is declared nowhere in the project.",
    """
    policy staff { auth none }
    route r GET / {
      use stuff
    }
    """,
    """
    policy staff { auth none }
    route r GET / {
      use staff
    }
    """,
)

POLICY_CYCLE = rule(
    "policy-cycle",
    "Policies use one another in a circle, so that none of them comes first.",
    "policy a { use b }\npolicy b { use a }",
    "policy a { use b }\npolicy b { rate 60/min per address }",
)

CONFLICTING_POLICIES = rule(
    "conflicting-policies",
    """
    Two policies that are used at one place both set something of which there is only one:
    `roles`, `timeout`, `max_body`. Neither comes first, so say it there in a line of its
    own, which beats both, or use only one of them. (`auth` lines of several policies are
    alternatives.)
    """,
    "policy fast { timeout 1s }\npolicy slow { timeout 60s }\ngroup /a { use fast, slow }",
    "policy fast { timeout 1s }\npolicy slow { timeout 60s }\n"
    "group /a { use fast, slow\n  timeout 10s }",
)

AUTH_NONE_BESIDE = rule(
    "auth-none-beside",
    """
    Several `auth` lines of one level are alternatives, and `auth none` lets anyone in, so
    that the others would do nothing.
    """,
    """
    policy p {
      auth none
      auth key {
        header "X-API-Key"
        keys api_keys
      }
    }
    """,
    """
    policy p {
      auth key {
        header "X-API-Key"
        keys api_keys
      }
    }
    """,
)

AUTH_INCOMPLETE = rule(
    "auth-incomplete",
    """
    `auth key` needs to know where the key stands in a request (`header`, `param` or both)
    and which secret holds the keys. `auth jwt` needs to know who issues the tokens, whom they
    are meant for, and which secret holds the keys that they are signed with: a token of someone
    else, or for someone else, is not to be taken.
    """,
    "policy p { auth key { keys api_keys } }",
    """
    policy p {
      auth key {
        header "X-API-Key"
        keys api_keys
      }
    }
    """,
)

MIXED_ALGORITHMS = rule(
    "mixed-algorithms",
    """
    `algorithms` of an `auth jwt` names some that sign with a shared key (those that begin with
    HS) beside some that sign with a private one. Where both are taken, a public key can be passed
    off as a shared one, and anyone who knows it could sign. Keep those of one kind; two
    `auth jwt`, each with its own secret, are alternatives.
    """,
    """
    policy staff {
      auth jwt {
        issuer     "https://id.example.com"
        audience   "shop"
        keys       jwt_keys
        algorithms RS256, HS256
      }
    }
    """,
    """
    policy staff {
      auth jwt {
        issuer     "https://id.example.com"
        audience   "shop"
        keys       jwt_keys
        algorithms RS256
      }
    }
    """,
)

ROLES_WITHOUT_AUTH = rule(
    "roles-without-auth",
    """
    `roles` asks what the caller holds, where nobody is authenticated: there is no `auth`, or
    it is `auth none`. The route could never be called.
    """,
    """
    route r GET / {
      roles any(admin)
      handler shop:r
    }
    """,
    """
    route r GET / {
      auth key {
        header "X-API-Key"
        keys api_keys
      }
      roles any(admin)
      handler shop:r
    }
    """,
)

UNREACHABLE_LIMIT = rule(
    "unreachable-limit",
    """
    The limit can never be what stops a request: a tighter one of the same kind always stops
    it before, or it counts callers where nobody is authenticated.
    """,
    """
    app shop { rate 60/min per address }
    route r GET / {
      rate 600/min per address
      handler shop:r
    }
    """,
    """
    app shop { rate 600/min per address }
    route r GET / {
      rate 60/min per address
      handler shop:r
    }
    """,
)

SNAPSHOT_NEVER = rule(
    "snapshot-never",
    """
    The block does not say which requests are kept: a share of all of them (`sample`), those
    that failed (`errors on`), or both. To keep none of what an outer level keeps, say
    `sample 0`.
    """,
    """
    policy watched {
      snapshot {
        keep 30d
      }
    }
    """,
    """
    policy watched {
      snapshot {
        errors on
        keep   30d
      }
    }
    """,
)

OPEN_ROUTE = warning(
    "open-route",
    """
    No policy says who may call the route, so anyone may. If that is meant, `auth none` says
    so aloud; a policy used by the app or a group does it for all their routes.
    """,
    """
    route list GET /orders {
      returns 204
      handler shop:list
    }
    """,
    """
    route list GET /orders {
      auth none
      returns 204
      handler shop:list
    }
    """,
)

UNKNOWN_SECRET = rule(
    "unknown-secret",
    "A secret is named, in `.gati` or in a handler, that no `secret` declares.",
    'secret dsn from env "DSN"\nmodule db = shop.db:Db { allow secret dns }',
    'secret dsn from env "DSN"\nmodule db = shop.db:Db { allow secret dsn }',
)

UNUSED_SECRET = rule(
    "unused-secret",
    """
    A secret is declared that nothing may read: no `allow secret` and no `keys` names it. A
    secret is given out only where it is allowed, and one that is not needed should not be
    within reach.
    """,
    'secret dsn from env "DSN"',
    'secret dsn from env "DSN"\nmodule db = shop.db:Db { allow secret dsn }',
)

SECRET_NOT_ALLOWED = rule(
    "secret-not-allowed",
    """
    Python code reads a secret that is not allowed where the code runs. A handler or hook may
    read what its route, its groups, the app and their policies `allow`; a module what the
    module itself does.
    """,
    """
    secret dsn from env "DSN"
    route r GET / {  # reads `dsn`
      handler shop:r
    }
    """,
    """
    secret dsn from env "DSN"
    route r GET / {
      allow secret dsn
      handler shop:r
    }
    """,
)

UNKNOWN_MODULE = rule(
    "unknown-module",
    """
    A module is named, in `allow module` or as `gctx.modules.NAME` in a handler, that no
    `module` declares.
    """,
    "module store = shop.store:Store\nmodule cache = shop.cache:Cache { allow module stroe }",
    "module store = shop.store:Store\nmodule cache = shop.cache:Cache { allow module store }",
)

UNKNOWN_METHOD = rule(
    "unknown-method",
    """
    A handler, a hook or another module calls a method that the module does not have. Called can be
    what its class and its bases define, when the name does not begin with `_`; `start`, `stop` and
    `health` are for gatid alone.
    """,
    "number = await gctx.modules.store.insrt(order)",
    "number = await gctx.modules.store.insert(order)",
    language="python",
)

MODULE_NOT_ALLOWED = rule(
    "module-not-allowed",
    """
    A module calls another one that it does not `allow`. Handlers may call every declared
    module; a module says which ones it needs, so that they are started in that order.
    """,
    "module cache = shop.cache:Cache  # calls `mctx.modules.store`",
    "module cache = shop.cache:Cache { allow module store }",
)

MODULE_CYCLE = rule(
    "module-cycle",
    "Modules allow one another in a circle, so that none of them can be started first.",
    "module a = shop:A { allow module b }\nmodule b = shop:B { allow module a }",
    "module a = shop:A { allow module b }\nmodule b = shop:B",
)

NETWORK_NOT_ENFORCED = warning(
    "network-not-enforced",
    """
    A module that runs in process can open any connection that the daemon may open; `allow
    network` documents what it needs, and prevents nothing. In a process of its own the kernel
    holds it to the port.
    """,
    'module store = shop.store:Store { allow network "127.0.0.1:5432" }',
    """
    module store = shop.store:Store {
      isolate process
      allow   network "*:5432"
    }
    """,
)

HOST_NOT_ENFORCED = warning(
    "host-not-enforced",
    """
    The kernel holds a module that has a process of its own to the ports that it is allowed, and
    knows nothing of hosts: it reaches this port on any of them. `*` for the host says so.
    """,
    """
    module store = shop.store:Store {
      isolate process
      allow   network "127.0.0.1:5432"
    }
    """,
    """
    module store = shop.store:Store {
      isolate process
      allow   network "*:5432"
    }
    """,
)

FILE_NOT_ENFORCED = warning(
    "file-not-enforced",
    """
    A module that runs in process can open any file that the daemon may open; `allow file`
    documents what it needs, and prevents nothing. In a process of its own the kernel holds it
    to the files that it is allowed.
    """,
    'module prices = shop.prices:Prices { allow file "prices.csv" }',
    """
    module prices = shop.prices:Prices {
      isolate process
      allow   file "prices.csv"
    }
    """,
)

UNKNOWN_HOOK = rule(
    "unknown-hook",
    """
    `before`, `after` or `catch` names a hook that no `hook` declares. A function may also be
    named directly, as `module:function`.
    """,
    """
    hook log_it = shop.hooks:log_it
    route r GET / {
      before log_id
      handler shop:r
    }
    """,
    """
    hook log_it = shop.hooks:log_it
    route r GET / {
      before log_it
      handler shop:r
    }
    """,
)

TOPIC_NOT_EMITTED = rule(
    "topic-not-emitted",
    """
    Python code publishes to a topic where that is not said. A handler or hook may publish what
    the route, or a level around it, `emits`; a module what it has an `allow topic` for.
    """,
    """
    topic order.created: Order
    route create POST /orders {
      handler shop.orders:create  # which publishes `order.created`
    }
    """,
    """
    topic order.created: Order
    route create POST /orders {
      emits order.created
      handler shop.orders:create
    }
    """,
)

UNKNOWN_TOPIC = rule(
    "unknown-topic",
    "A topic is named, in `.gati` or in Python code, that no `topic` declares.",
    'await gctx.publish("order.created", order)',
    "topic order.created: Order",
)
