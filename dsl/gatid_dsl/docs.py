"""Doc comments: lines of `##` directly above what they are about."""

from __future__ import annotations

import re

# A string cannot go over the end of a line, so a line that begins with `##` is never in one.
_BLOCK = re.compile(r"^(?P<lines>(?:[ \t]*##[^\r\n]*\r?\n)+)[ \t]*", re.MULTILINE)
_LINE = re.compile(r"[ \t]*## ?([^\r\n]*)")


def doc_comments(text: str) -> dict[int, str]:
    """The doc comments of a text, by the offset of what stands directly below them."""
    if "##" not in text:
        return {}
    return {
        block.end(): "\n".join(line.rstrip() for line in _LINE.findall(block["lines"]))
        for block in _BLOCK.finditer(text)
    }
