"""A difference of one branch of a union is judged by that branch, not by the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.breaking import changes
from tests.compiler.breaking.cases import compiled

if TYPE_CHECKING:
    from pathlib import Path

APP = """
app a {{ }}
type Customer {{ id: int, note?: string({length}), ... }}
type Deleted {{ deleted: bool, ... }}
route get GET /x {{
  auth none
  returns 200 {answer}
  handler code:get
}}
"""


def test_a_new_branch_does_not_make_other_changes_breaking(tmp_path: Path) -> None:
    before = APP.format(length="..9", answer="Customer")
    after = APP.format(length="..5", answer="Customer | Deleted")
    found = changes(compiled(before, tmp_path / "old"), compiled(after, tmp_path / "new"))
    assert {(c.rule, c.verdict) for c in found} == {
        ("response-branch-added", "breaking"),
        ("response-length-maximum-lowered", "compatible"),
    }
