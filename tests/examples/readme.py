"""The README's console blocks: commands after `$ `, and what they print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

README = Path(__file__).parents[2] / "README.md"
_STEP = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

MASKS = (
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|\+00:00)"), "<moment>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"\b\d+ (bytes|ms)"), r"<number> \1"),
)
"""What differs from run to run."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command and the lines that the README shows below it."""

    command: str
    output: str


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language, without their fences."""
    text = README.read_text(encoding="utf-8")
    return [body for name, body in _BLOCK.findall(text) if name == language]


def steps() -> list[Step]:
    """Every command of the console blocks, in order."""
    found = []
    for block in blocks("console"):
        for command, output in _STEP.findall(block):
            found.append(Step(command, output.strip("\n")))
    return found


def filled(printed: Iterable[str]) -> str:
    """The README with these outputs in place of those that it shows."""
    outputs = iter(printed)

    def block(match: re.Match[str]) -> str:
        if match[1] != "console":
            return match[0]
        lines = [f"$ {command}\n{next(outputs)}".rstrip() for command, _ in _STEP.findall(match[2])]
        return "```console\n" + "\n".join(lines) + "\n```"

    return _BLOCK.sub(block, README.read_text(encoding="utf-8"))


def masked(text: str) -> str:
    """The text with everything that may differ replaced."""
    for pattern, word in MASKS:
        text = pattern.sub(word, text)
    return text
