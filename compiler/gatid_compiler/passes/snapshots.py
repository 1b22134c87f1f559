"""`snapshot { … }`: which requests are kept to be looked at later, and what of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.passes import arguments
from gatid_compiler.passes.places import SNAPSHOT, placed
from gatid_compiler.rules import policies as rules
from gatid_dsl import syntax

if TYPE_CHECKING:
    from gatid_compiler.passes.report import Report

_PARTS = ("body", "query", "params", "headers", "cookies", "local", "answer")
_POINTER = re.compile(rf"/(?:{'|'.join(_PARTS)})(?:/(?:[^~/]|~[01])*)+")
_POINTERS = "JSON Pointers into one of " + ", ".join(f"`/{part}`" for part in _PARTS)


def snapshots(node: syntax.Directive, report: Report) -> plan.Snapshots:
    """What a block says; without `sample` and `errors` it would keep nothing, which is told."""
    found = plan.Snapshots()
    for statement in placed(arguments.options(node, report), SNAPSHOT, report):
        if isinstance(statement, syntax.Directive):
            found = _said(found, statement, report)
    written = {s.keyword.text for s in node.block or () if isinstance(s, syntax.Directive)}
    if not found.sample and not found.errors and not written & {"sample", "errors"}:
        report.add(
            rules.SNAPSHOT_NEVER.at(
                node.keyword.span,
                "this keeps no request",
                help="write `sample 0.01` to keep one in a hundred, `errors on` to keep those"
                " that failed",
            )
        )
    return found


def _said(found: plan.Snapshots, node: syntax.Directive, report: Report) -> plan.Snapshots:
    match node.keyword.text:
        case "sample":
            share = arguments.share(node, report)
            return found if share is None else replace(found, sample=share)
        case "errors":
            return replace(found, errors=arguments.switch(node, report))
        case "max":
            size = arguments.size(node, report, least=1024)
            return found if size is None else replace(found, max_size=size)
        case "keep":
            keep = arguments.duration(node, report)
            return found if keep is None else replace(found, keep=keep)
        case _:
            return replace(found, redact=tuple(_pointers(node, report)))


def _pointers(node: syntax.Directive, report: Report) -> list[str]:
    found = []
    for arg in arguments.listed(node, _POINTERS, report):
        if isinstance(arg, syntax.Text) and _POINTER.fullmatch(arg.value):
            found.append(arg.value)
        else:
            arguments.wrong(node, _POINTERS, report)
            break
    return found
