"""The code of one contract: a coroutine that does what the contract needs and nothing else.

`emit` writes a module with one function, `link`, whose parameters are everything that the
coroutine uses; `gatid.endpoint.link` gives them their values. The statements come in the one
order of the request path: rates by address and route, authentication, roles, rates by caller,
the body, validation, forward; from there on in the order of the controller's table.
"""

from __future__ import annotations

import builtins
import symtable
import textwrap
from typing import TYPE_CHECKING, cast

from gatid.endpoint.entity_tags import reads_conditions
from gatid.endpoint.road import direct, fixed, has_body, lifecycle, word
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gatid_compiler.plan import Contract, Plan, Route, Shape

PARTS: Sequence[p.RequestPart] = ("path", "query", "headers", "cookies", "body")


def emit(plan: Plan, route: Route, contract: Contract, *, observed: bool = False) -> str:
    """The source of a contract's coroutine, as `gatid routes NAME --code` prints it; `observed`
    is the one that tells events.
    """
    path = _path(contract)
    body = [
        *_policies(route),
        *_conditions(plan, contract),
        *_input(contract),
        *_forward(contract),
        *(fixed() if direct(route, contract) else lifecycle(plan, route, contract, observed)),
    ]
    return _module(
        route.name,
        f"{contract.method} {path}, contract {contract.id}.",
        body,
        finish=not direct(route, contract),
        observed=observed,
    )


def emit_absent(route: Route) -> str:
    """The source for a route that the version asked for has not: its policies, then 404."""
    return _module(
        route.name,
        "The route, where the version asked for does not have it.",
        [*_policies(route), "raise absent(release)"],
        finish=False,
    )


def _module(
    name: str, what: str, body: Iterable[str], *, finish: bool, observed: bool = False
) -> str:
    name = f"route_{word(name)}"
    lines = [
        f"async def {name}(scope, proto, headers, query, values, release):",
        f'    """{what}"""',
        "    begun = clock()",
        "    request_id = next_id()",
        "    watch = req = lctx = None" if finish else "    watch = None",
        "    status = 500",
        "    try:",
        *(f"        {line}" if line else "" for line in body),
        "    except BaseException as error:",
        "        status = await failed(",
        "            error, scope, proto, headers, request_id, release, watch"
        + (", req, lctx" if finish else ""),
        "        )",
        "    finally:",
        "        if watch is not None:",
        "            leave(watch)",
    ]
    lines.append("        meter(status, clock() - begun)")
    if finish:
        lines += [
            "        if lctx is not None:",
            *(["            lctx.reached(State.REST, status)"] if observed else []),
            "            if lctx.pending:",
            "                await lctx.finish(status >= 400)",
            "            lctx.close()",
            "            runs_for(None)",
        ]
    text = "\n".join(lines)
    used = sorted(_globals(text))
    inner = "\n".join(f"    {line}" if line else "" for line in lines)
    wanted = textwrap.fill(", ".join(used), 92, initial_indent="    ", subsequent_indent="    ")
    return f"def link(\n    *,\n{wanted},\n):\n{inner}\n\n    return {name}\n"


def _globals(text: str) -> set[str]:
    """The names that a function uses and does not bind: what it is to be linked with."""
    table = symtable.symtable(text, "<contract>", "exec").get_children()[0]
    function = cast(symtable.Function, table)
    return {name for name in function.get_globals() if not hasattr(builtins, name)}


def _path(contract: Contract) -> str:
    return "/" + "/".join(s if isinstance(s, str) else f"{{{s.name}}}" for s in contract.path)


def _policies(route: Route) -> Iterator[str]:
    """Rates charged to everyone, then who it is, whether they may, and rates of theirs."""
    address = any(rate.per != "route" for rate in route.rates)
    if address:
        yield "address = client_address(scope.client)"
    for i, rate in enumerate(route.rates):
        if rate.per in {"address", "route"}:
            yield from _take(i, "address" if rate.per == "address" else repr(route.name))
    yield from _authenticate(route)
    if route.roles is not None:
        yield "lacking = missing(principal)"
        yield "if lacking:"
        yield "    raise forbidden(lacking)"
    for i, rate in enumerate(route.rates):
        if rate.per in {"subject", "key"}:
            yield from _take(i, "principal.name or address")


def _take(i: int, key: str) -> Iterator[str]:
    yield f"wait = limiter_{i}({key})"
    yield "if wait:"
    yield f"    raise too_many_{i}(wait)"


def named_auths(route: Route) -> list[p.KeyAuth | p.JwtAuth]:
    """The ways of saying who it is, in the order in which they are tried."""
    return [auth for auth in route.auth if not isinstance(auth, p.NoAuth)]


def _authenticate(route: Route) -> Iterator[str]:
    auths = named_auths(route)
    if not auths:
        yield "principal = ANONYMOUS"
        return
    keys = [auth for auth in auths if isinstance(auth, p.KeyAuth)]
    params = list(dict.fromkeys(auth.param for auth in keys if auth.param is not None))
    for i, param in enumerate(params):
        yield f"keys_{i} = query.pop({param!r}, None) if query else None"
    why = '""'
    if len(keys) < len(auths):
        why = "why"
        yield 'why = ""'
    yield "principal = None"
    for i, auth in enumerate(auths):
        margin = "" if i == 0 else "    "
        if i:
            yield "if principal is None:"
        yield f"{margin}presented = {_presented(auth, params)}"
        yield f"{margin}if presented is not None:"
        yield f"{margin}    ring = fresh_{i}()"
        yield f"{margin}    if ring is None:"
        yield f"{margin}        ring = await load_{i}()"
        found = "principal" if isinstance(auth, p.KeyAuth) else "principal, why"
        yield f"{margin}    {found} = ring.find(presented)"
    yield "if principal is None:"
    yield f"    raise unauthenticated({why})"


def _presented(auth: p.KeyAuth | p.JwtAuth, params: Sequence[str]) -> str:
    """What a caller shows, None where nothing."""
    if isinstance(auth, p.JwtAuth):
        return "bearer(headers)"
    sources = []
    if auth.header is not None:
        sources.append(f"header_key(headers, {auth.header.lower()!r})")
    if auth.param is not None:
        sources.append(f"one_key(keys_{params.index(auth.param)})")
    return " or ".join(sources)


def _conditions(plan: Plan, contract: Contract) -> Iterator[str]:
    # Where the contract does not declare them, `req` reads them when it is asked to.
    if reads_conditions(plan, contract):
        yield "headers = conditions(headers, release)"


def _input(contract: Contract) -> Iterator[str]:
    """The body as bytes, then every part validated."""
    shape = contract.shape
    if shape.body is not None or shape.body_bytes:
        yield from _read(shape)
    parts = list(_parts(contract))
    if shape.query is None:
        parts = ["if query:", "    raise INVALID(())", *parts]
    if not parts:
        return
    yield "try:"
    for line in parts:
        yield f"    {line}"
    yield "except INVALID:"
    arguments = "values, query, headers, " + ("raw" if has_body(shape) else 'b""')
    yield f"    raise explain({arguments}) from None"


def _read(shape: Shape) -> Iterator[str]:
    if not shape.body_bytes:
        yield 'if headers.get_all("content-type") != ["application/json"]:'
        yield "    require_json(headers)"
    yield 'if "content-encoding" in headers:'
    yield "    require_plain(headers)"
    yield "size = announced(headers, MAX_BODY)"
    yield "watch = enter(body_seconds(size))"
    yield "if size > 0:"
    yield "    raw = await proto()"
    yield "    if len(raw) != size:"
    yield "        raise truncated()"
    yield "elif size < 0:"
    yield "    raw = await collect(proto, MAX_BODY, body_times, deadlines, watch)"
    yield "else:"
    yield '    raw = b""'


def plain_text_params(contract: Contract) -> bool:
    """Whether every path parameter is any string, so that there is nothing to read."""
    path = contract.shape.path
    return (
        isinstance(path, model.Object)
        and path.rest is None
        and {f.name for f in path.fields} == {s.name for s in _params(contract)}
        and all(f.type == model.String() for f in path.fields)
    )


def _params(contract: Contract) -> list[p.Param]:
    return [s for s in contract.path if isinstance(s, p.Param)]


def _parts(contract: Contract) -> Iterator[str]:
    shape = contract.shape
    if shape.path is not None and not plain_text_params(contract):
        pairs = ", ".join(
            f"{param.name!r}: (values[{i}],)" for i, param in enumerate(_params(contract))
        )
        yield f"path = read_path({{{pairs}}})"
    if shape.query is not None:
        yield "query_ = read_query(query or {})"
    if shape.headers is not None:
        yield "headers_ = read_headers(pick_headers(headers))"
    if shape.cookies is not None:
        yield "cookies = read_cookies(pick_cookies(headers))"
    if has_body(shape):
        yield "body = read_body(raw)"


_LOCAL = {
    "path": "path",
    "query": "query_",
    "headers": "headers_",
    "cookies": "cookies",
    "body": "body",
}


def _forward(contract: Contract) -> Iterator[str]:
    """The parts as the handler's own shapes have them."""
    shape = contract.shape
    if shape.path is None:
        yield "path = {}"
    elif plain_text_params(contract):
        pairs = ", ".join(
            f"{param.name!r}: values[{i}]" for i, param in enumerate(_params(contract))
        )
        yield f"path = {{{pairs}}}"
    if shape.query is None:
        yield "query_ = {}"
    if contract.up is None:
        return
    if shape.headers is None and "headers" in contract.up.parts:
        yield "headers_ = {}"
    if shape.cookies is None and "cookies" in contract.up.parts:
        yield "cookies = {}"
    if not has_body(shape) and "body" in contract.up.parts:
        yield "body = None"
    names = ", ".join(_LOCAL[part] for part in contract.up.parts)
    yield f"{names} = forward({names})"
