r"""Patterns as the Rust regex engine is given them: whole string, ASCII classes.

`\d`, `\w`, `\s`, `\b` and their opposites are Unicode in that engine, and `(?-u)` is
refused wherever it could match half a character, so the classes are written out. The engine
is imported only where a pattern is met.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_INSIDE = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\x0B\f\r "}
_BOUNDARIES = {"b", "B"}


def ascii_classes(pattern: str) -> str:
    """The pattern with its Perl classes and word boundaries narrowed to ASCII."""
    out: list[str] = []
    depth = 0
    chars = iter(pattern)
    for char in chars:
        if char == "\\":
            out.append(_escape(next(chars, ""), in_class=depth > 0))
            continue
        if char == "[":
            depth += 1
        elif char == "]" and depth:
            # Directly after `[` or `[^` a bracket stands for itself.
            opened = out[-1] == "[" or out[-2:] == ["[", "^"]
            depth -= 0 if opened else 1
        out.append(char)
    return "".join(out)


def _escape(letter: str, *, in_class: bool) -> str:
    lower = letter.lower()
    if lower in _INSIDE and letter in "dDwWsS":
        content = _INSIDE[lower]
        if letter.isupper():
            return f"[^{content}]"
        return content if in_class else f"[{content}]"
    if letter in _BOUNDARIES and not in_class:
        return f"(?-u:\\{letter})"
    return "\\" + letter


@lru_cache(maxsize=4096)
def whole(pattern: str) -> str:
    """The pattern held to the whole string."""
    return rf"\A(?:{ascii_classes(pattern)})\z"


def refusal(pattern: str) -> str | None:
    """Why the engine does not take the pattern, in its own words; None when it does."""
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))
        SchemaValidator(core_schema.str_schema(pattern=whole(pattern)))
    except SchemaError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return lines[-1].removeprefix("error: ").removeprefix("SchemaError: ")
    return None


@lru_cache(maxsize=4096)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a string matches the whole pattern. Raises `pydantic_core.SchemaError`."""
    from pydantic_core import SchemaValidator, core_schema

    return SchemaValidator(
        core_schema.str_schema(strict=True, pattern=whole(pattern))
    ).isinstance_python
