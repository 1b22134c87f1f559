"""`gatid timescape suggest`: the change that the working tree asks for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal

import click

from gatid.cli.entries import entry
from gatid.cli.faults import Misused, Refused, show
from gatid.cli.timelines import project_argument

if TYPE_CHECKING:
    from pathlib import Path

    from gatid_compiler.timescape.lock.model import Facts  # noqa: TC004 — verbs import late
    from gatid_compiler.timescape.suggest.model import Block, Op, Suggestion
    from gatid_compiler.timescape.suggest.tree import Tree


@click.command(
    epilog="""\b
Example:
  gatid timescape suggest examples/shop.gati
  gatid timescape suggest --write --tag v4
  gatid timescape suggest --from main:examples/shop.gati examples/shop.gati
"""
)
@project_argument
@click.option(
    "--from",
    "origin",
    metavar="OLD",
    help="Compare with head of a project or of REVISION:PATH, not with gati.lock.",
)
@click.option("--tag", help="What a version that is not declared yet is called.")
@click.option("--date", "day", metavar="DATE", help="As of when. Default: today.")
@click.option("--write", is_flag=True, help="Append it to the entry file.")
@click.option("--dry-run", is_flag=True, help="Say what --write would do; write nothing.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The block, ready to paste, or its operations as data.",
)
def suggest(
    project: Path,
    origin: str | None,
    tag: str | None,
    day: str | None,
    form: Literal["text", "json"],
    *,
    write: bool,
    dry_run: bool,
) -> None:
    """Write the `change` block that leads from the last release to the working tree.

    PROJECT is an entry file or its folder. What was released stands in gati.lock. What the
    difference decides is solved, guesses say how sure they are, and what it does not decide is
    a `todo` with the reason. It is compiled before it is printed, and stderr says whether what
    is derived with it is exactly what was released.
    """
    from gatid_compiler.timescape.suggest.suggest import suggested
    from gatid_compiler.timescape.suggest.verify import CannotSuggestError
    from gatid_compiler.timescape.suggest.write import text

    file = entry(project)
    tree = _tree(file)
    then = _locked(file, tree) if origin is None else _head(origin)
    base = _base(tree, then)
    try:
        found = suggested(tree, base, then.facts, _day(day), tag=tag)
    except CannotSuggestError as error:
        raise Refused(f"nothing can be suggested: {error}") from error
    if found.is_empty:
        click.echo(f"nothing changed since `{found.base}`", err=True)
    if form == "json":
        click.echo(json.dumps(_data(found), ensure_ascii=False, indent=2))
    elif not found.is_empty:
        click.echo(text(found), nl=False)
    if not found.is_empty:
        click.echo(_summary(found), err=True)
    if (write or dry_run) and not found.is_empty:
        _append(file, found, text(found), dry_run=dry_run)


@dataclass(frozen=True, slots=True)
class _Then:
    """What is compared with: a version's label, None where it had none, and what it was."""

    label: str | None
    date: str
    facts: Facts


def _tree(file: Path) -> Tree:
    from gatid_compiler.timescape.suggest.tree import read

    tree, faults = read(file)
    if tree is None:
        show(faults)
        raise Refused("")
    return tree


def _locked(file: Path, tree: Tree) -> _Then:
    """The last release of the lock."""
    from gatid_compiler.passes.report import Report
    from gatid_compiler.timescape.lock.judge import load
    from gatid_compiler.timescape.lock.model import FILE

    path = file.resolve().parent / FILE
    if not path.is_file():
        first = tree.releases[0].label if tree.releases else "TAG"
        raise Misused(
            f"nothing is released, so there is nothing to compare with: `gatid release {first}` "
            f"freezes a version in {FILE}, and `--from OLD` compares with another project"
        )
    report = Report()
    lock = load(path, report)
    if lock is None:
        show(report.sorted([]))
        raise Refused("")
    if lock.entry != file.resolve().name:
        raise Misused(f"the {FILE} here is that of {lock.entry}")
    if not lock.releases:
        raise Misused(f"{FILE} holds no release: `gatid release TAG` freezes a version")
    last = lock.releases[-1]
    return _Then(last.label, last.date, lock.held()[-1][1])


def _head(origin: str) -> _Then:
    """Head of another project, or of another revision."""
    from gatid.cli.projects import place_of
    from gatid_compiler.passes.report import Report
    from gatid_compiler.timescape.lock.facts import Present

    with place_of(origin) as place:
        tree = _tree(entry(place))
    label, date_ = None, ""
    if tree.releases:
        label, date_ = tree.releases[-1].label, tree.releases[-1].date
    report = Report()
    past = tree.released().derived(report)
    if past is None:
        show(report.sorted([]))
        raise Refused(f"{origin} cannot be compared")
    return _Then(label, date_, Present(past).facts(len(past.releases) - 1))


def _base(tree: Tree, then: _Then) -> int:
    """The number of the version in the timeline of now."""
    if then.label is None and tree.releases:
        return 0
    for number, release in enumerate(tree.releases):
        if release.label == then.label:
            return number
    if then.label is None:
        raise Misused("declare a version for what was there before: `version 2026-01-31 as v1`")
    raise Misused(
        f"`{then.label}` was released, and is no version any more: declare it as it was: "
        f"`version {then.date} as {then.label}`"
    )


def _day(said: str | None) -> date:
    if said is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        raise Misused(f"`{said}` is no date; write it like 2026-03-01") from error


def _summary(found: Suggestion) -> str:
    left = sum(op.is_todo for block in found.blocks for whole in block.ops for op in whole.all())
    said = [f"{left} left to do"] if left else []
    if found.exact:
        said.insert(0, f"exact: what is derived is what `{found.base}` was released with")
    else:
        said.insert(0, f"not exact: {_listed(found)} not as `{found.base}` was released")
    if found.unproved:
        said.append(f"{len(found.unproved)} not proved")
    lines = ["; ".join(said), *(f"not proved: {each}" for each in found.unproved)]
    lines += [f"refused then: {each}" for each in found.broken]
    if found.first:
        lines.append(f"it has to stand before the `change {found.tag}` that is there")
    return "\n".join(lines)


def _listed(found: Suggestion) -> str:
    names = ", ".join(f"`{name}`" for name in found.differing)
    return f"{names} {'is' if len(found.differing) == 1 else 'are'}"


def _data(found: Suggestion) -> dict[str, object]:
    return {
        "base": found.base,
        "tag": found.tag,
        "version": found.declares or None,
        "before_the_written_change": found.first,
        "exact": found.exact,
        "differing": list(found.differing),
        "remarks": list(found.remarks),
        "unproved": list(found.unproved),
        "refused_then": list(found.broken),
        "blocks": [_block(block, found) for block in found.blocks],
    }


def _block(block: Block, found: Suggestion) -> dict[str, object]:
    return {
        "on": block.owner,
        "added": block.added,
        "verdict": (found.verdicts or {}).get(block.owner),
        "operations": [_operation(op) for op in block.ops],
        "with_a_handler": [op.whole for op in block.kept],
    }


def _operation(op: Op) -> dict[str, object]:
    said: dict[str, object] = {
        "operation": op.text.strip(),
        "todo": op.is_todo,
        "confidence": op.confidence,
        "why": op.why,
        "others": list(op.others),
    }
    if op.arrows:
        said["arrows"] = [
            {"arrow": a.text, "confidence": a.confidence, "others": list(a.others)}
            for a in op.arrows
        ]
    if op.by_hand:
        said["by_hand"] = [each.whole for each in op.by_hand]
    if op.body is not None:
        said["inside"] = [_operation(inner) for inner in op.body]
    return said


def _append(file: Path, found: Suggestion, text: str, *, dry_run: bool) -> None:
    from gatid.cli.appending import append

    if found.first:
        raise Misused(
            f"it has to stand before the `change {found.tag}` that is there: put it there by hand"
        )
    if dry_run:
        click.echo(f"would be appended to {file}; nothing was written", err=True)
        return
    try:
        append(file, text)
    except OSError as error:
        raise Misused(f"cannot write {file}: {error.strerror}") from error
    click.echo(f"appended to {file}", err=True)
