"""docs/timescape.md says what happens: its project compiles, its commands print what it shows.

`GATID_UPDATE_README=1` writes the outputs anew; read the difference before you keep it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.examples import console

DOCS = Path(__file__).parents[2] / "docs/timescape.md"


def _outputs(folder: Path, text: str) -> list[str]:
    """What each command prints, in a folder that holds the project."""
    project = [block.text for block in console.blocks(text) if block.language == "gati"]
    (folder / "desk.gati").write_text("\n".join(project))
    (folder / "desk.py").write_text("async def put(req, res, gctx, lctx):\n    return req.body\n")
    gatid = f'gatid() {{ "{sys.executable}" -m gatid.cli "$@"; }}\n'
    return console.run(gatid + console.script(console.steps(text)), folder)


def test_the_console_blocks_print_what_they_show(tmp_path: Path) -> None:
    text = DOCS.read_text(encoding="utf-8")
    real = console.filled(text, _outputs(tmp_path, text))
    if os.environ.get("GATID_UPDATE_README"):
        DOCS.write_text(real, encoding="utf-8")
    assert text == real
