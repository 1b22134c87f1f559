"""docs/timescape.md says what happens: its project compiles, its commands print what it shows.

`GATID_UPDATE_README=1` writes the outputs anew; read the difference before you keep it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs/timescape.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STEP = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_MARK = "--- end of a step ---"


def _outputs(folder: Path, text: str) -> list[str]:
    """What each command prints, in one shell, in a folder that holds the project."""
    blocks = _BLOCK.findall(text)
    (folder / "desk.gati").write_text("\n".join(body for kind, body in blocks if kind == "gati"))
    (folder / "desk.py").write_text("async def put(req, res, gctx, lctx):\n    return req.body\n")
    commands = [c for kind, body in blocks if kind == "console" for c, _ in _STEP.findall(body)]
    gatid = f'gatid() {{ "{sys.executable}" -m gatid.cli "$@"; }}\n'
    script = gatid + "".join(f"{command}\necho '{_MARK}'\n" for command in commands)
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    outputs = ran.stdout.split(f"{_MARK}\n")
    assert outputs.pop() == ""
    return outputs


def test_the_console_blocks_print_what_they_show(tmp_path: Path) -> None:
    text = DOCS.read_text(encoding="utf-8")
    printed = iter(_outputs(tmp_path, text))

    def filled(match: re.Match[str]) -> str:
        if match[1] != "console":
            return match[0]
        steps = [f"$ {command}\n{next(printed)}" for command, _ in _STEP.findall(match[2])]
        return f"```console\n{''.join(steps)}```"

    real = _BLOCK.sub(filled, text)
    if os.environ.get("GATID_UPDATE_README"):
        DOCS.write_text(real, encoding="utf-8")
    assert text == real
