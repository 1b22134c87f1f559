"""`gatid check`: every fault of a configuration, in one run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatid.cli.brief import brief
from gatid.cli.entries import entries
from gatid.cli.faults import REFUSED, Format, show
from gatid_dsl.diagnostic import Severity

if TYPE_CHECKING:
    from gatid_dsl.diagnostic import Diagnostic


@click.command(
    epilog="""\b
Example:
  gatid check examples/shop.gati
  gatid check --format json . | jq .errors
"""
)
@click.argument(
    "paths",
    metavar="PATH...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text on stderr for people, one JSON object on stdout for programs.",
)
@click.option("--strict", is_flag=True, help="What is not proved is an error.")
@click.pass_context
def check(context: click.Context, paths: tuple[Path, ...], form: Format, *, strict: bool) -> None:
    """Report every fault in the configurations at PATH.

    A file is an entry file; of a folder, every .gati file below that declares an app is one.
    Nothing is run and no secret is read.
    """
    files = list(dict.fromkeys(file for path in paths for file in entries(path)))
    with brief():
        from gatid_compiler.pipeline import compile_project

        diagnostics = [found for file in files for found in compile_project(file).diagnostics]
    if strict:
        diagnostics = [_strict(diagnostic) for diagnostic in diagnostics]
    show(diagnostics, form)
    errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
    if form == "text":
        click.echo(_summary(len(files), errors, len(diagnostics) - errors), err=True)
    context.exit(REFUSED if errors else 0)


def _strict(diagnostic: Diagnostic) -> Diagnostic:
    """The diagnostic, an error where something is not proved."""
    if diagnostic.code != "unproved":
        return diagnostic
    return replace(diagnostic, rule=replace(diagnostic.rule, severity=Severity.ERROR))


def _summary(files: int, errors: int, warnings: int) -> str:
    counted = [_count(errors, "error")] if errors else []
    counted += [_count(warnings, "warning")] if warnings else []
    return f"{_count(files, 'configuration')} checked: {', '.join(counted) or 'no fault found'}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
