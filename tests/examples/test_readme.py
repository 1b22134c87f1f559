"""The README says what happens: every command of it is run, and prints what stands below it."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.examples import readme
from tests.examples.running import ROOT, Running, serving

if TYPE_CHECKING:
    from pathlib import Path

_MARK = "--- end of a step ---"


def _replay(running: Running) -> list[str]:
    """What each step prints, in one shell."""
    script = "\n".join(f"{step.command}\necho '{_MARK}'" for step in readme.steps())
    ran = subprocess.run(
        ["bash", "-c", _here(script, running)],
        cwd=running.folder,
        env=running.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    outputs = ran.stdout.split(f"{_MARK}\n")
    assert outputs.pop() == ""
    return [_there(output, running).strip("\n") for output in outputs]


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
        readme.README.write_text(
            readme.filled(printed), encoding="utf-8"
        )  # for whoever changes the tour
    for step, output in zip(readme.steps(), printed, strict=True):
        assert readme.masked(output) == readme.masked(step.output), step.command


def test_the_other_commands_are_words_of_the_makefile() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = [
        line.partition("#")[0].split()
        for block in readme.blocks("sh")
        for line in block.splitlines()
    ]
    assert commands
    assert all(words[0] == "make" and words[1] in targets for words in commands)


def test_its_gati_is_that_of_the_examples() -> None:
    changes = "".join((ROOT / "examples/changes.gati").read_text().split())
    for block in readme.blocks("gati"):
        for line in block.splitlines():
            assert "".join(line.split()) in changes


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)", readme.README.read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
