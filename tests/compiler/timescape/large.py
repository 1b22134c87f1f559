"""A project of many routes and versions, in each of which a share of the routes changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HANDLERS = """
async def put(req, res, gctx, lctx):
    return req.body
"""


def write(folder: Path, versions: int, routes: int, every: int = 10) -> Path:
    """Writes the project; its entry file. In each version one of `every` routes changed."""
    begin = datetime(2000, 1, 1, tzinfo=UTC)
    lines = ["app large {", '  listen "127.0.0.1:0"', "  auth none", "}"]
    for v in range(versions):
        lines.append(f"version {begin + timedelta(days=v):%Y-%m-%d} as v{v + 1}")
    counts = dict.fromkeys(range(routes), 0)
    changes: list[str] = []
    for v in range(1, versions):
        operations: list[str] = []
        for r in range(routes):
            if (r + v) % every == 0:
                operations.append(_change(r, counts[r]))
                counts[r] += 1
        if operations:
            changes.append(f'change v{v + 1} "It moved on." {{\n' + "".join(operations) + "}\n")
    for r, count in counts.items():
        lines.append(route(r, (count + 2) // 3, (count + 1) // 3, count // 3))
    entry = folder / "large.gati"
    entry.write_text("\n".join(lines + changes))
    (folder / "large.py").write_text(HANDLERS)
    return entry


def contracts(versions: int, routes: int, every: int = 10) -> int:
    """How many contracts the project has: one a route, and one for each change of it."""
    return routes + sum((r + v) % every == 0 for v in range(1, versions) for r in range(routes))


def _change(route: int, nth: int) -> str:
    """The n-th change of a route's type; the first one is the 0th."""
    match nth % 3:
        case 0:
            operation = f"rename name{nth // 3} -> name{nth // 3 + 1}"
        case 1:
            values = f'"open{nth // 3}" -> "open{nth // 3 + 1}"'
            operation = f"map status {{ {values} }}"
        case _:
            operation = f"add extra{nth // 3}: int(0..) = {nth}"
    return f"  type Item{route} {{ {operation} }}\n"


def route(route: int, renamed: int, mapped: int, added: int) -> str:
    """A route and its type at head, after so many changes of each kind."""
    extra = "".join(f"  extra{n}: int(0..)\n" for n in range(added))
    return f"""
type Item{route} {{
  id:     Uuid
  name{renamed}:  string(1..120)
  email?: Email
  status: "open{mapped}" | "closed"
  lines:  {{ sku: string(1..20), count: int(1..) }}[1..50]
{extra}}}

route put{route} PUT /items{route}/{{id: Uuid}} {{
  body    Item{route}
  returns 200 Item{route}
  handler large:put
}}
"""
