from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings

from gatid_dsl.parse import parse
from gatid_dsl.render import render_text
from gatid_dsl.source import Source
from tests.dsl import printing, trees

if TYPE_CHECKING:
    from gatid_dsl import syntax


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(trees.files)
def test_syntax_survives_being_printed_and_read(file: syntax.File) -> None:
    text = printing.file(file)
    parsed = parse(Source("tree.gati", text))
    assert render_text(parsed.diagnostics) == "", text
    assert trees.bare(parsed.file) == trees.bare(file), text
