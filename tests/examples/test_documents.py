"""The projects in docs/*.md that have their code beside them compile without a word."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gatid_compiler.pipeline import compile_project

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCS = Path(__file__).parents[2] / "docs"


def _blocks(text: str, language: str) -> Sequence[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


@pytest.mark.parametrize("name", ["secrets.md", "topics.md"])
def test_the_project_of_a_document_compiles(name: str, tmp_path: Path) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    (tmp_path / "app.gati").write_text("\n".join(_blocks(text, "gati")))
    (tmp_path / "shop.py").write_text("\n".join(_blocks(text, "python")))
    result = compile_project(tmp_path / "app.gati")
    assert [d.message for d in result.diagnostics] == []
    assert result.plan is not None
