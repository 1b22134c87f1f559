"""Which patterns may be written."""

from __future__ import annotations

from gatid_compiler.gtypes import rust


def problem(pattern: str) -> str | None:
    """Why the pattern is refused; None when it runs in linear time."""
    return rust.refusal(pattern)
