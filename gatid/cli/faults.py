"""Faults of a configuration, shown: as text for people, as JSON for programs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_dsl.diagnostic import Diagnostic

Format = Literal["text", "json"]

REFUSED = 1
"""Exit status when the configuration is at fault."""


class Refused(click.ClickException):
    """The configuration is at fault; the message says how, or it has been shown already."""

    exit_code = REFUSED

    def show(self, file: object = None) -> None:
        """Prints the message, if there is one, on stderr."""
        if self.message:
            click.echo(self.message, err=True)


class Misused(click.ClickException):
    """The command cannot be carried out as it was given."""

    exit_code = 2


def show(diagnostics: Sequence[Diagnostic], form: Format = "text") -> None:
    """Text goes to stderr, one JSON object to stdout, also when there is no fault."""
    from gatid_dsl import render

    if form == "json":
        click.echo(render.render_json(diagnostics))
    elif diagnostics:
        color = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        click.echo(render.render_text(diagnostics, color=color).rstrip("\n"), err=True, color=color)
