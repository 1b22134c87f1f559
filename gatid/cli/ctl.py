"""`gatid ctl`: a word with a daemon that runs."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatid.cli.faults import Misused, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid.daemon.control import Daemon

_state = click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The daemon's state directory. Default: $STATE_DIRECTORY, else the one that runs.",
)


@click.group()
def ctl() -> None:
    """Ask a running daemon for its status, to reload, or to stop."""


@click.command(
    epilog="""\b
Example:
  gatid ctl status
  gatid ctl status --state /var/lib/shop | jq .generation
"""
)
@_state
def status(state: Path | None) -> None:
    """Print as JSON what the daemon serves, and how its workers are."""
    with _daemon(state) as daemon:
        click.echo(json.dumps(daemon.status(), indent=2))


@click.command(
    epilog="""\b
Example:
  gatid ctl reload --wait
  gatid ctl reload --wait --module store
"""
)
@click.option("--wait", is_flag=True, help="Until the new configuration serves, or is refused.")
@click.option(
    "--module",
    metavar="NAME",
    help="Start this module again in all workers, with the code that serves; nothing else.",
)
@_state
def reload(wait: bool, module: str | None, state: Path | None) -> None:
    """Put the configuration on disk to work, or start one module again.

    With --wait a refused configuration is status 1, and its faults are printed; what served
    before serves on.
    """
    with _daemon(state) as daemon:
        result = daemon.reload(wait) if module is None else daemon.restart(module, wait)
    if not result.ok:
        raise Refused(result.message)
    click.echo(result.message, err=True)


@click.command(
    epilog="""\b
Example:
  gatid ctl stop
"""
)
@_state
def stop(state: Path | None) -> None:
    """Let the daemon finish what is in flight, and stop; return when it has."""
    with _daemon(state) as daemon:
        daemon.stop(wait=True)


@contextlib.contextmanager
def _daemon(state: Path | None) -> Iterator[Daemon]:
    from gatid.daemon.control import ManyDaemonsError, NoDaemonError, find

    try:
        yield find(state)
    except (NoDaemonError, ManyDaemonsError) as error:
        raise Misused(str(error)) from error


for _verb in (status, reload, stop):
    ctl.add_command(_verb)
