"""The plan: everything that serving needs, decided.

A plan is a tree of frozen values. Its canonical JSON (`gatid_compiler.plan_json`) is the same
bytes on every machine, and the SHA-256 of those bytes is its id. It holds no absolute paths,
no Python version, no secrets and nothing that the command line may override. All durations
are milliseconds, all sizes bytes, all moments Unix seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from gatid_compiler.gtypes.model import GType

FORMAT = 1
"""Raised when the shape of plans changes; a daemon refuses plans of another format."""

LIFECYCLE = ("start", "stop", "health")
"""The methods of a module that gatid calls, and nobody else."""

Json = None | bool | int | float | str | tuple["Json", ...] | Mapping[str, "Json"]


OWN_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "content-type",
        "date",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-request-id",
    }
)
"""Headers of answers that no route declares: they are there by themselves. Lower case."""


class _Part:
    """What all parts of a plan have in common: equal where kind and parts are.

    Written once here: a command spends longer on generating it for each class than on its work.
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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Listen(_Part):
    """An address to serve on; `port` is 0 for UNIX sockets and named descriptors."""

    kind: Literal["tcp", "unix", "fd"]
    host: str
    port: int = 0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Limits(_Part):
    """Bounds of the whole application. `max_body` is the default of routes."""

    max_body: int = 1 << 20
    max_header: int = 16 << 10
    concurrency: int | None = None
    body_timeout: int = 30_000
    min_rate: int = 256
    depth: int = 64
    duplicate_keys: Literal["last", "refused"] = "last"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Selectors(_Part):
    """How a version is asked for. `default` is `latest`, `oldest`, `require` or a tag."""

    header: str | None
    param: str | None
    path: bool
    default: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Release(_Part):
    """A point in the timeline. `label` is what answers echo: its first tag, else its date.

    `deprecated` and `sunset` are when clients were told to leave and when it goes away; their
    links lead to people's words about it.
    """

    unix: int
    date: str
    label: str
    tags: tuple[str, ...]
    sunset: int | None = None
    deprecated: int | None = None
    sunset_link: str | None = None
    deprecation_link: str | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class App(_Part):
    """The application's own settings. `workers` None means one per usable core."""

    name: str
    doc: str
    listen: tuple[Listen, ...]
    admin: Listen | None
    workers: int | None
    limits: Limits
    config: Mapping[str, Json]
    selectors: Selectors | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PyRef(_Part):
    """A name in a Python module of the project or of the installed packages."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Secret(_Part):
    """Where a secret's value comes from. `argument` is the name of a variable, of a file, of a
    credential, or of a vault, in which the value has the secret's own name.
    """

    name: str
    backend: Literal["env", "file", "credential", "vault"]
    argument: str
    ttl: int | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Parameter(_Part):
    """A parameter of a module's method: `rest` is `*args`, `names` is `**kwargs`.

    `type` None is not annotated, or not with a type of JSON data.
    """

    name: str
    kind: Literal["positional", "either", "named", "rest", "names"]
    required: bool
    type: GType | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Method(_Part):
    """A public method of a module, `self` left out.

    `kind` is `unknown` where a decorator may have changed what is called; then nothing else is
    told of it.
    """

    name: str
    doc: str
    kind: Literal["sync", "async", "generator", "unknown"]
    idempotent: bool
    parameters: tuple[Parameter, ...]
    result: GType | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ModuleManifest(_Part):
    """What a module's source shows of it.

    `lifecycle` are those of `start`, `stop` and `health` that it has; `types` is what the `Ref`
    leaves of its methods name; `secrets`, `modules` and `topics` are what it asks its context
    for; `unknown` says of which of these there may be more than the source shows.
    """

    methods: tuple[Method, ...]
    lifecycle: tuple[str, ...]
    types: Mapping[str, GType]
    secrets: tuple[str, ...]
    modules: tuple[str, ...]
    topics: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Checks(_Part):
    """How the health of a module is asked for, and after how many faults it is started again."""

    every: int = 10_000
    timeout: int = 5_000
    failures: int = 3


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AllowedFile(_Part):
    """A file or folder that a module may read, or with `write` change as well."""

    path: str
    write: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Isolation(_Part):
    """A module runs in a process of its own, with no more than this of the machine.

    `memory` is what it may take beyond the interpreter, `file_size` how large a file that it
    writes may grow, `cpu` the processor time after which it is ended, None for no end. `strict`
    refuses to start where the kernel cannot confine it.
    """

    strict: bool
    memory: int = 512 << 20
    open_files: int = 128
    file_size: int = 64 << 20
    cpu: int | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Module(_Part):
    """A long-lived service, started once and shared by requests.

    `concurrency` bounds the calls that run at once in a worker. `manifest` is None where only
    running the code tells what the class is, `isolation` where it runs in process.
    """

    name: str
    target: PyRef
    config: Mapping[str, Json]
    secrets: tuple[str, ...]
    modules: tuple[str, ...]
    network: tuple[str, ...]
    timeout: int | None
    retries: int
    checks: Checks = Checks()
    concurrency: int | None = None
    manifest: ModuleManifest | None = None
    files: tuple[AllowedFile, ...] = ()
    isolation: Isolation | None = None
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hook(_Part):
    """A lifecycle function. An undeclared one is named by its reference."""

    name: str
    target: PyRef
    timeout: int | None
    retries: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NoAuth(_Part):
    """`auth none`: anyone may call."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class KeyAuth(_Part):
    """`auth key`: an API key in a header (lower case) or a query parameter."""

    header: str | None
    param: str | None
    keys: str


JWT_ALGORITHMS = (
    *("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
"""The algorithms of tokens (RFC 7518, RFC 9864); those that begin with HS share their key."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class JwtAuth(_Part):
    """`auth jwt`: a bearer token that a key of the secret `keys` has signed.

    It must be of `issuer`, for one of `audience`, and not expired, `leeway` apart. `algorithms`
    empty leaves them to the keys. `subject`, `roles` and `require` name claims; one that is no
    claim leads into them by its dots.
    """

    issuer: str
    audience: tuple[str, ...]
    keys: str
    algorithms: tuple[str, ...] = ()
    leeway: int = 0
    subject: str = "sub"
    roles: str | None = None
    require: tuple[str, ...] = ()


Auth = NoAuth | KeyAuth | JwtAuth


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Roles(_Part):
    """What the caller must hold."""

    mode: Literal["any", "all"]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rate(_Part):
    """A token bucket. One declaration is one limit: `scope` names where it was declared,
    and all routes that it reaches share its buckets (for `route`, one bucket each).
    """

    scope: str
    count: int
    period: int
    per: Literal["address", "route", "subject", "key"]
    burst: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Param(_Part):
    """A path parameter."""

    name: str


Segment = str | Param


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PyHandler(_Part):
    """A Python function of `(req, res, gctx, lctx)`."""

    target: PyRef


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StaticHandler(_Part):
    """A fixed status without a body."""

    status: int


Handler = PyHandler | StaticHandler


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Answer(_Part):
    """What may go out with a status; `type` None means no body. `headers` are those declared, an
    object whose fields are written as text, their names lower case; None where none are.
    """

    status: int
    type: GType | None
    headers: GType | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Shape(_Part):
    """The types of one contract's messages, None where a part is not declared.

    `path`, `query`, `headers` and `cookies` are objects whose fields are read from text;
    header field names are lower case. `path` is None when the path has no parameters.
    `body_bytes` says that the body is taken as it is, of any media type.
    """

    path: GType | None
    query: GType | None
    headers: GType | None
    cookies: GType | None
    body: GType | None
    body_bytes: bool
    answers: tuple[Answer, ...]


RequestPart = Literal["path", "query", "headers", "cookies", "body"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Call(_Part):
    """A function of the project that carries a value between two versions.

    `name` is what a generated source calls it: a function of a value and of the way to it in
    what is carried, which gives what `target` makes of a copy of the value once that was
    validated in `type`.
    """

    name: str
    target: PyRef
    type: GType


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Place(_Part):
    """What is at `target` in a carried request was made of what is at `source` in the client's.

    Both are keys and indexes, of which the first is a part; `*` is each item of an array or each
    value of a map, the same ones in both. `then` is the table of `Upgrade.places` that goes on
    from here.
    """

    target: tuple[str, ...]
    source: tuple[str, ...]
    then: int | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Upgrade(_Part):
    """Carries a request of this contract to the shapes that its handler sees.

    `source` is Python that defines `forward`, a function that takes the named parts in this
    order as validated data, and returns them in the same order (one part: not a tuple). It
    needs no imports but the names of `calls`. `checked` lists the parts to be validated again in
    the handler's shape after it ran; a fault found there is 422. `places` says, where anything
    is checked, where places of the request come from that are not what the longest place before
    them lets expect.
    """

    source: str
    parts: tuple[RequestPart, ...]
    checked: tuple[RequestPart, ...]
    calls: tuple[Call, ...] = ()
    places: tuple[tuple[Place, ...], ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Downgrade(_Part):
    """Carries one status of the handler's answer back to this contract.

    `source` is Python that defines `backward`, a function of the validated body that returns
    the body in this contract's shape; None when the body does not differ. `headers` is the same
    for the declared headers, as an object of their values. `checked` asks for
    the results to be validated in this contract; a fault found there is 502. `places` says for
    the log, where it is checked, where places of the body come from, as those of an upgrade do.
    """

    handler_status: int
    status: int
    source: str | None
    checked: bool
    calls: tuple[Call, ...] = ()
    headers: str | None = None
    places: tuple[tuple[Place, ...], ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Contract(_Part):
    """A route over a stretch of the timeline in which its types did not change.

    `since` and `until` index `Plan.releases`, `until` exclusive and None at head; both are 0
    and None when the plan has no releases. `handler_shape` is what the handler reads and
    answers, equal to `shape` at head. `up` None: requests are as the handler wants them.
    `down` holds the statuses that need work; any other goes out as it is.
    """

    id: str
    seq: int
    since: int
    until: int | None
    method: str
    path: tuple[Segment, ...]
    shape: Shape
    handler: Handler
    handler_shape: Shape
    up: Upgrade | None
    down: tuple[Downgrade, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Snapshots(_Part):
    """Which requests of a route are kept, and what of them: a share of all, and those that
    failed if `errors`. One has at most `max_size` bytes and is kept for `keep`; `redact` are
    JSON Pointers into it whose values are not kept.
    """

    sample: float = 0.0
    errors: bool = False
    max_size: int = 256 << 10
    keep: int = 7 * 86_400_000
    redact: tuple[str, ...] = ()


Mode = Literal["sync", "async", "unknown"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LocalHook(_Part):
    """A hook that a handler or a hook registers for its request, as far as the source tells.

    `function` is how it is written, None for a lambda or what is computed; `timeout` in
    milliseconds; `retries` None where only running the code tells how many.
    """

    kind: Literal["before", "after", "catch"]
    function: str | None
    id: str | None
    mode: Mode
    timeout: int | None
    retries: int | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Function(_Part):
    """What the source shows of a handler or a hook: what it asks its contexts for, by name.

    `unknown` says of which of `hooks`, `modules`, `secrets` and `topics` there may be more than
    the source shows.
    """

    mode: Mode
    modules: tuple[str, ...]
    secrets: tuple[str, ...]
    topics: tuple[str, ...]
    hooks: tuple[LocalHook, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Route(_Part):
    """One operation: its policies, which are not versioned, and its contracts, oldest first.

    Hooks are names in `Plan.hooks` in the order in which they run: `before` from the outside
    in, `after` and `catch` from the inside out. `auth` is empty where nobody said. `levels` says
    of `before`, `after` and `catch` who declared each: `app shop`, `policy staff`, …
    """

    name: str
    doc: str
    auth: tuple[Auth, ...]
    roles: Roles | None
    rates: tuple[Rate, ...]
    timeout: int
    max_body: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    catch: tuple[str, ...]
    secrets: tuple[str, ...]
    contracts: tuple[Contract, ...]
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    snapshots: Snapshots | None = None
    emits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Code(_Part):
    """The Python that runs: sources by path relative to the entry file's directory, and the
    installed distributions that the sources import, name to version.
    """

    files: Mapping[str, str]
    installed: Mapping[str, str]


Overflow = Literal["drop_oldest", "drop_newest", "refuse", "wait"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Topic(_Part):
    """What may be published under a name. `types` is what `Ref` leaves of its type name.

    `capacity` is how many events may wait for one subscriber, or for another worker; `overflow`
    what happens to one more.
    """

    CAPACITY: ClassVar[int] = 1000
    OVERFLOW: ClassVar[Overflow] = "refuse"

    name: str
    doc: str
    type: GType
    types: Mapping[str, GType]
    capacity: int
    overflow: Overflow


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Subscription(_Part):
    """A function that is called with each event of a topic, in every worker."""

    topic: str
    target: PyRef
    timeout: int | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Plan(_Part):
    """One configuration, compiled. `types` is what `Ref` leaves of all contracts name;
    `functions` are handlers and hooks by their references.
    """

    app: App
    releases: tuple[Release, ...]
    secrets: Mapping[str, Secret]
    modules: Mapping[str, Module]
    hooks: Mapping[str, Hook]
    types: Mapping[str, GType]
    routes: tuple[Route, ...]
    code: Code
    functions: Mapping[str, Function] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    subscriptions: tuple[Subscription, ...] = ()
