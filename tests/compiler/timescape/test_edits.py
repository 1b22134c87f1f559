"""What is said to be proved is: every edit that is shown is made, and judged again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gatid_compiler.pipeline import Result, compile_project

if TYPE_CHECKING:
    from pathlib import Path

DESK = """
app desk {{ auth none }}
version 2025-01-01 as v1
version 2025-02-01 as v2
version 2025-03-01 as v3
type T {{
  {fields}
  extra?: int
}}
route put PUT /t {{
  body    T
  returns T
  handler desk:put
}}
route read GET /t {{
  returns T
  handler desk:put
}}
change v2 {{ type T {{ add extra?: int }} }}
change v3 {{
  type T {{
    {operation}
  }}
}}
"""

CASES = {
    "compute": ("a: int(0..10)\n  c: int(0..10)\n  b: int(0..15)", "compute b: int(0..15) = a + c"),
    "compute a length": ("a: string(..99)\n  b: int(0..9)", "compute b: int(0..9) = len(a)"),
    "compute back": (
        "a: int(0..10)\n  b: bool",
        "compute b: bool = true back a = 12 if b else 7",
    ),
    "join": ("n: string(..100)", 'join a, b by " " -> n'),
    "join with a type": ("n: string(..100)", 'join a, b by " " -> n: string(..100)'),
    "a class of letters": (
        "n: string(pattern '[A-Z]{1,300}')",
        "convert n: string(pattern '[a-z]{1,300}') -> string(pattern '[A-Z]{1,300}') by upper",
    ),
    "letters": ('n: "A" | "B"', 'convert n: "a" | "b" -> "A" | "B" by upper'),
    "letters that grow": ("n: string(..40)", "convert n: string(..40) -> string(..40) by lower"),
    "the other letters": (
        "n: string(pattern '[a-z]{3}')",
        "convert n: string(pattern '[A-Za-z]{3}') -> string(pattern '[a-z]{3}') by upper",
    ),
    "digits": ("n: int(0..100)", "convert n: string -> int(0..100) by text"),
    "too few digits": (
        "n: int(-20..100)",
        "convert n: string(pattern '[0-9]{1,2}') -> int(-20..100) by text",
    ),
    "any number of digits": ("n: int", "convert n: string -> int by text"),
    "digits from": ("n: int(5..)", "convert n: string -> int(5..) by text"),
    "a number as text": ("n: string", "convert n: int(0..10000) -> string by text"),
    "any number as text": ("n: string(..40)", "convert n: int -> string(..40) by text"),
    "a bool as text": ("n: string", "convert n: bool -> string by text"),
    "a text as bool": ("n: bool", "convert n: string -> bool by text"),
    "seconds": ("n: DateTime", "convert n: int -> DateTime by epoch(s)"),
    "moments": ("n: int", "convert n: DateTime -> int by epoch(ms)"),
    "a scale without bounds": ("n: number", "convert n: int -> number by scale(0.01)"),
    "a scale beyond": ("n: int(0..100)", "convert n: int(0..100) -> int(0..100) by scale(100)"),
    "a scale the other way": (
        "n: int(0..10)",
        "convert n: int(0..100) -> int(0..10) by scale(0.01)",
    ),
    "hundredths": (
        "n: number(0..100, multiple 0.01)",
        "convert n: int(0..10000) -> number(0..100, multiple 0.01) by scale(0.01)",
    ),
    "bytes": ("n: bytes", "convert n: string -> bytes by base64"),
    "text of bytes": ("n: string", "convert n: bytes -> string by base64"),
    "split": (
        "a: string(pattern '[^ ]{1,60}')\n  b: string(1..60)",
        'split n: string by " " -> a, b',
    ),
    "split at a dot": (
        "a: string(pattern '[^.]+')\n  b: string(1..)",
        "split n: string(pattern '[^.]+[.].+') by \".\" -> a, b",
    ),
    "split patterns": (
        "a: string(pattern '[0-9]{4}')\n  b: string(pattern '[0-9]{2}|--')",
        'split n: string by "-" -> a, b',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_edit_that_is_shown_is_proved(tmp_path: Path, case: str) -> None:
    fields, operation = CASES[case]
    before = _compiled(tmp_path, fields, operation)
    faults = [d for d in before.diagnostics if d.severity == "error"]
    assert faults
    helps = {d.help for d in faults}
    assert len(helps) == 1, helps
    (shown,) = helps
    assert shown is not None
    edits = re.fullmatch(r"this is proved: (?:`(.*?)` in `T`)?(?:, and here )?(?:`(.*)`)?", shown)
    assert edits is not None, shown
    declared, written = edits.groups()
    assert declared or written
    if declared:
        name = declared.partition(":")[0]
        fields = "\n  ".join(
            declared if line.partition(":")[0] == name else line for line in fields.split("\n  ")
        )
    after = _compiled(tmp_path, fields, written or operation)
    assert after.diagnostics == ()


def test_an_operation_inside_another_is_edited_where_it_stands(tmp_path: Path) -> None:
    fields = "rows: { n: int(0..100) }[]"
    inner = "convert n: string -> int(0..100) by text"
    before = _compiled(tmp_path, fields, f"each rows {{ {inner} }}")
    (shown,) = {d.help for d in before.diagnostics}
    assert shown is not None
    made = shown.removeprefix("this is proved: `").removesuffix("`")
    assert made != shown
    assert _compiled(tmp_path, fields, f"each rows {{ {made} }}").diagnostics == ()


def test_an_edit_that_another_message_would_suffer_from_is_not_shown(tmp_path: Path) -> None:
    # Requests are proved with digits alone, answers only with a number that is none below zero.
    fields = "n: int(-5..5)"
    before = _compiled(tmp_path, fields, "convert n: string -> int(-5..5) by text")
    (shown,) = {d.help for d in before.diagnostics}
    assert shown is not None
    assert "-" in shown.partition("->")[0]


def _compiled(tmp_path: Path, fields: str, operation: str) -> Result:
    (tmp_path / "desk.py").write_text("async def put(req, res, gctx, lctx):\n    return req.body\n")
    entry = tmp_path / "app.gati"
    entry.write_text(DESK.format(fields=fields, operation=operation))
    return compile_project(entry)
