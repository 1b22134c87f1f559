"""A document's console blocks: commands after `$ `, and what they print."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MARK = "--- end of a step ---"
"""What a script prints after each step, so that `run` can tell their outputs apart."""

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
class Block:
    """A fenced block, without its fences."""

    language: str
    text: str

    @property
    def steps(self) -> list[Step]:
        """The commands of a console block, in order."""
        if self.language != "console":
            return []
        return [Step(c, output.strip("\n")) for c, output in _STEP.findall(self.text)]


@dataclass(frozen=True, slots=True)
class Step:
    """A command and the lines that the document shows below it."""

    command: str
    output: str


def blocks(text: str) -> list[Block]:
    """All fenced blocks of a document."""
    return [Block(language, body) for language, body in _BLOCK.findall(text)]


def steps(text: str) -> list[Step]:
    """Every command of the console blocks, in order."""
    return [step for block in blocks(text) for step in block.steps]


def filled(text: str, printed: Iterable[str]) -> str:
    """The document with these outputs in place of those that it shows."""
    outputs = iter(printed)

    def block(match: re.Match[str]) -> str:
        if match[1] != "console":
            return match[0]
        lines = [f"$ {command}\n{next(outputs)}".rstrip() for command, _ in _STEP.findall(match[2])]
        return "```console\n" + "\n".join(lines) + "\n```"

    return _BLOCK.sub(block, text)


def masked(text: str) -> str:
    """The text with everything that may differ replaced."""
    for pattern, word in MASKS:
        text = pattern.sub(word, text)
    return text


def script(steps: Iterable[Step]) -> str:
    """The steps, with a mark after each."""
    return "".join(f"{step.command}\necho '{MARK}'\n" for step in steps)


def run(script: str, folder: Path, environment: Mapping[str, str] | None = None) -> list[str]:
    """What each step of a script prints, in one shell."""
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    outputs = ran.stdout.split(f"{MARK}\n")
    assert outputs.pop() == ""
    return [output.strip("\n") for output in outputs]
