"""Every part of the syntax knows the text it was read from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gatid_dsl import syntax
from gatid_dsl.parse import parse
from gatid_dsl.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = sorted(Path(__file__).with_name("examples").glob("*.gati"))


def nodes(node: object) -> Iterator[tuple[object, Span]]:
    """Every part of a tree that has a place."""
    if isinstance(node, tuple):
        for item in node:
            yield from nodes(item)
    elif type(node).__module__ == "gatid_dsl.syntax":
        if not isinstance(node, syntax.File):
            yield node, node.span
        for name in type(node).__dataclass_fields__:
            yield from nodes(getattr(node, name))


def texts(kind: type, source: str) -> list[str]:
    """The underlined texts of all nodes of a kind."""
    parsed = parse(Source("f.gati", source))
    assert not parsed.diagnostics
    return [span.text for node, span in nodes(parsed.file) if isinstance(node, kind)]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_parts_stand_inside_of_their_wholes_and_in_order(path: Path) -> None:
    def walk(node: object, inside: Span | None) -> None:
        if isinstance(node, tuple):
            for item in node:
                walk(item, inside)
        elif type(node).__module__ == "gatid_dsl.syntax":
            span = getattr(node, "span", None)
            if span is not None:
                assert span.text.strip() == span.text
                assert span.text or isinstance(node, syntax.PathText)
                assert inside is None or inside.start <= span.start <= span.end <= inside.end
            for name in type(node).__dataclass_fields__:
                walk(getattr(node, name), span or inside)

    walk(parse(Source(path.name, path.read_text("utf-8"))).file, None)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_words_numbers_and_names_are_what_is_underlined(path: Path) -> None:
    parsed = parse(Source(path.name, path.read_text("utf-8")))
    for node, span in nodes(parsed.file):
        match node:
            case syntax.Word() | syntax.Moment() | syntax.PathText():
                assert span.text == node.text
            case syntax.PyRef():
                assert span.text == f"{node.module}:{node.name}"
            case syntax.Text():
                assert span.text[0] == span.text[-1] == ("'" if node.raw else '"')
            case syntax.Number():
                assert float(span.text) == node.value
            case syntax.TypeObject():
                assert (span.text[0], span.text[-1]) == ("{", "}")
            case syntax.FieldPath():
                # The path of an `each` without one is its word.
                assert span.text.replace('"', "") == (str(node) or "each")


def test_types_in_paths_have_their_places() -> None:
    source = 'route a GET /orders/{id: Uuid}/{kind: "a" | { b: int[2] }}/ {}\n'
    assert texts(syntax.Path, source) == ['/orders/{id: Uuid}/{kind: "a" | { b: int[2] }}/']
    assert texts(syntax.PathText, source) == ["orders", ""]
    assert texts(syntax.PathParam, source) == ["/{id: Uuid}", '/{kind: "a" | { b: int[2] }}']
    assert texts(syntax.TypeName, source) == ["Uuid", "int"]
    assert texts(syntax.TypeUnion, source) == ['"a" | { b: int[2] }']
    assert texts(syntax.TypeArray, source) == ["int[2]"]


def test_statements_and_fields() -> None:
    source = "policy p {\n  rate 600/min per subject { burst 50 }  # why\n  warm\n}\n"
    assert texts(syntax.Directive, source) == [
        "rate 600/min per subject { burst 50 }",
        "burst 50",
        "warm",
    ]
    source = 'type A {\n  a?: secret (B | C)[] = "x" , b: int\n}\n'
    assert texts(syntax.Field, source) == ['a?: secret (B | C)[] = "x"', "b: int"]
    assert texts(syntax.TypeArray, source) == ["(B | C)[]"]
    assert texts(syntax.TypeUnion, source) == ["B | C"]


def test_expressions() -> None:
    source = "change v {\n type A {\n  compute a: int = (b + 1) * 2 - c if d else len(e)\n }\n}\n"
    assert texts(syntax.Binary, source) == ["(b + 1) * 2 - c", "(b + 1) * 2", "b + 1"]
    assert texts(syntax.IfElse, source) == ["(b + 1) * 2 - c if d else len(e)"]
    assert texts(syntax.Apply, source) == ["len(e)"]
