"""Plans and requests, generated: small alphabets, so that they meet."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from tests.gatid.endpoint import behave
from tests.gatid.endpoint.build import APP, contract, obj, plan, route, shape
from tests.gatid.endpoint.wire import Ask

NOW = 1_780_000_000.0
"""The day is 2026-05-28."""

RELEASES = (
    p.Release(1_735_689_600, "2025-01-01", "v1", ("v1",)),
    p.Release(1_748_736_000, "2025-06-01", "v2", ("v2", "stable")),
    p.Release(1_767_225_600, "2026-01-01", "2026-01-01", ()),
)
KEYS = {
    "key-of-ann": ("ann", frozenset({"clerk"})),
    "key-of-bob": ("bob", frozenset({"clerk", "admin"})),
    "key-of-eve": ("eve", frozenset[str]()),
}
RING = "\n".join(
    f"{name} sha256:{hashlib.sha256(key.encode()).hexdigest()} {' '.join(sorted(roles))}"
    for key, (name, roles) in KEYS.items()
)

SEGMENTS = ("a", "b", p.Param("x"), p.Param("y"))
# Neither contains the other: some requests and some answers cannot be carried.
OLD = obj(n=m.Int(0, 12), s_=m.String(0, 2))
NEW = obj(m=m.Int(0, 9), s_=m.String(0, 3))
FORWARD = (
    "def forward(body):\n"
    "    new = {k: v for k, v in body.items() if k != 'n'}\n"
    "    new['m'] = body['n']\n"
    "    return new\n"
)
BACKWARD = (
    "def backward(body):\n"
    "    old = {k: v for k, v in body.items() if k != 'm'}\n"
    "    old['n'] = body['m']\n"
    "    return old\n"
)

values = st.sampled_from(
    [None, 1, "s", {}, {"n": 1}, {"m": 1}, {"m": 2, "s": "t"}, {"m": 99}, {"n": "1"}, [1]]
)
statuses = st.sampled_from([200, 201, 204, 302, 404, 409, 500])
acts = st.one_of(
    st.just(behave.Passes()),
    st.builds(behave.Says, statuses, values, st.booleans()),
    st.builds(behave.Problem, st.sampled_from([404, 409, 503])),
    st.builds(behave.Refuses, st.sampled_from([404, 409, 503])),
    st.just(behave.Breaks()),
)
# Most things go well, or nothing would be seen of what comes after.
hooks = st.integers(0, 5).flatmap(lambda n: acts if n == 5 else st.just(behave.Passes()))
good = st.builds(
    behave.Returns, st.sampled_from([{"m": 1}, {"m": 2, "s": "t"}, {"m": 3, "s": "ttt"}])
)
handlers = st.integers(0, 7).flatmap(
    lambda n: [good, good, good, good, good, st.just(behave.Echoes()), acts,
               st.builds(behave.Returns, values)][n]
)  # fmt: skip
answers = st.lists(
    st.tuples(
        st.sampled_from([201, 204, 302, 404, 409, 500]),
        st.sampled_from([None, NEW, NEW, m.Union((m.Null(), NEW)), m.Any()]),
    ),
    max_size=3,
    unique_by=lambda pair: pair[0],
).map(lambda pairs: tuple(p.Answer(s, t) for s, t in [(200, NEW), *pairs] if s != 204 or t is None))


queries = st.sampled_from([None, None, obj(q_=m.Int(), t_=m.Array(m.String()))])


@st.composite
def applications(draw: st.DrawFn) -> tuple[p.Plan, dict[str, behave.Act]]:
    """A plan, and what its functions do."""
    releases = RELEASES[: draw(st.integers(0, 3))]
    selectors = None
    if releases:
        named = draw(st.sampled_from([("X-Gati-Version", "version"), ("X-Gati-Version", None)]))
        default = draw(st.sampled_from(["latest", "oldest", "v1", "require"]))
        selectors = p.Selectors(*named, path=False, default=default)
    what: dict[str, behave.Act] = {}
    routes: list[p.Route] = []
    taken: set[Any] = set()
    for i in range(draw(st.integers(1, 3))):
        made = _route(draw, i, len(releases), what, taken)
        if made is not None:
            routes.append(made)
    secret = p.Secret("keys", "env", "KEYS", None)
    whole = plan(
        *routes,
        app=replace(APP, selectors=selectors),
        releases=releases,
        secrets={"keys": secret},
    )
    return whole, what


def _route(
    draw: st.DrawFn, i: int, releases: int, what: dict[str, behave.Act], taken: set[Any]
) -> p.Route | None:
    name = f"r{i}"
    path = tuple(draw(st.lists(st.sampled_from(SEGMENTS), max_size=2)))
    if len({s.name for s in path if isinstance(s, p.Param)}) < sum(
        isinstance(s, p.Param) for s in path
    ):
        path = path[:1]
    method = draw(st.sampled_from(["GET", "POST", "POST", "DELETE"]))
    since = draw(st.integers(0, max(0, releases - 1)))
    # A route may be gone again, and its place another's.
    gone = draw(st.sampled_from([None, None, *range(since + 1, releases)]))
    newest = (releases if gone is None else gone) - 1
    cuts = sorted({since, *draw(st.lists(st.integers(since, max(since, newest)), max_size=2))})
    ends = [*cuts[1:], gone]
    form = tuple(s if isinstance(s, str) else None for s in path)
    covered = {(form, method, r) for r in range(since, max(1, newest + 1))}
    if covered & taken:
        return None
    taken |= covered
    what[f"h{i}"] = draw(handlers)
    spoken = draw(answers)
    params = [s.name for s in path if isinstance(s, p.Param)]
    typed = draw(st.sampled_from([m.String(), m.String(), m.Int(0, 5), m.Literal("a")]))
    of_path = obj(**dict.fromkeys(params, typed)) if params else None
    of_query = draw(queries)
    has_body = method == "POST" and draw(st.booleans())
    new = shape(path=of_path, query=of_query, body=NEW if has_body else None, answers=spoken)
    handler: p.Handler = p.PyHandler(p.PyRef("code", f"h{i}"))
    if draw(st.integers(0, 9)) == 0:
        handler = p.StaticHandler(draw(st.sampled_from([200, 204, 404])))
    # The clients of the oldest contracts may have kept what they had.
    kept = draw(st.integers(0, len(cuts) - 1))
    if kept:
        what[f"h{i}k"] = draw(handlers)
    then = replace(new, query=draw(queries), answers=draw(answers))
    contracts = []
    for seq, (start, end) in enumerate(zip(cuts, ends, strict=True), 1):
        runs, seen = (
            (p.PyHandler(p.PyRef("code", f"h{i}k")), then) if seq <= kept else (handler, new)
        )
        more: dict[str, Any] = {}
        own = seen
        if seq not in (kept, len(cuts)):
            own, more = _older(draw, seen, has_body)
        contracts.append(
            contract(
                name, method, path, own, handler=runs, handler_shape=seen, seq=seq,
                since=start, until=end, **more,
            )
        )  # fmt: skip
    before, after, catch = (
        tuple(f"{kind}{i}{j}" for j in range(draw(st.integers(0, 2)))) for kind in ("b", "a", "c")
    )
    for hook in (*before, *after, *catch):
        what[hook] = draw(hooks)
    auth: tuple[p.Auth, ...] = draw(
        st.sampled_from(
            [
                (),
                (p.NoAuth(),),
                (p.KeyAuth("x-api-key", None, "keys"),),
                (p.KeyAuth("x-api-key", "api_key", "keys"),),
                (p.KeyAuth("x-a", None, "keys"), p.KeyAuth(None, "api_key", "keys")),
            ]
        )
    )
    roles = None
    if any(isinstance(a, p.KeyAuth) for a in auth):
        roles = draw(
            st.sampled_from(
                [None, p.Roles("any", ("clerk", "admin")), p.Roles("all", ("clerk", "admin"))]
            )
        )
    rates = tuple(
        p.Rate(f"{name}.{per}", 1, 86_400_000, per, burst)
        for per, burst in draw(
            st.lists(
                st.tuples(
                    st.sampled_from(["address", "route", "subject", "key"]), st.integers(1, 3)
                ),
                max_size=1,
            )
        )
    )
    return route(
        name, *contracts, auth=auth, roles=roles, rates=rates, before=before, after=after,
        catch=catch, max_body=40,
    )  # fmt: skip


def _older(draw: st.DrawFn, new: p.Shape, has_body: bool) -> tuple[p.Shape, dict[str, Any]]:
    """The shape before `m` was called `n`, and before 200 was, perhaps, 201."""
    moved = draw(st.booleans()) and not any(a.status == 203 for a in new.answers)
    older = []
    downs = []
    for answer in new.answers:
        status = 203 if moved and answer.status == 200 else answer.status
        type = OLD if answer.type == NEW else answer.type
        older.append(p.Answer(status, type))
        if type == OLD or status != answer.status:
            source = BACKWARD if type == OLD else None
            downs.append(p.Downgrade(answer.status, status, source, source is not None))
    up = p.Upgrade(FORWARD, ("body",), ("body",)) if has_body else None
    body = OLD if has_body else None
    return replace(new, body=body, answers=tuple(older)), {"up": up, "down": tuple(downs)}


texts = st.sampled_from(["a", "b", "3", "9", "zz", "é"])
versions = st.sampled_from(
    [*["v1", "v2", "stable", "2025-01-01", "2025-06-30", "2026-05-28"] * 3,
     "2026-05-29", "2024-12-31", "", "v9", "2025-02-30", "latest"]
)  # fmt: skip
bodies = st.sampled_from(
    [None, b"", b"{}", b'{"n": 1, "s": "long"}', b'{"m": "1"}', b"[", b"x" * 41, b'{"n": 1}']
)
fitting = {
    NEW: st.sampled_from([b'{"m": 1}', b'{"m": 1, "s": "t"}']),
    OLD: st.sampled_from([b'{"n": 1}', b'{"n": 11}', b'{"n": 1, "s": "t"}']),
}
kinds = st.sampled_from([*[None, "application/json", "application/x+json"] * 3, "text/plain"])
seldom = st.sampled_from([False] * 7 + [True])


@st.composite
def requests(draw: st.DrawFn, plan: p.Plan) -> Ask:
    """A request that mostly fits one of the plan's contracts, and a little less so its types."""
    route = draw(st.sampled_from(plan.routes)) if plan.routes else None
    fields: list[tuple[str, str]] = []
    query: list[str] = []
    if plan.releases:
        for _ in range(draw(st.sampled_from([0, 1, 1, 1, 1, 1, 1, 2]))):
            version = draw(versions)
            if draw(st.booleans()):
                fields.append(("X-Gati-Version", version))
            else:
                query.append(f"version={version}")
    for auth in route.auth if route is not None else ():
        if isinstance(auth, p.KeyAuth) and not draw(seldom):
            key = draw(st.sampled_from(["key-of-bob", "key-of-bob", *KEYS, "nobody's"]))
            if auth.header is not None and (auth.param is None or draw(st.booleans())):
                fields.append((auth.header, key))
            else:
                query.append(f"{auth.param}={key}")
            if draw(seldom):
                fields.append(("X-API-Key", key))
    known = route is not None and not draw(seldom)
    if not known:
        path = "/" + "/".join(draw(st.lists(texts, max_size=2))) + draw(st.sampled_from(["", "/"]))
        method = draw(st.sampled_from(["GET", "POST", "DELETE"]))
        query += draw(st.lists(st.sampled_from(["q=1", "q=x", "z=1"]), max_size=2))
    else:
        contract = draw(st.sampled_from(route.contracts))
        parts = [s if isinstance(s, str) else draw(texts) for s in contract.path]
        path = "/" + "/".join(parts)
        method = contract.method
        if contract.shape.query is not None:
            query += draw(st.lists(st.sampled_from(["q=1", "t=a", "t=b"]), max_size=2))
        if draw(seldom):
            query.append("q=x")
        if method == "GET" and draw(seldom):
            method = "HEAD"
    if draw(seldom):
        method = draw(st.sampled_from(["HEAD", "OPTIONS", "PUT", "GET"]))
    body = draw(bodies)
    if known and contract.shape.body is not None and not draw(seldom):
        body = draw(fitting[contract.shape.body])
    kind = draw(kinds)
    if kind is not None:
        fields.append(("Content-Type", kind))
    return Ask(
        method,
        "/" if "//" in path else path,
        "&".join(query),
        tuple(fields),
        body,
        client=draw(st.sampled_from(["192.0.2.1:1", "192.0.2.2:1"])),
    )
