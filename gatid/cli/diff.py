"""`gatid diff`: what changed between two configurations, and whom it breaks."""

from __future__ import annotations

from typing import Literal

import click

from gatid.cli.faults import REFUSED, Misused


@click.command(
    epilog="""\b
Example:
  gatid diff main:examples/shop.gati examples/shop.gati
  gatid diff old.plan new.plan --format json --fail-on unknown
"""
)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How the changes are printed.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "unknown", "never"]),
    default="breaking",
    show_default=True,
    help="Exit with 1 if a change is breaking, or is not known not to be.",
)
@click.option("--version", metavar="TAG", help="Compare the contracts of a release, not of head.")
@click.pass_context
def diff(
    context: click.Context,
    old: str,
    new: str,
    form: Literal["text", "json", "markdown"],
    fail_on: Literal["breaking", "unknown", "never"],
    version: str | None,
) -> None:
    """List what changed from OLD to NEW, and which clients it breaks.

    Both are entry files, folders, .plan files, OpenAPI documents (.json, .yaml), or
    REVISION:PATH of the git repository around the current folder. Requests that were taken
    and are refused now break, and so do answers that were never given before; each such
    change is shown by an example. What of an OpenAPI document is not expressed takes no part.

    Exit status: 0, or 1 as --fail-on says or where OLD or NEW is at fault, 2 where one
    cannot be read.
    """
    from gatid.cli.projects import compared
    from gatid_compiler.breaking import UnknownVersionError, changes, render, unexpressed, worst

    before, after = compared(old), compared(new)
    try:
        found = changes(before.plan, after.plan, version)
    except UnknownVersionError as error:
        raise Misused(str(error)) from error
    found = (*found, *unexpressed(before.left_out, after.left_out))
    rendered = {
        "text": render.render_text,
        "json": render.render_json,
        "markdown": render.render_markdown,
    }[form](found)
    click.echo(rendered, nl=False)
    verdict = worst(found)
    failed = {"breaking": ("breaking",), "unknown": ("breaking", "unknown"), "never": ()}
    context.exit(REFUSED if verdict in failed[fail_on] else 0)
