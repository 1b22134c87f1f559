"""Every verb says what it does, with an example, and nothing heavy is imported for that."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from gatid.cli import main
from tests.cli.processes import gatid

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAVY = ("granian", "lark", "pydantic_core", "uvloop", "cryptography", "asyncio", "orjson")


def _verbs(group: click.Group, *words: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _verbs(command, *words, name)
        else:
            yield (*words, name)


VERBS = sorted(_verbs(main))


def test_the_verbs_are_those_of_the_reference() -> None:
    assert {verb[0] for verb in VERBS} == {
        "check", "compile", "ctl", "diff", "explain", "extract", "gen", "import", "key", "manifest",
        "release",         "routes", "secrets", "serve", "snapshot", "timescape", "version",
    }  # fmt: skip


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_help_has_an_example(verb: tuple[str, ...]) -> None:
    ran = gatid(*verb, "--help")
    assert ran.returncode == 0
    _, _, examples = ran.stdout.partition("Example:\n")
    assert f"gatid {' '.join(verb)}" in examples


@pytest.mark.parametrize("words", [["--help"], ["version"], ["serve", "--help"]], ids=" ".join)
def test_what_is_light_imports_nothing_heavy(words: list[str]) -> None:
    script = (
        "import sys\nfrom gatid.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        f"print(*(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stderr.split() == []


MISUSES = (
    ["frobnicate"],
    ["check"],
    ["check", "no/such/file.gati"],
    ["check", "docs"],
    ["compile", "examples/hello.gati"],
    ["serve", "examples/hello.gati", "--workers", "0"],
    ["serve", "examples/hello.gati", "--listen", "127.0.0.1:99999"],
    ["routes", "examples/hello.gati", "--code"],
    ["routes", "examples/hello.gati", "gret"],
    ["explain", "no-such-code"],
    ["key", "new", "a b"],
    ["key", "hash"],
    ["ctl", "status", "--state", "no/such/folder"],
)


@pytest.mark.parametrize("words", MISUSES, ids=" ".join)
def test_misuse_is_status_2_and_said_on_stderr(words: list[str]) -> None:
    ran = gatid(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.strip()
    assert "Traceback" not in ran.stderr
