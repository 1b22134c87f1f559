"""`gatid import`: an OpenAPI document as a project to go on from."""

from __future__ import annotations

from pathlib import Path

import click

from gatid.cli.faults import REFUSED, Misused


@click.command(
    name="import",
    epilog="""\b
Example:
  gatid import openapi.yaml -o shop
  gatid check shop
""",
)
@click.argument(
    "document", metavar="DOCUMENT", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--output",
    "-o",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the project is written; files that are there already are kept.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 if anything could not be expressed.")
@click.pass_context
def import_(context: click.Context, document: Path, folder: Path, strict: bool) -> None:
    """Write a project for the API that an OpenAPI DOCUMENT (3.0 or 3.1, YAML or JSON) describes.

    Types, routes and policies come from the document, the handlers answer 501. What the language
    cannot express is listed, one line each, with its place in the document.
    """
    from gatid_compiler.openapi.load import BadDocumentError, load
    from gatid_compiler.openapi.project import project

    try:
        made = project(load(document))
    except BadDocumentError as error:
        raise Misused(f"{document}: {error}") from error
    taken = [path for path in made.files if (folder / path).exists()]
    if taken:
        raise Misused(f"{folder} has files of these names already: {', '.join(taken)}")
    for path, text in made.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for note in made.notes:
        click.echo(str(note))
    count = len(made.notes)
    listed = "everything is expressed" if not count else f"{count} not expressed as it was"
    click.echo(f"{len(made.files)} files written to {folder}: {listed}", err=True)
    context.exit(REFUSED if strict and count else 0)
