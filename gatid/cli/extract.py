"""`gatid extract`: the types of a Python module as `.gati` declarations."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatid.cli.faults import Misused, Refused

if TYPE_CHECKING:
    from types import ModuleType


@click.command(
    epilog="""\b
Example:
  gatid extract shop.models > types/shop.gati
  gatid extract shop.models:Order
"""
)
@click.argument("reference", metavar="MODULE[:NAME]")
def extract(reference: str) -> None:
    """Write the types of a Python module as .gati declarations.

    TypedDicts, dataclasses, NamedTuples, pydantic models, enums and aliases that MODULE
    declares, or NAME alone, with all that they name. MODULE is looked up from here, then in
    the installed packages, and it is imported:
    its code runs.

    What .gati cannot say is refused, with what to write instead; what Python means otherwise
    is noted on stderr.
    """
    from gatid_compiler.gtypes import declarations
    from gatid_compiler.gtypes.python import NotExtractableError, extract_module, type_names

    module_name, _, name = reference.partition(":")
    module = _imported(module_name)
    names = (name,) if name else type_names(module)
    if name and not hasattr(module, name):
        raise Misused(f"the module `{module_name}` has no `{name}`")
    if not names:
        raise Misused(f"the module `{module_name}` declares no types")
    try:
        extracted = extract_module(module, names)
        text = declarations.declarations(extracted.schema.defs)
    except (NotExtractableError, declarations.NotWrittenError) as error:
        raise Refused("\n".join(f"error: {line}" for line in str(error).splitlines())) from None
    _hold_readable(text)
    for note in extracted.notes:
        click.echo(f"note: {note}", err=True)
    for key, written in declarations.names(extracted.schema.defs).items():
        if key != written:
            click.echo(f"note: `{key}` is called `{written}` in .gati", err=True)
    click.echo(text, nl=False)


def _hold_readable(text: str) -> None:
    """Refuses what `gatid check` would refuse of the text, such as a type without a value."""
    from gatid_compiler.passes.report import Report
    from gatid_compiler.passes.types import TypeReader
    from gatid_dsl import render, syntax
    from gatid_dsl.parse import parse
    from gatid_dsl.source import Source

    source = Source("(extracted)", text)
    parsed = parse(source)
    report = Report()
    report.extend(parsed.diagnostics)
    nodes = (node for node in parsed.file.declarations if isinstance(node, syntax.TypeDef))
    TypeReader({node.name.text: node for node in nodes}, report).read_all({})
    if report.has_errors:
        raise Refused(render.render_text(report.sorted((source,))).rstrip("\n"))


def _imported(name: str) -> ModuleType:
    """The module, whose code runs here. What it raises is its fault, and shown."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise Misused(f"there is no module `{name}`") from None
        raise _unimportable(name, error) from error
    except (ValueError, TypeError) as error:
        if not name or name.startswith("."):
            raise Misused(f"`{name}` is not the name of a module") from error
        raise _unimportable(name, error) from error
    except Exception as error:  # a module may raise anything, and all is shown
        raise _unimportable(name, error) from error


def _unimportable(name: str, error: Exception) -> Refused:
    """What a module raised, with the lines that did; ours and the importer's are left out."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [f for f in frames if "importlib" not in f.filename and f.filename != __file__]
    lines = [*traceback.format_list(theirs), *traceback.format_exception_only(error)]
    return Refused(f"error: `{name}` cannot be imported\n{''.join(lines)}".rstrip("\n"))
