"""Where reading can be taken up again after an error, seen from the text alone.

Indentation means nothing to the language, but people indent: it tells which block was left open.
"""

from __future__ import annotations

import re

DECLARATIONS = frozenset(
    {
        "include",
        "app",
        "version",
        "secret",
        "module",
        "hook",
        "policy",
        "topic",
        "on",
        "rollout",
        "type",
        "group",
        "route",
        "change",
    }
)
"""The words that begin a declaration; none of them begins a statement."""

_PIECE = re.compile(
    r'"(?:\\.|[^"\\\r\n])*"?'
    r"|'[^'\r\n]*'?"
    r"|\#[^\n]*"
    r"|\r?\n"
    r"|[{}()\[\],]"
    r"|[^\"'\#\r\n{}()\[\],]+"
    r"|\r"
)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LEADING_WORD = re.compile(r"[ \t]*([A-Za-z_][A-Za-z0-9_]*)")
_STATEMENT_LINE = re.compile(r"[ \t]*(?:[A-Za-z_][A-Za-z0-9_]*[ \t]+[^\s,)\]]|\})")
_CONTINUES = re.compile(r"\s*[|&]")
_PARTNERS = {")": "(", "]": "[", "}": "{"}


def word_at(text: str, offset: int) -> str:
    """The word that begins at an offset, or an empty string."""
    word = _WORD.match(text, offset)
    return word.group() if word else ""


def indentation(text: str, offset: int) -> int:
    """How far the line of an offset is indented, in characters."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start : text.find("\n", start) if "\n" in text[start:] else len(text)]
    return len(line) - len(line.lstrip(" \t"))


def first_on_line(text: str, offset: int) -> bool:
    """Whether only blanks stand before an offset on its line."""
    return not text[text.rfind("\n", 0, offset) + 1 : offset].strip(" \t")


def line_end(text: str, offset: int) -> int:
    """The offset at which the line of an offset ends, before its newline."""
    newline = text.find("\n", offset)
    end = len(text) if newline < 0 else newline
    return end - 1 if end > offset and text[end - 1] == "\r" else end


def resume(text: str, offset: int, opened: str, *, in_block: bool, at_comma: bool) -> int:
    """The offset at which the item that an error stands in is over.

    `opened` are the brackets open within the item before `offset`. The item ends at a newline
    or, `in_block`, at a `}`, or `at_comma`, at a comma, outside of its own brackets.
    """
    brackets = list(opened)
    margin = indentation(text, offset)
    after_comma = False
    for piece in _PIECE.finditer(text, offset):
        mark = piece.group()
        if mark[-1] == "\n":
            if not _goes_on(text, piece.end(), brackets, after_comma, margin):
                return piece.start()
            continue
        if mark in ("{", "(", "["):
            brackets.append(mark)
        elif mark in _PARTNERS:
            if mark == "}" and "{" not in brackets and in_block:
                return piece.start()
            _close(brackets, _PARTNERS[mark])
        elif mark == "," and at_comma and not brackets:
            return piece.start()
        if not mark.isspace() and mark[0] != "#":
            after_comma = mark == ","
    # A bracket that is never closed would have hidden the rest of the file.
    return line_end(text, offset) if brackets else len(text)


def _close(brackets: list[str], partner: str) -> None:
    if partner in brackets:
        while brackets.pop() != partner:
            pass


def _goes_on(text: str, offset: int, brackets: list[str], after_comma: bool, margin: int) -> bool:
    """Whether the item goes on behind a newline that ends at `offset`."""
    if "{" in brackets:
        word = _LEADING_WORD.match(text, offset)
        outside = word is not None and word[1] in DECLARATIONS
        return not outside or indentation(text, offset) > margin
    if brackets:
        return not _STATEMENT_LINE.match(text, offset)
    return after_comma or _CONTINUES.match(text, offset) is not None


def left_open(text: str, start: int, opened: list[int]) -> int | None:
    """How many of the open brackets stay open where a declaration begins; None for all.

    A declaration that begins a line no deeper than the line a block was opened in shows that the
    block was left open, unless as many braces are closed behind it as are open before.
    """
    if word_at(text, start) not in DECLARATIONS or not first_on_line(text, start):
        return None
    margin = indentation(text, start)
    keep = next((i for i, o in enumerate(opened) if indentation(text, o) >= margin), None)
    if keep is None or _closed_behind(text, start) >= len(opened):
        return None
    return keep


def _closed_behind(text: str, offset: int) -> int:
    """How many of the braces that are open at an offset are closed behind it."""
    depth = lowest = 0
    for piece in _PIECE.finditer(text, offset):
        if piece.group() in ("{", "}"):
            depth += 1 if piece.group() == "{" else -1
            lowest = min(lowest, depth)
    return -lowest


def resumes_before(text: str, offset: int, opened: str) -> bool:
    """Whether the line an error stands in begins something new, the brackets having been left open
    in a line before it.
    """
    return (
        opened[-1:] in ("(", "[")
        and first_on_line(text, offset)
        and "\n" in text[:offset]
        and _STATEMENT_LINE.match(text, offset) is not None
    )


def brace_below(text: str, offset: int) -> int | None:
    """The `{` that begins the next written line, where a line ends at an offset."""
    below = re.compile(r"\r?\n\s*\{").match(text, offset)
    return below.end() - 1 if below else None


def unclosed_text(text: str, offset: int, *, in_brackets: bool) -> str | None:
    """What a string without an end says, where one begins at an offset.

    It goes to the end of its line, less a `{` or a comma that ends the line, and less what
    closes the brackets it stands in.
    """
    if text[offset : offset + 1] not in ('"', "'"):
        return None
    rest = text[offset + 1 : line_end(text, offset)]
    closed = re.match(r'(?:\\.|[^"\\])*"' if text[offset] == '"' else r"[^']*'", rest)
    if closed is not None:
        return None
    behind = r"[)\]]*[ \t]*[{,]?[ \t]*$" if in_brackets else r"[ \t]*[{,]?[ \t]*$"
    return re.sub(behind, "", rest)
