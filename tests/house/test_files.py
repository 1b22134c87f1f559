"""What may lie in the repository."""

from __future__ import annotations

import re

from tests.house.repository import ROOT, tracked

TOP = {
    ".ci", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md",
    "benchmarks", "compiler", "docs", "dsl", "examples", "gatid", "pyproject.toml",
    "requirements.lock", "systemd", "tests",
}  # fmt: skip

MACHINE = re.compile(r"(?<![\w.])/(?:work|farm|root|home)/[a-z.]")
REGISTRY = re.compile(
    r"pypi\.(?:org|io)|pythonhosted|registry\.npmjs|deb\.debian|index-url|find-links"
)


def _matches(pattern: re.Pattern[str], *without: str) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()}"
        for path in tracked()
        if str(path) not in without
        for number, line in enumerate(
            (ROOT / path).read_text(encoding="utf-8", errors="replace").splitlines(), 1
        )
        if pattern.search(line)
    ]


def test_the_top_level_holds_what_is_known() -> None:
    assert {path.parts[0] for path in tracked()} == TOP


def test_no_path_of_a_machine() -> None:
    assert _matches(MACHINE) == []


def test_no_address_of_a_package_registry() -> None:
    assert _matches(REGISTRY, "tests/house/test_files.py") == []
