"""`gatid timescape`: what each version was, what changed between them, and what is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gatid.cli.faults import Misused
from gatid.cli.prove import prove
from gatid.cli.suggest import suggest
from gatid.cli.tables import aligned
from gatid.cli.timelines import project_argument, project_option, release_of, timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gatid.cli.timelines import Timeline
    from gatid_compiler.timescape.told.tell import Step

_ORDER = ("route", "part", "answer", "type")


@click.group()
def timescape() -> None:
    """Look at the versions of a project: what they were, and what changed between them."""


@click.command(
    "list",
    epilog="""\b
Example:
  gatid timescape list examples/shop.gati
""",
)
@project_argument
def list_(project: Path) -> None:
    """List the versions, oldest first, and the contracts that begin in each."""
    known = timeline(project)
    rows = [("VERSION", "DATE", "TAGS", "STATE", "CONTRACTS THAT BEGIN")]
    for number, release in enumerate(known.past.releases):
        begun = [
            contract.id
            for contracts in known.past.contracts.values()
            for contract in contracts
            if contract.since == number
        ]
        state = "released" if number < len(known.lock.releases) else "draft"
        tags = ", ".join(release.tags) or "-"
        rows.append((release.label, release.date, tags, state, " ".join(begun) or "-"))
    click.echo(aligned(rows))


@click.command(
    epilog="""\b
Example:
  gatid timescape status examples/shop.gati
"""
)
@project_argument
def status(project: Path) -> None:
    """Say what is released, what is a draft, and what the next release waits for."""
    from gatid_compiler.timescape.lock.freeze import what_is_missing

    known = timeline(project)
    count = len(known.lock.releases)
    labels = [release.label for release in known.past.releases]
    click.echo(f"released: {', '.join(labels[:count]) or 'nothing'}")
    click.echo(f"drafts:   {', '.join(labels[count:]) or 'none'}")
    if count == len(labels):
        click.echo(f"next:     declare a version after {labels[-1]}")
        return
    obstacles = what_is_missing(known.past, count)
    if not obstacles:
        click.echo(f"next:     gatid release {labels[count]}")
        return
    click.echo(f"next:     {labels[count]}, which waits for")
    for obstacle in obstacles:
        click.echo(f"  {obstacle}")


@click.command(
    epilog="""\b
Example:
  gatid timescape diff v1 v3 --project examples/shop.gati
"""
)
@click.argument("older", metavar="A")
@click.argument("newer", metavar="B")
@project_option
def diff(older: str, newer: str, project: Path) -> None:
    """Show what clients of version B see otherwise than those of A, and the changes between.

    A and B are tags, dates, or `head`.
    """
    from gatid_compiler.timescape.lock.facts import Present
    from gatid_compiler.timescape.lock.model import INHERITED
    from gatid_compiler.timescape.told.tell import way

    known = timeline(project)
    start, end = _span(known, older, newer)
    present = Present(known.past)
    before, now = present.facts(start), present.facts(end)
    seen = [key for key in {**before, **now} if key[0] in INHERITED]
    for key in sorted(seen, key=lambda key: (_ORDER.index(key[0]), key[1])):
        old, new = before.get(key), now.get(key)
        if (old and old.text) == (new and new.text):
            continue
        click.echo(f"{key[0]} {key[1]}")
        for mark, fact in (("-", old), ("+", new)):
            if fact is not None:
                click.echo(f"  {mark} {fact.text}")
    _echo_way(way(known.past, start, end))


@click.command(
    epilog="""\b
Example:
  gatid timescape loss v1..head --project examples/shop.gati
"""
)
@click.argument("stretch", metavar="A..B")
@project_option
def loss(stretch: str, project: Path) -> None:
    """List what cannot make the round trip between the versions A and B, by type and route.

    `->` is lost of what clients of the older version send, `<-` of what they are answered.
    """
    from gatid_compiler.timescape.told.tell import lost

    older, dots, newer = stretch.partition("..")
    if not dots or not older or not newer:
        raise click.UsageError("write the two versions as A..B, such as v1..head")
    known = timeline(project)
    start, end = _span(known, older, newer)
    rows = [
        (each.name, each.label, "->" if each.forward else "<-", each.path or "all of it", each.what)
        for each in lost(known.past, start, end)
    ]
    if not rows:
        click.echo("nothing is lost")
        return
    click.echo(aligned([("OF", "CHANGED IN", "", "WHERE", "WHAT IS LOST"), *rows]))


@click.command(
    epilog="""\b
Example:
  gatid timescape show Order v1 --project examples/shop.gati
  gatid timescape show create_order v1 --code --project examples/shop.gati
"""
)
@click.argument("name", metavar="TYPE|ROUTE")
@click.argument("tag")
@project_option
@click.option(
    "--code", is_flag=True, help="The generated functions that carry it to head and back."
)
def show(name: str, tag: str, project: Path, code: bool) -> None:
    """Show a type or a route as it was in the version TAG, and how it became what it is.

    TAG may be a date or `head`.
    """
    known = timeline(project)
    number = release_of(known.past, tag)
    if name in known.past.contracts:
        lines = _route(known, name, number, code)
    else:
        lines = _type(known, name, number, code)
    for line in lines:
        click.echo(line)


def _route(known: Timeline, name: str, number: int, code: bool) -> Iterator[str]:
    from gatid_compiler.timescape.lock.facts import Present
    from gatid_compiler.timescape.told import tell

    past = known.past
    label = past.releases[number].label
    if past.contract(name, number) is None:
        raise Misused(f"the route `{name}` was not there in `{label}`")
    present = Present(past)
    shown = {
        each.rpartition(".")[2]: fact.text
        for (kind, each), fact in present.facts(number).items()
        if kind in ("part", "answer") and each.rpartition(".")[0] == name
    }
    yield tell.route_text(past, name, number, shown)
    types = present.types(number)
    era = past.derived.standings[number][name].era
    names = tell.reached(past, era.messages, number, era.newest)
    for each in sorted(types):
        if each.partition("<")[0].partition(".")[0] in names:
            yield tell.type_text(each, types[each][1])
    # Where its handler was kept, what became of the route later does not concern it.
    last = min(era.newest + 1, len(past.releases) - 1)
    yield from _way(tell.way(past, number, last, names | {name}))
    if code:
        yield from _code(tell.route_code(past, name, number))


def _type(known: Timeline, name: str, number: int, code: bool) -> Iterator[str]:
    from gatid_compiler.timescape.lock.facts import Present
    from gatid_compiler.timescape.told import tell
    from gatid_dsl.suggest import nearest

    past = known.past
    label = past.releases[number].label
    present = Present(past)
    types = present.types(number)
    if name in types:
        yield tell.type_text(name, types[name][1])
        for each in sorted(types):
            if each.startswith(f"{name}."):
                yield tell.type_text(each, types[each][1])
    elif (t := tell.written_out(past, name, number)) is not None:
        yield tell.type_text(name, t)
    elif name in past.declared:
        raise Misused(f"no message of `{label}` holds a `{name}`")
    else:
        near = nearest(name, [*types, *past.contracts, *past.declared])
        hint = f"; did you mean `{near}`?" if near else ""
        raise Misused(f"no type or route is called `{name}`{hint}")
    names = tell.reached(past, [name], number, len(past.releases) - 1)
    yield from _way(tell.way(past, number, len(past.releases) - 1, names), name)
    if code:
        if name in types and not present.is_everywhere(name, number):
            raise Misused(
                f"`{name}` is not the same everywhere in `{label}`: ask for the code of a route"
            )
        yield from _code(tell.type_code(past, name, number))


def _code(functions: Iterable[str]) -> Iterator[str]:
    found = list(functions)
    for text in found or ["# nothing runs: it is the same at head"]:
        yield ""
        yield text


def _way(steps: Iterable[Step], owner: str = "") -> Iterator[str]:
    for step in steps:
        yield ""
        yield f"in {step.label}:"
        for name, sentence in step.said:
            yield f"  {sentence}" if name == owner else f"  {name}: {sentence}"


def _echo_way(steps: Iterable[Step]) -> None:
    for line in _way(steps):
        click.echo(line)


def _span(known: Timeline, older: str, newer: str) -> tuple[int, int]:
    start, end = release_of(known.past, older), release_of(known.past, newer)
    if start > end:
        raise Misused(f"`{older}` is newer than `{newer}`: name the older one first")
    return start, end


for _verb in (list_, status, diff, loss, show, suggest, prove):
    timescape.add_command(_verb)
