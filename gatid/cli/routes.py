"""`gatid routes`: what a configuration serves, and under which settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatid.cli.entries import read
from gatid.cli.faults import Misused

if TYPE_CHECKING:
    from gatid_compiler.plan import Plan, Route


@click.command(
    epilog="""\b
Example:
  gatid routes examples/shop.gati
  gatid routes examples/shop.gati create_order
  gatid routes examples/shop.gati create_order --code
"""
)
@click.argument("path", metavar="PATH", type=click.Path(exists=True, path_type=Path))
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--code", is_flag=True, help="The Python that answers the requests of NAME.")
def routes(path: Path, name: str | None, code: bool) -> None:
    """List the routes at PATH, or show all of NAME.

    PATH is an entry file, its folder, or a .plan.
    """
    if code and name is None:
        raise click.UsageError("--code needs the NAME of a route")
    plan, settings = read(path)
    if name is None:
        from gatid.cli.tables import overview

        click.echo(overview(plan))
        return
    route = _find(plan, name)
    if not code:
        from gatid.cli.details import details

        click.echo(details(plan, route, settings.get(route.name)))
        return
    from gatid.endpoint.emit import emit

    click.echo("\n\n".join(emit(plan, route, contract).rstrip() for contract in route.contracts))


def _find(plan: Plan, name: str) -> Route:
    for route in plan.routes:
        if route.name == name:
            return route
    from gatid_dsl.suggest import nearest

    near = nearest(name, [route.name for route in plan.routes])
    hint = f"did you mean `{near}`?" if near else "without a name all are listed"
    raise Misused(f"no route is called `{name}`; {hint}")
