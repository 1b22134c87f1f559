"""Every page reads alike: what the rule means, what is refused, what to write instead."""

from __future__ import annotations

from textwrap import dedent

from gatid_dsl.diagnostic import Rule, Severity


def rule(
    code: str,
    means: str,
    refused: str,
    instead: str,
    *,
    severity: Severity = Severity.ERROR,
    language: str = "gati",
) -> Rule:
    """A rule whose page is made of its meaning, a refused example and an accepted one."""
    title = "Warned about" if severity is Severity.WARNING else "Refused"
    page = (
        f"# {code}\n\n{_text(means)}\n\n"
        f"## {title}\n\n```{language}\n{_text(refused)}\n```\n\n"
        f"## Instead\n\n```{language}\n{_text(instead)}\n```\n"
    )
    return Rule(code, page, severity)


def warning(code: str, means: str, refused: str, instead: str) -> Rule:
    """A rule that does not refuse the configuration."""
    return rule(code, means, refused, instead, severity=Severity.WARNING)


def _text(text: str) -> str:
    return dedent(text).strip("\n")
