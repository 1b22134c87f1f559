"""`gatid version`."""

from __future__ import annotations

import platform

import click


@click.command(
    epilog="""\b
Example:
  gatid version
"""
)
def version() -> None:
    """Print the versions of gatid, Python and granian."""
    from importlib.metadata import version as installed

    python = f"{platform.python_implementation()} {platform.python_version()}"
    click.echo(f"gatid {installed('gatid')} ({python}, granian {installed('granian')})")
