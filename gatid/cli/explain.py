"""`gatid explain`: the page of a diagnostic's code."""

from __future__ import annotations

import click

from gatid.cli.faults import Misused


@click.command(
    epilog="""\b
Example:
  gatid explain unknown-type
  gatid explain
"""
)
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain the diagnostic CODE; without one, list them all."""
    from gatid_compiler.codes import RULES
    from gatid_dsl.suggest import nearest

    if code is None:
        for known in sorted(RULES):
            click.echo(known)
        return
    rule = RULES.get(code)
    if rule is None:
        near = nearest(code, RULES)
        hint = f"did you mean `{near}`?" if near else "`gatid explain` lists them"
        raise Misused(f"no diagnostic has the code `{code}`; {hint}")
    click.echo(f"{rule.code} ({rule.severity})\n\n{rule.page.strip()}")
