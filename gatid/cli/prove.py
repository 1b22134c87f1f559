"""`gatid timescape prove`: what is known of every transform, with witnesses and reasons."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

import click

from gatid.cli.entries import entry
from gatid.cli.faults import REFUSED, Misused, Refused, show
from gatid.cli.tables import aligned
from gatid.cli.timelines import project_argument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gatid_compiler.timescape.proofs.hops import Judged, Proof

_OWN = ("refuted", "unproved")
"""What the list says as well."""


@click.command(
    epilog="""\b
Example:
  gatid timescape prove examples/shop.gati
  gatid timescape prove --format json . | jq '.proofs[] | select(.verdict != "proved")'
"""
)
@project_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A table, or one JSON object.",
)
def prove(project: Path, form: Literal["text", "json"]) -> None:
    """List what is proved of the transforms between versions, and how long that took.

    PROJECT is an entry file or its folder. A line is one message of a route on the way to a
    version from the one before: requests forward, answers back. `proved` is checked no more at
    run time; `refuted` shows the smallest message found that fails; `unknown` says what was not
    decided, and is checked at run time; `validated` is proved but for functions of yours, whose
    results are checked. The exit status is 1 when something is refuted.
    """
    from gatid_compiler.pipeline import compile_project
    from gatid_compiler.timescape.proofs.verdict import word

    file = entry(project)
    result = compile_project(file)
    judged = result.judged
    show([d for d in result.diagnostics if judged is None or d.code not in _OWN])
    if judged is None:
        if result.plan is None:
            raise Refused("")
        raise Misused(f"{file} declares no version; write one: `version 2026-01-31 as v1`")
    counts = Counter(word(proof.verdict) for proof in judged.proofs)
    if form == "json":
        click.echo(json.dumps(_data(judged, counts), ensure_ascii=False, indent=2))
    else:
        for line in _lines(judged, counts):
            click.echo(line)
    if result.plan is None:
        raise SystemExit(REFUSED)


def _lines(judged: Judged, counts: Counter[str]) -> Iterator[str]:
    from gatid_compiler.timescape.proofs.verdict import word

    rows = [("ROUTE", "HOP", "MESSAGE", "VERDICT", "TIME")]
    for proof in judged.proofs:
        hop = f"{_label(judged, proof.release - 1)} -> {_label(judged, proof.release)}"
        message = "request" if proof.status is None else f"answer {proof.status}"
        time = f"{proof.seconds * 1000:.1f} ms"
        rows.append((proof.route, hop, message, word(proof.verdict), time))
    head, *lines = aligned(rows).splitlines()
    yield head
    for proof, line in zip(judged.proofs, lines, strict=True):
        yield line
        yield from (f"  {sentence}" for sentence in _reasons(judged, proof))
    yield ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "no transforms"


def _reasons(judged: Judged, proof: Proof) -> Iterator[str]:
    from gatid_compiler.timescape.proofs.tell import sentences
    from gatid_compiler.timescape.proofs.verdict import Refuted, Unknown

    match proof.verdict:
        case Refuted(witnesses=witnesses):
            for witness in witnesses:
                yield from sentences(proof, witness, judged.derived, judged.releases)
        case Unknown(reason=reason, doubts=doubts):
            yield from dict.fromkeys(doubt.reason for doubt in doubts) or [reason]
        case _:
            return


def _data(judged: Judged, counts: Counter[str]) -> dict[str, Any]:
    from gatid_compiler.timescape.proofs.verdict import Refuted, word

    proofs = []
    for proof in judged.proofs:
        refuted = isinstance(proof.verdict, Refuted)
        witnesses = proof.verdict.witnesses if isinstance(proof.verdict, Refuted) else ()
        proofs.append(
            {
                "route": proof.route,
                "from": _label(judged, proof.release - 1),
                "to": _label(judged, proof.release),
                "direction": "request" if proof.status is None else "answer",
                "status": proof.status,
                "verdict": word(proof.verdict),
                "reasons": [] if refuted else list(_reasons(judged, proof)),
                "witnesses": [
                    {
                        "given": witness.given,
                        "made": witness.made,
                        "faults": [
                            {"pointer": f.pointer, "expected": f.expected, "found": f.found}
                            for f in witness.faults
                        ],
                    }
                    for witness in witnesses
                ],
                "seconds": proof.seconds,
            }
        )
    words = ("proved", "validated", "unknown", "refuted")
    return {**{name: counts[name] for name in words}, "proofs": proofs}


def _label(judged: Judged, release: int) -> str:
    return judged.releases[release].label
