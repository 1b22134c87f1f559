"""A diagnostic is a value: what is wrong, where, and what to write instead.

Renderers turn it into text or JSON (`render.py`). A diagnostic can only be made from a
`Rule`, and rules live in tables (`codes.py` of each package), so a code that has no page
cannot be raised.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gatid_dsl.source import Span


class Severity(StrEnum):
    """An error refuses the whole configuration; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of fault. `page` is what `gatid explain CODE` prints (Markdown)."""

    code: str
    page: str
    severity: Severity = Severity.ERROR

    def at(
        self,
        span: Span,
        message: str,
        *,
        help: str | None = None,
        notes: tuple[str, ...] = (),
        labels: tuple[Label, ...] = (),
        fix: str | None = None,
    ) -> Diagnostic:
        """A diagnostic of this rule. `fix` is the text that would replace the span."""
        return Diagnostic(self, span, message, help, notes, labels, fix)


@dataclass(frozen=True, slots=True)
class Label:
    """Another place that belongs to the fault, and why."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault in a configuration.

    The message is lower case, without a full stop, with user text in backticks; `help` says
    what to write instead.
    """

    rule: Rule
    span: Span
    message: str
    help: str | None = None
    notes: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    fix: str | None = None

    @property
    def code(self) -> str:
        """The stable name of the rule."""
        return self.rule.code

    @property
    def severity(self) -> Severity:
        """Whether the configuration is refused."""
        return self.rule.severity
