"""Golden cases: a project in; derived old types and generated functions out, to be read.

`cases/NAME.gati` is the project, `cases/NAME.txt` what comes of it. `GATID_UPDATE_CASES=1`
writes it anew; read the difference before you keep it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatid_compiler import plan
from gatid_compiler.gtypes.text import show
from tests.compiler.timescape.projects import project

CASES = sorted(Path(__file__).with_name("cases").glob("*.gati"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_case(case: Path) -> None:
    said = printed(case.read_text(encoding="utf-8"))
    expected = case.with_suffix(".txt")
    if os.environ.get("GATID_UPDATE_CASES") == "1":
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")


def printed(text: str) -> str:
    read = project(text)
    unfolded = read.unfolded()
    lines = [f"type {name} = {show(t)}" for name, t in sorted(unfolded.types.items())]
    for name, contracts in unfolded.contracts.items():
        for contract in contracts:
            lines += ["", f"{name} {contract.id}", *_contract(contract)]
    return "\n".join(lines) + "\n"


def _contract(contract: plan.Contract) -> list[str]:
    path = "/".join(s if isinstance(s, str) else f"{{{s.name}}}" for s in contract.path)
    lines = [f"  {contract.method} /{path}"]
    match contract.handler:
        case plan.StaticHandler(status=status):
            lines.append(f"  handler static {status}")
        case plan.PyHandler(target=target) if target.name != "f":
            lines.append(f"  handler {target}")
        case _:
            pass
    for word in ("path", "query", "headers", "cookies", "body"):
        if (part := getattr(contract.shape, word)) is not None:
            lines.append(f"  {word} {show(part)}")
    for answer in contract.shape.answers:
        lines.append(
            f"  returns {answer.status} {show(answer.type) if answer.type else ''}".rstrip()
        )
    if contract.up is not None:
        lines += [f"  {_judged(bool(contract.up.checked))}:", *_indented(contract.up.source)]
    for down in contract.down:
        lines.append(f"  {down.handler_status} -> {down.status}, {_judged(down.checked)}")
        lines += _indented(down.source or "")
    return lines


def _judged(checked: bool) -> str:
    return "checked" if checked else "proved"


def _indented(source: str) -> list[str]:
    return [f"    {line}".rstrip() for line in source.splitlines() if line]
