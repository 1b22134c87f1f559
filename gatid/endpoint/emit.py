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
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from gatid.endpoint.entity_tags import reads_conditions
from gatid.lifecycle import controller
from gatid.lifecycle.controller import State
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gatid_compiler.plan import Contract, Plan, Route, Shape

PARTS: Sequence[p.RequestPart] = ("path", "query", "headers", "cookies", "body")


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of user's things as the generated code may call them, unique within it."""

    taken: dict[str, str]

    def hook(self, name: str) -> str:
        if name not in self.taken:
            word = f"hook_{_word(name)}"
            while word in self.taken.values():
                word += "_"
            self.taken[name] = word
        return self.taken[name]


def _word(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name)


def hook_names(route: Route) -> dict[str, str]:
    """What the generated code calls the hooks of a route."""
    names = _Names({})
    for hook in (*route.before, *route.after, *route.catch):
        names.hook(hook)
    return names.taken


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
        *(_static() if _direct(route, contract) else _lifecycle(plan, route, contract, observed)),
    ]
    return _module(
        route.name,
        f"{contract.method} {path}, contract {contract.id}.",
        body,
        finish=not _direct(route, contract),
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
    name = f"route_{_word(name)}"
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


def key_auths(route: Route) -> list[p.KeyAuth]:
    """The ways of presenting a key, in the order in which they are tried."""
    return [auth for auth in route.auth if isinstance(auth, p.KeyAuth)]


def _authenticate(route: Route) -> Iterator[str]:
    auths = key_auths(route)
    if not auths:
        yield "principal = ANONYMOUS"
        return
    params = list(dict.fromkeys(auth.param for auth in auths if auth.param is not None))
    for i, param in enumerate(params):
        yield f"keys_{i} = query.pop({param!r}, None) if query else None"
    yield "principal = None"
    for i, auth in enumerate(auths):
        margin = "" if i == 0 else "    "
        if i:
            yield "if principal is None:"
        sources = []
        if auth.header is not None:
            sources.append(f"header_key(headers, {auth.header.lower()!r})")
        if auth.param is not None:
            sources.append(f"one_key(keys_{params.index(auth.param)})")
        yield f"{margin}presented = {' or '.join(sources)}"
        yield f"{margin}if presented is not None:"
        yield f"{margin}    ring = fresh_{i}()"
        yield f"{margin}    if ring is None:"
        yield f"{margin}        ring = await load_{i}()"
        yield f"{margin}    principal = ring.find(presented)"
    yield "if principal is None:"
    yield "    raise unauthenticated()"


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
    arguments = "values, query, headers, " + ("raw" if _has_body(shape) else 'b""')
    yield f"    raise explain({arguments}) from None"


def _has_body(shape: Shape) -> bool:
    return shape.body is not None or shape.body_bytes


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
    if _has_body(shape):
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
    if not _has_body(shape) and "body" in contract.up.parts:
        yield "body = None"
    names = ", ".join(_LOCAL[part] for part in contract.up.parts)
    yield f"{names} = forward({names})"


def _given(contract: Contract, part: p.RequestPart) -> bool:
    """Whether the handler is given that part as typed data."""
    of: dict[p.RequestPart, bool] = {
        "headers": contract.shape.headers is not None,
        "cookies": contract.shape.cookies is not None,
        "body": _has_body(contract.shape),
    }
    return of[part] or (contract.up is not None and part in contract.up.parts)


def label(plan: Plan, contract: Contract) -> str | None:
    """How the code says which release the client speaks: a constant where there is but one."""
    if not plan.releases:
        return None
    until = len(plan.releases) if contract.until is None else contract.until
    if until - contract.since == 1:
        return repr(plan.releases[contract.since].label)
    return "LABELS[release]"


def _direct(route: Route, contract: Contract) -> bool:
    """Whether the answer is fixed, and nobody but the client sees it."""
    handler = contract.handler
    return (
        isinstance(handler, p.StaticHandler)
        and p.Answer(handler.status, None) in contract.handler_shape.answers
        and not (route.before or route.after or route.catch)
    )


def _static() -> Iterator[str]:
    yield f"proto.response_empty(STATUS, [*FIELDS[release], {_ID}])"
    yield "status = STATUS"


def _lifecycle(plan: Plan, route: Route, contract: Contract, observed: bool) -> Iterator[str]:
    """The road of the controller's table, a step for each of its states.

    `REST` and `ENDED` are not here: they come whatever went wrong on the road.
    """
    steps: dict[State, Iterator[str]] = {
        State.VALIDATED: _request(plan, route, contract),
        State.BEFORE: _before(route),
        State.HANDLER: _handler(contract),
        State.AFTER: _after(route, contract),
        State.CHECK: _check(),
        State.END: _end(),
        State.SEND: _send(),
    }
    skipped = controller.skipped() if route.before else frozenset()
    margin = ""
    for state in controller.road():
        if state not in steps:
            continue
        if state is State.AFTER and not observed and _fast(plan, route, contract):
            yield from _at_once(contract)
            yield "else:"
            margin = "    "
        lines = list(steps[state])
        if observed and state is not State.VALIDATED:
            lines[:0] = _reached(state)
        if state in skipped:
            yield "if not res.answered:"
            lines = [f"    {line}" for line in lines]
        for line in lines:
            yield margin + line


def _reached(state: State) -> Iterator[str]:
    if state is State.END:
        yield "if not settled.streams:"
        yield "    lctx.reached(State.END)"
    elif state is State.SEND:
        yield "lctx.reached(State.SEND, settled.status)"
    else:
        yield f"lctx.reached(State.{state.name})"


def _request(plan: Plan, route: Route, contract: Contract) -> Iterator[str]:
    body = "body" if _given(contract, "body") else "None"
    raw = "raw" if _has_body(contract.shape) else 'b""'
    more = ""
    if _given(contract, "headers"):
        more += ", headers=RequestHeaders(headers_)"
    if _given(contract, "cookies"):
        more += ", cookies=cookies"
    yield "req = Request("
    yield f"    scope, headers, request_id, {route.name!r}, {label(plan, contract)}, principal,"
    yield f"    path, query_, {body}, {raw}{more},"
    yield ")"
    yield "res = Response()"
    if not _has_body(contract.shape):
        yield "watch = enter(TIMEOUT)"
    yield "due = handling(watch, TIMEOUT, proto, request_id)"
    yield "lctx = LocalContext(req, around, due)"
    yield "runs_for(lctx)"


def _before(route: Route) -> Iterator[str]:
    if not route.before:
        return
    names = hook_names(route)
    yield "lctx.before_open = True"
    for i, hook in enumerate(route.before):
        if i:
            yield "if not res.answered:"
        for line in _call(names[hook]):
            yield f"    {line}" if i else line
    yield "if lctx.before_hooks and not res.answered:"
    yield "    await run_before(lctx, req, res, gctx)"
    yield "lctx.before_open = False"
    yield from _in_time()
    yield "value = None"


def _call(hook: str) -> Iterator[str]:
    # A sync hook returns None; whatever else comes back may have to be awaited.
    yield f"done = {hook}(req, res, gctx, lctx)"
    yield "if done is not None:"
    yield "    await ended(done)"


def _in_time() -> Iterator[str]:
    # User code may have swallowed its cancellation.
    yield "if watch.fired:"
    yield "    raise LATE"


def _handler(contract: Contract) -> Iterator[str]:
    if isinstance(contract.handler, p.StaticHandler):
        yield f"res.status({contract.handler.status})"
    else:
        yield "value = await handler(req, res, gctx, lctx)"


_ID = '("x-request-id", request_id)'


def _fast(plan: Plan, route: Route, contract: Contract) -> bool:
    """Whether a returned value may be answered with at once: it is JSON, and no hook sees it."""
    answer = first_answer(contract)
    return (
        not route.after
        and isinstance(contract.handler, p.PyHandler)
        and answer is not None
        and _is_json(plan, answer.type)
        and not _headed(contract)
    )


def _at_once(contract: Contract) -> Iterator[str]:
    yield "if res.plain and value is not None and value is not res and not lctx.after_hooks:"
    yield "    content = carry(answer(value))"
    for line in _in_time():
        yield f"    {line}"
    yield "    if lctx.pending:"
    yield "        leave(watch)"
    yield "        await lctx.end(STATUS >= 400)"
    yield f"    fields = [JSON, *FIELDS[release], {_ID}]"
    yield "    if req.traced:"
    yield '        fields.append(("traceparent", req.trace.header))'
    if contract.method == "GET":
        yield '    if scope.method == "HEAD":'
        yield '        fields.append(("content-length", str(len(content))))'
        yield "        proto.response_empty(STATUS, fields)"
        yield "    else:"
        yield "        proto.response_bytes(STATUS, fields, content)"
    else:
        yield "    proto.response_bytes(STATUS, fields, content)"
    yield "    status = STATUS"


def _is_json(plan: Plan, type: model.GType | None) -> bool:
    """Whether an answer of the type is JSON: there is one, and it is not octets as they are."""
    while isinstance(type, model.Ref):
        type = plan.types.get(type.name)
    return type is not None and not isinstance(type, model.Bytes)


def _headed(contract: Contract) -> bool:
    """Whether headers of the first answer are declared, or older clients expect some."""
    answer = first_answer(contract)
    if answer is None:
        return False
    carried = any(d.headers and d.handler_status == answer.status for d in contract.down)
    return answer.headers is not None or carried


def first_answer(contract: Contract) -> p.Answer | None:
    """What a returned value answers with: the first success that the handler declares."""
    return next((a for a in contract.handler_shape.answers if 200 <= a.status <= 299), None)


def _after(route: Route, contract: Contract) -> Iterator[str]:
    if isinstance(contract.handler, p.PyHandler):
        yield "res.take(value)"
    if route.after:
        yield "presume(res)"
    yield "if lctx.after_hooks:"
    if not route.after:
        yield "    presume(res)"
    yield "    await run_after(lctx, req, res, gctx)"
    names = hook_names(route)
    for hook in route.after:
        yield from _call(names[hook])


def _check() -> Iterator[str]:
    yield "settled = settle(res, request_id, release)"
    yield from _in_time()


def _end() -> Iterator[str]:
    yield "if settled.streams:"
    yield "    unbounded(watch)"
    yield "else:"
    yield "    leave(watch)"
    yield "    if lctx.pending:"
    yield "        await lctx.end(settled.status >= 400)"


def _send() -> Iterator[str]:
    yield f"fields = [*FIELDS[release], {_ID}]"
    yield "if req.traced:"
    yield '    fields.append(("traceparent", req.trace.header))'
    yield "await send(proto, scope.method, settled, fields)"
    yield "status = settled.status"
