"""The command line: a file per verb.

Exit status 0 is fine, 1 says that the user's configuration is at fault, 2 that the command was
misused. What a program may read goes to stdout, what a person reads goes to stderr. Verbs
import what is heavy when they run.
"""

from __future__ import annotations

import click

from gatid.cli import (
    check,
    compile,
    ctl,
    diff,
    explain,
    extract,
    gen,
    import_,
    key,
    manifest,
    release,
    routes,
    secrets,
    serve,
    snapshot,
    timescape,
    version,
)

__all__ = ["main"]


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `gatid serve examples/hello.gati`; each verb's --help has an example.",
)
def main() -> None:
    """An API gateway and handler runtime, configured by .gati files."""


for verb in (
    check.check,
    compile.compile_,
    serve.serve,
    routes.routes,
    diff.diff,
    explain.explain,
    extract.extract,
    gen.gen,
    ctl.ctl,
    key.key,
    manifest.manifest,
    import_.import_,
    release.release,
    secrets.secrets,
    snapshot.snapshot,
    timescape.timescape,
    version.version,
):
    main.add_command(verb)
