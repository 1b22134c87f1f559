"""`gatid release`: a version, frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gatid.cli.faults import Misused, Refused
from gatid.cli.timelines import project_option, release_of, timeline

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    epilog="""\b
Example:
  gatid release v1 --project examples/shop.gati --dry-run
"""
)
@click.argument("tag")
@project_option
@click.option("--dry-run", is_flag=True, help="Judge and show; write nothing.")
def release(tag: str, project: Path, dry_run: bool) -> None:
    """Freeze the version TAG in gati.lock, beside the entry file.

    From then on its contracts, its change and its tags may not change: `gatid check` refuses
    what would. Versions are released in order, and only when every transform to them is
    proved. What the release holds, beyond that of the version before, is printed.
    """
    from gatid_compiler.atomic import write
    from gatid_compiler.timescape.lock import text
    from gatid_compiler.timescape.lock.freeze import CannotReleaseError, freeze
    from gatid_compiler.timescape.lock.model import GONE

    known = timeline(project, warnings=True)
    number = release_of(known.past, tag)
    try:
        lock = freeze(known.past, known.lock, number)
    except CannotReleaseError as error:
        raise Refused(str(error)) from error
    newest = lock.releases[-1]
    for fact in newest.sorted:
        what = fact.digest if fact.digest == GONE else fact.text
        click.echo(f"{fact.kind} {fact.name} {what}".rstrip())
    if dry_run:
        click.echo(f"{newest.label} can be released; nothing was written", err=True)
        return
    try:
        write(known.path, text.write(lock).encode(), 0o644)
    except OSError as error:
        raise Misused(f"cannot write {known.path.name}: {error.strerror}") from error
    click.echo(f"released {newest.label} in {known.path.name}: {newest.hash}", err=True)
