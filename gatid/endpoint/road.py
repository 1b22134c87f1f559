"""The statements of one contract from its validated request to its answer: the controller's road.

Each state of the road (`gatid.lifecycle.controller`) has its step here, and they stand in the
order of the table; states that are left out when a before hook answers are guarded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid.lifecycle import controller
from gatid.lifecycle.controller import State
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.plan import Contract, Plan, Route, Shape


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of user's things as the generated code may call them, unique within it."""

    taken: dict[str, str]

    def hook(self, name: str) -> str:
        if name not in self.taken:
            called = f"hook_{word(name)}"
            while called in self.taken.values():
                called += "_"
            self.taken[name] = called
        return self.taken[name]


def word(name: str) -> str:
    """A name as a part of a Python name."""
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name)


def hook_names(route: Route) -> dict[str, str]:
    """What the generated code calls the hooks of a route."""
    names = _Names({})
    for hook in (*route.before, *route.after, *route.catch):
        names.hook(hook)
    return names.taken


def has_body(shape: Shape) -> bool:
    """Whether the contract reads a body."""
    return shape.body is not None or shape.body_bytes


def _given(contract: Contract, part: p.RequestPart) -> bool:
    """Whether the handler is given that part as typed data."""
    of: dict[p.RequestPart, bool] = {
        "headers": contract.shape.headers is not None,
        "cookies": contract.shape.cookies is not None,
        "body": has_body(contract.shape),
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


def direct(route: Route, contract: Contract) -> bool:
    """Whether the answer is fixed, and nobody but the client sees it."""
    handler = contract.handler
    return (
        isinstance(handler, p.StaticHandler)
        and p.Answer(handler.status, None) in contract.handler_shape.answers
        and not (route.before or route.after or route.catch)
    )


def fixed() -> Iterator[str]:
    """The answer that a static handler has, with nothing around it."""
    yield f"proto.response_empty(STATUS, [*FIELDS[release], {_ID}])"
    yield "status = STATUS"


def lifecycle(plan: Plan, route: Route, contract: Contract, observed: bool) -> Iterator[str]:
    """The road of the controller's table, a step for each of its states.

    `REST` and `ENDED` are not here: they come whatever went wrong on the road.
    """
    steps: dict[State, Iterator[str]] = {
        State.VALIDATED: _request(plan, route, contract, observed),
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


def _request(plan: Plan, route: Route, contract: Contract, observed: bool) -> Iterator[str]:
    body = "body" if _given(contract, "body") else "None"
    raw = "raw" if has_body(contract.shape) else 'b""'
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
    if not has_body(contract.shape):
        yield "watch = enter(TIMEOUT)"
    yield "due = handling(watch, TIMEOUT, proto, request_id)"
    # Where snapshots are kept, the recording of the request stands in place of the protocol.
    yield f"lctx = RequestLife(req, around, due{', proto' if observed else ''})"
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
