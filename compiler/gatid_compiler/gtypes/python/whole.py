r"""Patterns of pydantic, which search, as patterns of GTypes, which match the whole string.

pydantic hands a `str` to the Rust engine, where `\d` is every digit of Unicode, and a compiled
pattern to Python's own. Of a compiled one only the part is read that both engines agree on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PERL = re.compile(r"(?<!\\)(?:\\\\)*\\[dDwWsSbB]")
_SET_OPERATION = re.compile(r"&&|--|~~|\|\||\[\[|\[\^\[|\[:")
_PYTHON_ALONE = re.compile(r"(?<!\\)(?:\\\\)*\\[ZNuUx0-9]|\(\?(?:[aLux]|P[=>]|[-a-z]*x)")
_MODES = re.compile(r"\(\?[a-zA-Z-]*[mx]")
_VERBOSE = re.compile(r"\(\?[a-zA-Z]*x")


@dataclass(frozen=True, slots=True)
class Whole:
    """A pattern for the whole string; `unicode` when its classes were wider where it stood."""

    pattern: str
    unicode: bool


def of_text(pattern: str) -> Whole:
    """What the Rust engine finds somewhere in a string, said of the whole string."""
    return Whole(_whole(pattern, ("^", r"\A"), ("$", r"\z")), has_perl_classes(pattern))


def of_compiled(pattern: re.Pattern[str]) -> Whole | str:
    """The same for a pattern of Python; a text says why it is not read."""
    if pattern.flags & ~(re.ASCII | re.UNICODE):
        return "has flags"
    body = _whole(pattern.pattern, ("^", r"\A"), (r"\Z",))
    if _PYTHON_ALONE.search(body) or _SET_OPERATION.search(body):
        return "is written in a way that only Python reads so"
    if "$" in body.removesuffix("$").replace(r"\$", "") or (
        body.endswith("$") and body == pattern.pattern
    ):
        return "has a `$`, which in Python also stands before a last newline"
    ascii_only = bool(pattern.flags & re.ASCII)
    return Whole(body, has_perl_classes(body) and not ascii_only)


def searching(pattern: str) -> str | None:
    """The text that `of_text` reads back as the pattern; None where there is none."""
    if has_perl_classes(pattern) or _VERBOSE.search(pattern):
        return None
    text = f"^(?:{pattern})$"
    return text if of_text(text) == Whole(pattern, unicode=False) else None


def compiled(pattern: str) -> str | None:
    """The text that, compiled as ASCII, `of_compiled` reads back; None where there is none."""
    text = rf"\A(?:{pattern})\Z"
    if _SET_OPERATION.search(pattern) or _VERBOSE.search(pattern):
        return None
    try:
        made = re.compile(text, re.ASCII)
    except (re.error, OverflowError):
        return None
    return text if of_compiled(made) == Whole(pattern, unicode=False) else None


def has_perl_classes(pattern: str) -> bool:
    r"""The pattern has a `\d`, `\w`, `\s`, `\b` or an opposite of them."""
    return _PERL.search(pattern) is not None


def _whole(pattern: str, starts: tuple[str, ...], ends: tuple[str, ...]) -> str:
    start = next((s for s in starts if pattern.startswith(s)), None)
    end = next((e for e in ends if pattern.endswith(e)), None)
    if start is not None and end is not None:
        body = pattern[len(start) : len(pattern) - len(end)]
        outer = _outer(body)
        escaped = (len(body) - len(body.rstrip("\\"))) % 2
        moded = _MODES.search(body)  # in which ^ and $ may mean something else
        if outer is not None and not (escaped or moded) and "|" not in outer:
            return body[3:-1] if outer == "(?:)" else body
    return f"(?s:.*)(?:{pattern})(?s:.*)"


def _outer(pattern: str) -> str | None:
    """What of the pattern stands in no group, classes and escapes as dots.

    None where its parentheses do not pair up.
    """
    out: list[str] = []
    depth, place = 0, 0
    while place < len(pattern):
        char = pattern[place]
        step = 2 if char == "\\" else 1
        if char == "[":
            step = _class_end(pattern, place) - place
        elif char == ")":
            depth -= 1
            if depth < 0:
                return None
        if depth == 0:
            plain = char == "(" and pattern.startswith("(?:", place)
            out.append("(?:" if plain else char if step == 1 else ".")
        if char == "(":
            depth += 1
        place += step
    return "".join(out) if depth == 0 else None


def _class_end(pattern: str, start: int) -> int:
    """The place after the class that opens at `start`."""
    place, depth = start, 0
    while place < len(pattern):
        char = pattern[place]
        if char == "\\":
            place += 2
            continue
        if char == "[":
            depth += 1
            rest = pattern[place + 1 :]
            place += 2 if rest.startswith("]") else 3 if rest.startswith("^]") else 1
            continue
        if char == "]":
            depth -= 1
            if depth == 0:
                return place + 1
        place += 1
    return len(pattern)
