"""The README says what happens: every command of it is run, and prints what stands below it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.examples import console
from tests.examples.running import ROOT, Running, serving

if TYPE_CHECKING:
    from pathlib import Path

README = ROOT / "README.md"


def _text() -> str:
    return README.read_text(encoding="utf-8")


def _bodies(language: str) -> list[str]:
    return [block.text for block in console.blocks(_text()) if block.language == language]


def _replay(running: Running) -> list[str]:
    """What each step prints, in one shell."""
    script = _here(console.script(console.steps(_text())), running)
    outputs = console.run(script, running.folder, running.environment)
    return [_there(output, running) for output in outputs]


def _here(text: str, running: Running) -> str:
    return text.replace("127.0.0.1:8080", f"127.0.0.1:{running.port}").replace(
        "127.0.0.1:8081", f"127.0.0.1:{running.admin}"
    )


def _there(text: str, running: Running) -> str:
    return text.replace(f"127.0.0.1:{running.port}", "127.0.0.1:8080").replace(
        f"127.0.0.1:{running.admin}", "127.0.0.1:8081"
    )


@pytest.mark.needs("curl")
def test_the_console_blocks_print_what_they_show(tmp_path: Path) -> None:
    with serving(tmp_path, "shop.gati") as running:
        printed = _replay(running)
    if os.environ.get("GATID_UPDATE_README"):
        README.write_text(console.filled(_text(), printed), encoding="utf-8")  # then read it
    for step, output in zip(console.steps(_text()), printed, strict=True):
        assert console.masked(output) == console.masked(step.output), step.command


def test_the_other_commands_are_words_of_the_makefile() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = [
        line.partition("#")[0].split() for block in _bodies("sh") for line in block.splitlines()
    ]
    assert commands
    assert all(words[0] == "make" and words[1] in targets for words in commands)


def test_its_gati_is_that_of_the_examples() -> None:
    changes = "".join((ROOT / "examples/changes/orders.gati").read_text().split())
    for block in _bodies("gati"):
        for line in block.splitlines():
            assert "".join(line.split()) in changes


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)", _text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
