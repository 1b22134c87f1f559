"""`gatid gen`: code that is written from a configuration."""

from __future__ import annotations

from pathlib import Path

import click

from gatid.cli.entries import read


@click.group()
def gen() -> None:
    """Write code from a configuration."""


@gen.command(
    epilog="""\b
Example:
  gatid gen python examples/shop.gati -o examples/shop/api.py
"""
)
@click.argument("path", metavar="PATH", type=click.Path(exists=True, path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it there, and not to stdout.",
)
def python(path: Path, output: Path | None) -> None:
    """Write a typed module for the handlers of PATH.

    It has the types of the configuration, a request and an answer for each route, and a context
    that knows the modules; an editor completes them, and mypy and `gatid check` hold handlers
    against them. PATH is an entry file, its folder, or a .plan.
    """
    from gatid_compiler.codegen.python import python as written

    text = written(read(path, annotations=False)[0])
    if output is None:
        click.echo(text, nl=False)
        return
    from gatid_compiler import atomic

    atomic.write(output, text.encode(), 0o644)
