"""Plans as text that people read: a table of routes, and one route with all its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler import plan as p

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gatid_compiler.plan import Plan, Route

_PERIODS = {1_000: "s", 60_000: "min", 3_600_000: "h", 86_400_000: "d"}


def overview(plan: Plan) -> str:
    """A line a route: its name, method, path, who may call it, and its contracts.

    The versions of one contract stand together, `|` is where the next one begins.
    """
    rows = [("ROUTE", "METHOD", "PATH", "CALLERS", "CONTRACTS")]
    for route in plan.routes:
        last = route.contracts[-1]
        spans = " | ".join(_span(plan, contract) for contract in route.contracts)
        rows.append((route.name, last.method, path(last.path), _callers(route), spans))
    return _aligned(rows)


def details(plan: Plan, route: Route) -> str:
    """Every setting in force on a route, and each of its contracts, oldest first."""
    lines = [route.name]
    if route.doc:
        lines += [f"  {line}".rstrip() for line in route.doc.splitlines()]
    lines += ["", _aligned(list(_settings(plan, route)), indent="  ")]
    for contract in route.contracts:
        lines += ["", f"contract {contract.id}"]
        lines.append(_aligned(list(_contract(plan, contract)), indent="  "))
    return "\n".join(lines)


def path(segments: Sequence[p.Segment]) -> str:
    """A path as it is written, without the types of its parameters."""
    parts = (f"{{{part.name}}}" if isinstance(part, p.Param) else part for part in segments)
    return "/" + "/".join(parts)


def duration(milliseconds: int | None) -> str:
    """Milliseconds as `.gati` writes them."""
    if milliseconds is None:
        return "none"
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


def size(octets: int) -> str:
    """Bytes as `.gati` writes them."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if octets and octets % factor == 0:
            return f"{octets // factor}{unit}"
    return f"{octets}B"


def _settings(plan: Plan, route: Route) -> Iterator[tuple[str, ...]]:
    yield ("auth", "; ".join(_auth(auth) for auth in route.auth) or "nobody said: open to all")
    if route.roles is not None:
        yield ("roles", f"{route.roles.mode}({', '.join(route.roles.names)})")
    for rate in route.rates:
        period = _PERIODS.get(rate.period, f"{rate.period}ms")
        text = f"{rate.count}/{period} per {rate.per}, burst {rate.burst}"
        yield ("rate", text, f"from {rate.scope}")
    yield ("timeout", duration(route.timeout))
    yield ("max_body", size(route.max_body))
    limits = plan.app.limits
    yield ("body_timeout", duration(limits.body_timeout), "from app")
    yield ("min_rate", f"{size(limits.min_rate)} a second", "from app")
    yield ("depth", str(limits.depth), "from app")
    for kind, names in (("before", route.before), ("after", route.after), ("catch", route.catch)):
        for name in names:
            hook = plan.hooks[name]
            extra = [f"timeout {duration(hook.timeout)}"] if hook.timeout is not None else []
            extra += [f"retries {hook.retries}"] if hook.retries else []
            yield (kind, str(hook.target), ", ".join(extra))
    if route.secrets:
        yield ("secrets", ", ".join(route.secrets))


def _contract(plan: Plan, contract: p.Contract) -> Iterator[tuple[str, ...]]:
    from gatid_compiler.gtypes.text import show

    yield ("versions", _span(plan, contract))
    yield ("request", f"{contract.method} {path(contract.path)}")
    for part in ("path", "query", "headers", "cookies", "body"):
        gtype = getattr(contract.shape, part)
        if gtype is not None:
            yield (part, show(gtype))
    if contract.shape.body_bytes:
        yield ("body", "bytes, of any media type")
    for answer in contract.shape.answers:
        yield (str(answer.status), show(answer.type) if answer.type is not None else "no body")
    yield ("handler", _handler(contract.handler))
    if contract.up is not None:
        yield ("forward", ", ".join(contract.up.parts))
    if contract.down:
        yield ("backward", ", ".join(str(down.handler_status) for down in contract.down))


def _span(plan: Plan, contract: p.Contract) -> str:
    """The releases that a contract covers, by their labels; `-` where there are no versions."""
    labels = [release.label for release in plan.releases[contract.since : contract.until]]
    return " ".join(labels) or "-"


def _callers(route: Route) -> str:
    kinds = {type(auth) for auth in route.auth}
    if p.NoAuth in kinds:
        return "anyone"
    if not kinds:
        return "anyone (nobody said)"
    if route.roles is None:
        return "with a key"
    return f"{route.roles.mode}({', '.join(route.roles.names)})"


def _auth(auth: p.Auth) -> str:
    match auth:
        case p.NoAuth():
            return "none"
        case p.KeyAuth(header, param, keys):
            places = [f"header {header}"] if header else []
            places += [f"parameter {param}"] if param else []
            return f"key in {' or '.join(places)}, one of {keys}"


def _handler(handler: p.Handler) -> str:
    match handler:
        case p.PyHandler(target):
            return str(target)
        case p.StaticHandler(status):
            return f"static {status}"


def _aligned(rows: Iterable[Sequence[str]], indent: str = "") -> str:
    rows = list(rows)
    widths: dict[int, int] = {}
    for row in rows:
        for column, cell in enumerate(row):
            widths[column] = max(widths.get(column, 0), len(cell))
    return "\n".join(
        (indent + "  ".join(cell.ljust(widths[column]) for column, cell in enumerate(row))).rstrip()
        for row in rows
    )
