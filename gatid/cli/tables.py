"""Plans as text that people read: columns, and a table of the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler import plan as p

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatid_compiler.plan import Plan, Route


def overview(plan: Plan) -> str:
    """A line a route: its name, method, path, who may call it, and its contracts.

    The versions of one contract stand together, `|` is where the next one begins.
    """
    rows = [("ROUTE", "METHOD", "PATH", "CALLERS", "CONTRACTS")]
    for route in plan.routes:
        last = route.contracts[-1]
        spans = " | ".join(versions(plan, contract) for contract in route.contracts)
        rows.append((route.name, last.method, path(last.path), _callers(route), spans))
    return aligned(rows)


def aligned(rows: Iterable[Sequence[str]], indent: str = "") -> str:
    """Rows as lines whose columns begin below each other."""
    rows = list(rows)
    widths: dict[int, int] = {}
    for row in rows:
        # What ends a line needs no room for a next column.
        for column, cell in enumerate(row[:-1]):
            widths[column] = max(widths.get(column, 0), len(cell))
    return "\n".join(
        indent + "  ".join([*(cell.ljust(widths[at]) for at, cell in enumerate(row[:-1])), row[-1]])
        for row in rows
    )


def path(segments: Sequence[p.Segment]) -> str:
    """A path as it is written, without the types of its parameters."""
    parts = (f"{{{part.name}}}" if isinstance(part, p.Param) else part for part in segments)
    return "/" + "/".join(parts)


def versions(plan: Plan, contract: p.Contract) -> str:
    """The releases that a contract covers, by their labels; `-` where there are no versions."""
    labels = [release.label for release in plan.releases[contract.since : contract.until]]
    return " ".join(labels) or "-"


def _callers(route: Route) -> str:
    if any(isinstance(auth, p.NoAuth) for auth in route.auth):
        return "anyone"
    if not route.auth:
        return "anyone (nobody said)"
    if route.roles is None:
        shown = {"token" if isinstance(auth, p.JwtAuth) else "key" for auth in route.auth}
        return f"with a {' or a '.join(sorted(shown))}"
    return f"{route.roles.mode}({', '.join(route.roles.names)})"
