"""What the transformer carries along: the source, its doc comments, what was found wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatid_dsl.diagnostic import Diagnostic, Rule
from gatid_dsl.source import Source, Span
from gatid_dsl.syntax import Word

if TYPE_CHECKING:
    from gatid_dsl.cst import Branch, Leaf


@dataclass(slots=True)
class Reading:
    """One source on its way from the parser's tree to syntax."""

    source: Source
    docs: dict[int, str]
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def span(self, node: Branch | Leaf) -> Span:
        """Where a part of the tree stands."""
        return Span(self.source, node.start_pos or 0, node.end_pos or 0)

    def word(self, leaf: Leaf) -> Word:
        """A token as a word."""
        return Word(leaf.value, Span(self.source, leaf.start_pos or 0, leaf.end_pos or 0))

    def doc(self, node: Branch) -> str:
        """The doc comment directly above a part of the tree."""
        return self.docs.get(node.start_pos or 0, "")

    def refuse(
        self, rule: Rule, span: Span, message: str, help: str, fix: str | None = None
    ) -> None:
        """Something is wrong; the reading goes on with what comes nearest to it."""
        self.diagnostics.append(rule.at(span, message, help=help, fix=fix))
