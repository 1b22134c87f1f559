"""docs/handlers.md is one project: its routes and functions are compiled, its requests asked."""

from __future__ import annotations

import asyncio
import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from gatid.endpoint.link import link
from gatid.endpoint.loading import load
from gatid.lifecycle.controller import RUNS, TABLE, State
from gatid_compiler.pipeline import compile_project
from tests.gatid.endpoint.build import ask
from tests.gatid.endpoint.wire import Ask, Wire
from tests.gatid.lifecycle.told import Told
from tests.house.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid.endpoint.generation import Generation

PAGE = ROOT / "docs/handlers.md"
TEXT = PAGE.read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(found[1], found[2]) for found in _BLOCK.finditer(TEXT)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Told, Generation]]:
    base = tmp_path_factory.mktemp("handlers")
    for language, name in (("gati", "desk.gati"), ("python", "desk.py")):
        text = "\n\n".join(block for kind, block in BLOCKS if kind == language)
        (base / name).write_text(text, encoding="utf-8")
    result = compile_project(base / "desk.gati")
    assert result.plan is not None, [d.message for d in result.diagnostics]
    assert result.diagnostics == ()
    told = Told(base)
    code = load(result.plan.code, 1, "", base)
    made = link(result.plan, 1, told.host, code)
    yield told, made
    code.unload()
    told.close()


def exchanges(block: str) -> Iterator[tuple[str, str]]:
    """A request and what it is answered, of each paragraph."""
    for paragraph in block.strip().split("\n\n"):
        asked, _, answered = paragraph.partition("\n")
        yield asked, answered


def request(line: str) -> Ask:
    method, target, *body = line.split(" ", 2)
    path, _, query = target.partition("?")
    fields = (("user-agent", "docs"), ("content-type", "application/json"))
    return Ask(method, path, query, fields, body[0].encode() if body else None)


def said(wire: Wire, answered: str) -> None:
    """The answer is what the page shows; `…` stands for more members."""
    status, _, body = answered.partition(" ")
    assert wire.status == int(status), wire.content
    if not body:
        assert wire.content == b""
    elif body[0] in '{["':
        more = ", …" in body
        shown = json.loads(body.replace(", …", ""))
        found: Any = json.loads(wire.content)
        if more:
            found = {name: found[name] for name in shown}
        assert found == shown
    else:
        assert wire.content.decode() == body.replace("\\n", "\n")


def test_its_requests_are_answered_as_it_shows(served: tuple[Told, Generation]) -> None:
    told, made = served

    async def go() -> int:
        await made.start()
        asked = 0
        lines: list[dict[str, Any]] = []
        for language, block in BLOCKS:
            if language == "http":
                assert lines == [], "lines that the page does not show"
                for line, answered in exchanges(block):
                    wire = Wire(request(line).body or b"")
                    # In a task of its own, as granian has it: one example cancels itself.
                    await asyncio.wait([asyncio.ensure_future(ask(made, request(line), wire))])
                    said(wire, answered)
                    asked += 1
                lines = told.lines()
            elif language == "log":
                shown = [line.split(" ", 1) for line in block.strip().split("\n")]
                found = [(line["level"], line["message"]) for line in lines]
                assert len(found) == len(shown), lines
                for (level, message), (its, begins) in zip(found, shown, strict=True):
                    assert level == its
                    assert message.startswith(begins)
                lines = []
        assert lines == []
        await made.stop()
        return asked

    assert asyncio.run(go()) > 20


def table() -> str:
    """What the page has of the controller's table."""
    rows = ["| state | what runs | next |", "|---|---|---|"]
    for state, runs in RUNS.items():
        ways: dict[State, list[str]] = {}
        for outcome, to in TABLE[state].items():
            ways.setdefault(to, []).append(outcome.value)
        following = ", ".join(f"{' or '.join(how)}: `{to.value}`" for to, how in ways.items())
        rows.append(f"| `{state.value}` | {runs} | {following} |")
    return "\n".join(rows) + "\n"


def test_its_table_is_that_of_the_controller() -> None:
    before, found, after = re.split(
        r"(^\| state \|.*?\n)(?!\|)", TEXT, maxsplit=1, flags=re.M | re.S
    )
    if os.environ.get("GATID_UPDATE_README"):
        PAGE.write_text(before + table() + after, encoding="utf-8")
        return
    assert found == table()


def test_it_has_every_member() -> None:
    """What a handler may use of `req`, `res` and `lctx` is all there."""
    members = {
        "req": "id method path params query headers cookies body raw version route principal"
        " client trace flags",
        "res": "status header json text bytes problem redirect stream body status_code",
        "lctx": "get set delete clean before after catch remove on_cleanup compensate publish"
        " subscribe log snapshot restore meta deadline remaining tasks",
    }
    for owner, names in members.items():
        for name in names.split():
            assert f"{owner}.{name}" in TEXT or f", `{name}`" in TEXT, f"{owner}.{name}"
