"""`gatid manifest`: what routes and modules are, as data."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gatid.cli.entries import read
from gatid.cli.faults import Misused


@click.command(
    epilog="""\b
Example:
  gatid manifest examples/shop.gati
  gatid manifest examples/shop.gati create_order
"""
)
@click.argument("path", metavar="PATH", type=click.Path(exists=True, path_type=Path))
@click.argument("name", metavar="[NAME]", required=False)
def manifest(path: Path, name: str | None) -> None:
    """Print the manifests of the contracts and modules at PATH, or those called NAME, as JSON.

    NAME is a route, a contract (`tsv:…`) or a module. A fingerprint is the SHA-256 of its
    manifest as canonical JSON: keys sorted, no white space. PATH is an entry file, its folder,
    or a .plan.
    """
    from gatid_compiler.manifest import Manifests

    plan, _ = read(path)
    made = Manifests(plan)
    found: dict[str, dict[str, object]] = {"contracts": {}, "modules": {}}
    for route in plan.routes:
        for contract in route.contracts:
            if name in (None, route.name, contract.id):
                of = made.of(route, contract)
                found["contracts"][contract.id] = {
                    "fingerprint": of.id,
                    "manifest": json.loads(of.content),
                }
    for module in plan.modules.values():
        if name in (None, module.name):
            of = made.module(module)
            found["modules"][module.name] = {
                "fingerprint": of.id,
                "manifest": json.loads(of.content),
            }
    if name is not None and not (found["contracts"] or found["modules"]):
        from gatid_dsl.suggest import nearest

        near = nearest(name, [*(route.name for route in plan.routes), *plan.modules])
        hint = f"did you mean `{near}`?" if near else "without a name all are printed"
        raise Misused(f"nothing is called `{name}`; {hint}")
    click.echo(json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False))
