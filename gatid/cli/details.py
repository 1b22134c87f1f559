"""One route of a plan, with every setting in force, where it came from, and its contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid.cli.tables import aligned, path, versions
from gatid_compiler import plan as p
from gatid_compiler.gtypes.text import show
from gatid_compiler.passes.lower import reachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatid_compiler.passes.effective import Effective
    from gatid_compiler.passes.layers import Said
    from gatid_compiler.plan import Plan, Route

_PERIODS = {1_000: "s", 60_000: "min", 3_600_000: "h", 86_400_000: "d"}


def details(plan: Plan, route: Route, settings: Effective | None) -> str:
    """The text that `gatid routes PATH NAME` prints; a compiled plan has no `settings`."""
    lines = [route.name]
    lines += [f"  {line}".rstrip() for line in route.doc.splitlines()]
    lines += ["", aligned(_settings(plan, route, settings), indent="  ")]
    for contract in route.contracts:
        lines += ["", f"contract {contract.id}"]
        lines.append(aligned(_contract(plan, contract), indent="  "))
    types = reachable(route.contracts, plan.types)
    if types:
        lines += ["", "types"]
        lines += [f"  {name} = {show(gtype)}" for name, gtype in sorted(types.items())]
    return "\n".join(lines)


def duration(milliseconds: int | None) -> str:
    """Milliseconds as `.gati` writes them."""
    if milliseconds is None:
        return "none"
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


def octets(number: int) -> str:
    """Bytes as `.gati` writes them."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if number and number % factor == 0:
            return f"{number // factor}{unit}"
    return f"{number}B"


def _settings(plan: Plan, route: Route, said: Effective | None) -> Iterator[tuple[str, str, str]]:
    if not route.auth:
        yield "auth", "open: nobody said who may call", ""
    for at, auth in enumerate(route.auth):
        yield "auth", _auth(auth), _from(said.auth[at] if said else None)
    if route.roles is not None:
        names = ", ".join(route.roles.names)
        yield "roles", f"{route.roles.mode}({names})", _from(said.roles if said else None)
    for rate in route.rates:
        yield "rate", _rate(rate), f"from {rate.scope.rpartition(' ')[0]}"
    default = "the default" if said else ""
    yield "timeout", duration(route.timeout), _from(said.timeout if said else None) or default
    where = _from(said.max_body if said else None) or "limits of the app"
    yield "max_body", octets(route.max_body), where
    limits = plan.app.limits
    yield "body_timeout", duration(limits.body_timeout), "limits of the app"
    yield "min_rate", f"{octets(limits.min_rate)} a second", "limits of the app"
    yield "depth", str(limits.depth), "limits of the app"
    yield "duplicate_keys", limits.duplicate_keys, "limits of the app"
    yield from _hooks(plan, "before", route.before, said.before if said else ())
    yield from _hooks(plan, "after", route.after, said.after if said else ())
    yield from _hooks(plan, "catch", route.catch, said.catch if said else ())
    for name in route.secrets:
        yield "secret", name, _from(_of(name, said.secrets if said else ()))
    for name in route.emits:
        yield "emits", name, _from(_of(name, said.emits if said else ()))


def _hooks(
    plan: Plan, kind: str, names: Sequence[str], said: Sequence[Said[str]]
) -> Iterator[tuple[str, str, str]]:
    for name in names:
        yield kind, _hook(plan.hooks[name]), _from(_of(name, said))


def _of(name: str, said: Sequence[Said[str]]) -> Said[str] | None:
    return next((each for each in said if each.value == name), None)


def _from(said: Said[Any] | None) -> str:
    """Who wrote a setting, and where; nothing where that is not known."""
    if said is None:
        return ""
    line, _ = said.span.source.position(said.span.start)
    return f"from {said.by}, {said.span.source.path}:{line}"


def _rate(rate: p.Rate) -> str:
    period = _PERIODS.get(rate.period, duration(rate.period))
    return f"{rate.count}/{period} per {rate.per}, burst {rate.burst}"


def _hook(hook: p.Hook) -> str:
    text = str(hook.target)
    if hook.timeout is not None:
        text += f", timeout {duration(hook.timeout)}"
    return f"{text}, retries {hook.retries}" if hook.retries else text


def _contract(plan: Plan, contract: p.Contract) -> Iterator[tuple[str, str]]:
    yield "versions", versions(plan, contract)
    yield "request", f"{contract.method} {path(contract.path)}"
    shape = contract.shape
    for part, gtype in (
        ("path", shape.path),
        ("query", shape.query),
        ("headers", shape.headers),
        ("cookies", shape.cookies),
        ("body", shape.body),
    ):
        if gtype is not None:
            yield part, show(gtype)
    if shape.body_bytes:
        yield "body", "bytes, of any media type"
    for answer in shape.answers:
        yield str(answer.status), show(answer.type) if answer.type is not None else "no body"
        if answer.headers is not None:
            yield f"{answer.status} headers", show(answer.headers)
    yield "handler", _handler(contract.handler)
    yield from _asked(plan, contract.handler)
    if contract.up is not None:
        yield "forward", ", ".join(contract.up.parts)
    if contract.down:
        yield "backward", ", ".join(str(down.handler_status) for down in contract.down)


def _asked(plan: Plan, handler: p.Handler) -> Iterator[tuple[str, str]]:
    """What the source shows that the handler asks for, and what it does not show."""
    found = plan.functions.get(str(handler.target)) if isinstance(handler, p.PyHandler) else None
    if found is None:
        return
    for kind in ("modules", "secrets", "topics"):
        names = getattr(found, kind)
        if names:
            yield kind, ", ".join(names)
    if found.hooks:
        yield "registers", ", ".join(f"{h.kind} {h.function or '(computed)'}" for h in found.hooks)
    if found.unknown:
        yield "unknown", f"only running it tells which {', '.join(found.unknown)} it asks for"


def _auth(auth: p.Auth) -> str:
    match auth:
        case p.NoAuth():
            return "none"
        case p.KeyAuth(header, param, keys):
            places = [f"header {header}"] if header else []
            places += [f"parameter {param}"] if param else []
            return f"key in {' or '.join(places)}, one of {keys}"
        case p.JwtAuth(issuer, audience, keys):
            return f"token of {issuer} for {' or '.join(audience)}, signed by {keys}"


def _handler(handler: p.Handler) -> str:
    match handler:
        case p.PyHandler(target):
            return str(target)
        case p.StaticHandler(status):
            return f"static {status}"
