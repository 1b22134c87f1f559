"""`gatid snapshot`: the requests that were kept, and what became of them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gatid.cli.faults import Misused, Refused

if TYPE_CHECKING:
    from gatid.cli.faults import Format
    from gatid.snapshots import Directory

_state = click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The state directory, of a daemon that runs or ran. Default: $STATE_DIRECTORY, else that"
    " of the daemon that runs.",
)
_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)


@click.group()
def snapshot() -> None:
    """Look at the requests that were kept where a level says `snapshot`."""


@click.command(
    "list",
    epilog="""\b
Example:
  gatid snapshot list
  gatid snapshot list --state /var/lib/shop --format json | jq '.[].id'
""",
)
@_state
@_format
def list_(state: Path | None, form: Format) -> None:
    """Print the snapshots, the oldest first."""
    from gatid.cli.tables import aligned
    from gatid.snapshots import SnapshotError

    directory = _directory(state)
    found: list[dict[str, Any]] = []
    for entry in directory.entries():
        try:
            document = directory.read(entry)
        except SnapshotError:
            continue
        answer = document.get("answer") or {}
        found.append(
            {
                "id": entry.id,
                "taken": entry.taken,
                "until": entry.until,
                "size": entry.size,
                "route": document.get("route"),
                "contract": document.get("contract"),
                "status": answer.get("status"),
                "why": document.get("why", []),
            }
        )
    if form == "json":
        click.echo(json.dumps(found, indent=2))
        return
    rows = [("ID", "TAKEN", "ROUTE", "STATUS", "WHY", "BYTES")]
    rows += [
        (
            each["id"],
            _time(each["taken"]),
            str(each["route"]),
            "-" if each["status"] is None else str(each["status"]),
            ",".join(each["why"]),
            str(each["size"]),
        )
        for each in found
    ]
    click.echo(aligned(rows) if found else "no snapshots", err=not found)


@click.command(
    epilog="""\b
Example:
  gatid snapshot show 0199f0c2
  gatid snapshot show 0199f0c2 --point 4 --format json
"""
)
@click.argument("id")
@click.option("--point", type=int, help="Only this point, from 0; from the end when negative.")
@_state
@_format
def show(id: str, point: int | None, state: Path | None, form: Format) -> None:
    """Print a snapshot: what was asked, what happened, and the local data at each point.

    ID is that of the request, as its answer said in X-Request-Id, or as much of its beginning as
    tells it apart.
    """
    document = _read(_directory(state), id)
    if point is not None:
        points = document.get("points") or []
        if not -len(points) <= point < len(points):
            raise Misused(f"there is no point {point}: the snapshot has {len(points)}")
        chosen = points[point]
        number = chosen["local"]
        data = None if number is None else document["states"][number]
        document = {**chosen, "local": data}
    if form == "json":
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        from gatid.cli.snapshots import shown, shown_point

        click.echo(shown(document) if point is None else shown_point(document))


@click.command(
    epilog="""\b
Example:
  gatid snapshot rm 0199f0c2
"""
)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@_state
def rm(ids: tuple[str, ...], state: Path | None) -> None:
    """Remove snapshots."""
    from gatid.snapshots import SnapshotError

    directory = _directory(state)
    try:
        entries = [directory.find(id) for id in ids]
    except SnapshotError as error:
        raise Refused(str(error)) from error
    for entry in entries:
        entry.path.unlink(missing_ok=True)
    click.echo(f"removed {len(entries)}", err=True)


def _read(directory: Directory, id: str) -> dict[str, Any]:
    from gatid.snapshots import SnapshotError

    try:
        return directory.read(directory.find(id))
    except SnapshotError as error:
        raise Refused(str(error)) from error


def _directory(state: Path | None) -> Directory:
    from gatid.snapshots import Directory

    if state is None and os.environ.get("STATE_DIRECTORY"):
        state = Path(os.environ["STATE_DIRECTORY"].partition(":")[0])
    if state is None:
        from gatid.daemon.control import ManyDaemonsError, NoDaemonError, find

        try:
            state = find(None).state
        except (NoDaemonError, ManyDaemonsError) as error:
            raise Misused(str(error)) from error
    if not state.is_dir():
        raise Misused(f"there is no state directory `{state}`")
    return Directory(state)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


for _verb in (list_, show, rm):
    snapshot.add_command(_verb)
