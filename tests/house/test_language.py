"""The language's reference is true: its blocks, its refusals, its defaults."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gatid_compiler import plan
from gatid_compiler.passes.settings import DEFAULT_SELECTORS, DEFAULT_TIMEOUT
from gatid_compiler.pipeline import compile_project
from gatid_dsl.parse import parse
from gatid_dsl.source import Source
from tests.house.repository import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (ROOT / "docs/language.md").read_text()
NOT_YET = TEXT.partition("## Not supported yet\n")[2]
HANDLERS = (
    "async def get(req, res, gctx, lctx):\n    return None\n\n"
    "async def heard(event, gctx):\n    return None\n\nclass Store:\n    pass\n"
)
ROUTE = "route r GET /r {\n  auth none\n  returns { a: string }\n  handler code:get\n}\n"

REFUSED = {
    "delivery": "topic a.b: string { delivery at_least_once }",
    "emits": "topic a.b: string\non a.b do code:heard { emits a.b }",
    "allow": "topic a.b: string\non a.b do code:heard { allow secret x }",
    "retries": "topic a.b: string\non a.b do code:heard { retries 2 }",
    "rollout": "rollout x { }",
    "cors": "policy p { cors { origins any } }",
    "concurrency": "policy p { concurrency 5 }",
    "cache": "policy p { cache 5s }",
    "priority": "policy p { priority high }",
    "warm": "policy p { warm }",
    "requires": "route q GET /q { requires schema }",
    "url": 'policy p { auth jwt { url "https://x.example" } }',
    "introspect": 'policy p { auth introspect { url "x" } }',
    "proxy": 'route q GET /q {\n auth none\n handler proxy "http://x"\n}',
    "tls": 'APP listen "127.0.0.1:1" { tls { cert "c" } }',
    "pin by subject": "APP versions { pin by subject }",
}
"""A word of the table, and a line that uses it; `APP` stands for the inside of the app."""


@pytest.mark.parametrize("word", REFUSED)
def test_what_is_not_supported_yet_is_refused_by_name(word: str, tmp_path: Path) -> None:
    assert word in NOT_YET
    line = REFUSED[word]
    inside = line.removeprefix("APP ") if line.startswith("APP ") else ""
    (tmp_path / "code.py").write_text(HANDLERS)
    (tmp_path / "app.gati").write_text(
        f"app a {{\n{inside}\n}}\nversion 2025-01-01 as v1\nversion 2026-01-01 as v2\n{ROUTE}"
        f"{'' if inside else line}\n"
    )
    result = compile_project(tmp_path / "app.gati")
    assert result.plan is None
    refusals = [d for d in result.diagnostics if d.code == "not-supported-yet"]
    assert refusals, [(d.code, d.message) for d in result.diagnostics]
    first = word.partition(" ")[0]
    assert any(first in d.message or first in d.span.text for d in refusals)


def test_the_table_names_every_refused_word() -> None:
    words = set(re.findall(r"`([a-z]+)", NOT_YET))
    tested = {word.partition(" ")[0] for word in REFUSED}
    not_gati = {"gctx", "mctx", "gatid", "roll", "version", "listen", "versions", "auth", "limits"}
    about = {"module", "topic", "on", "handler", "admin", "workers", "max", "from"}
    assert words - tested - not_gati - about == set()


@pytest.mark.parametrize("block", re.findall(r"^```gati\n(.*?)^```$", TEXT, re.M | re.S))
def test_its_blocks_can_be_read(block: str) -> None:
    assert parse(Source("language.md", block)).diagnostics == ()


def test_the_defaults_are_those_of_the_plan() -> None:
    defaults = TEXT.partition("## Defaults\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)`(?! of a )[^|]*\| ([^|]+?) \|$", defaults, re.MULTILINE)
    table = dict(rows)
    limits = plan.Limits()
    assert table["timeout"] == f"{DEFAULT_TIMEOUT // 1000}s"
    assert table["max_body"] == f"{limits.max_body >> 20}MiB"
    assert table["max_header"] == f"{limits.max_header >> 10}KiB"
    assert table["body_timeout"] == f"{limits.body_timeout // 1000}s"
    assert table["min_rate"] == f"{limits.min_rate}B a second"
    assert table["depth"] == str(limits.depth)
    assert table["concurrency"] == "unlimited"
    assert limits.concurrency is None
    assert DEFAULT_SELECTORS.header in table["versions"]
