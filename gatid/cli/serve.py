"""`gatid serve`: a configuration, answering."""

from __future__ import annotations

from pathlib import Path

import click

from gatid.cli.entries import entry, is_plan


def _addresses(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...]:
    if texts:
        from gatid_compiler.passes.addresses import BadAddressError, address

        for text in texts:
            try:
                address(text)
            except BadAddressError as error:
                raise click.BadParameter(f"`{text}`: {error}", context, parameter) from error
    return texts


@click.command(
    epilog="""\b
Example:
  gatid serve examples/shop.gati
  gatid serve shop.plan --workers 4 --listen 0.0.0.0:8080 --state /var/lib/shop
"""
)
@click.argument("path", metavar="PATH", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Worker processes, instead of what the app says.",
)
@click.option(
    "--listen",
    multiple=True,
    metavar="ADDR",
    callback=_addresses,
    help="HOST:PORT or unix:PATH, instead of what the app says; may be given several times.",
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where state is kept. Default: $STATE_DIRECTORY, else gatid/APP in $XDG_STATE_HOME.",
)
@click.pass_context
def serve(
    context: click.Context,
    path: Path,
    workers: int | None,
    listen: tuple[str, ...],
    state: Path | None,
) -> None:
    """Serve the configuration at PATH.

    PATH is an entry file, its folder, or a .plan. `gatid ctl reload --wait`, or SIGHUP, puts a
    changed configuration to work without a failed request. SIGTERM and SIGINT finish what is in
    flight and stop.
    """
    from gatid.daemon import supervisor

    target = path if is_plan(path) else entry(path)
    context.exit(supervisor.serve(target, workers=workers, listen=listen, state=state))
