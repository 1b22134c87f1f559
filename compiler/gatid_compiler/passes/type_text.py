"""A type written in `.gati`, alone in a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import GType, Schema
from gatid_compiler.passes.report import Report
from gatid_compiler.passes.types import TypeReader
from gatid_dsl import parse as parsing
from gatid_dsl import syntax
from gatid_dsl.render import render_text
from gatid_dsl.source import Source

if TYPE_CHECKING:
    from gatid_dsl.diagnostic import Diagnostic

_OPENING = "type It = "


class BadTypeError(ValueError):
    """The text is no type; the message is what `gatid check` would print.

    `diagnostics` holds each fault. Columns count from the beginning of `type It = TEXT`.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(render_text(diagnostics).rstrip("\n"))
        self.diagnostics = diagnostics


def parse(text: str, declarations: str = "") -> Schema:
    """The type that `text` writes: `parse("{ id: Uuid, tags?: string[..5] }")`.

    `declarations` are lines such as `type Node { next?: Node }` that it may name.

    Raises:
        BadTypeError: what is written is no type, or names one that there is not.
    """
    source = Source("<type>", f"{_OPENING}{text.strip()}\n{declarations}")
    parsed = parsing.parse(source)
    if parsed.diagnostics:
        raise BadTypeError(parsed.diagnostics)
    report = Report()
    types = {t.name.text: t for t in parsed.file.declarations if isinstance(t, syntax.TypeDef)}
    defs: dict[str, GType] = {}
    reader = TypeReader(types, report)
    root = reader.read(types["It"].type, defs)
    if report.has_errors:
        raise BadTypeError(report.sorted((source,)))
    return Schema(root, defs)
