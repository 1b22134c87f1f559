from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from gatid_dsl import syntax
from gatid_dsl.parse import parse
from gatid_dsl.render import render_text
from gatid_dsl.source import Source

EXAMPLES = sorted(Path(__file__).with_name("examples").glob("*.gati"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_examples_are_read_without_a_fault(path: Path, newline: str) -> None:
    text = path.read_text("utf-8").replace("\n", newline)
    parsed = parse(Source(path.name, text))
    assert render_text(parsed.diagnostics) == ""
    assert parsed.file.declarations


def test_every_kind_of_syntax_is_in_the_examples() -> None:
    seen: set[str] = set()
    for path in EXAMPLES:
        seen |= kinds(parse(Source(path.name, path.read_text("utf-8"))).file)
    classes = {
        name
        for name, value in vars(syntax).items()
        if isinstance(value, type) and dataclasses.is_dataclass(value)
        if value.__module__ == "gatid_dsl.syntax"
    }
    assert classes - seen == set()


def kinds(node: object) -> set[str]:
    """The names of the classes in a tree."""
    if isinstance(node, tuple):
        return set().union(*(kinds(item) for item in node))
    if type(node).__module__ != "gatid_dsl.syntax":
        return set()
    fields = (getattr(node, name) for name in type(node).__dataclass_fields__)
    return {type(node).__name__}.union(*(kinds(value) for value in fields))
