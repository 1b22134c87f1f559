"""`gatid compile`: a configuration as one file that can be served elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from gatid.cli.entries import compiled
from gatid.cli.faults import Misused


@click.command(
    "compile",
    epilog="""\b
Example:
  gatid compile examples/shop.gati -o shop.plan
  gatid serve shop.plan
""",
)
@click.argument("path", metavar="PATH", type=click.Path(exists=True, path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the plan goes, by custom NAME.plan.",
)
def compile_(path: Path, output: Path) -> None:
    """Compile the configuration at PATH to one file.

    The plan holds all that serving needs, the handlers' Python too. The same sources give the
    same bytes on any machine. Its SHA-256 is printed.
    """
    from gatid_compiler.plan_json import dumps, plan_id

    plan, _ = compiled(path)
    data = dumps(plan)
    try:
        output.write_bytes(data)
    except OSError as error:
        raise Misused(f"cannot write {output}: {error.strerror}") from error
    click.echo(plan_id(data))
    click.echo(f"wrote {output}, {len(data)} bytes", err=True)
