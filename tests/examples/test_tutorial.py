"""docs/tutorial.md and docs/modules.md are typed along: their blocks become files, and their
commands print what they show.

`GATID_UPDATE_README=1` writes the outputs anew; read the difference before you keep it.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.examples import console
from tests.examples.running import environment, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[2] / "docs"
_DECLARATION = re.compile(r"^\w.*?(?=^\w|\Z)", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"[^\"{\n]*")
_REMOVED = re.compile(r"^  (route \w+) removed", re.MULTILINE)
_READY = "until gatid ctl status > /dev/null 2>&1; do sleep 0.05; done\n"


def _declared(text: str) -> Iterator[tuple[str, str]]:
    """The declarations of a block, by what they declare."""
    for declaration in _DECLARATION.findall(text):
        name = _NAME.match(declaration)
        assert name is not None
        words = name[0].split()
        yield " ".join(words[:1] if words[0] == "app" else words[:2]), declaration.strip()


def _script(text: str) -> str:
    """What a reader who types along does, one step after the other."""
    script = f'gatid() {{ "{sys.executable}" -m gatid.cli "$@"; }}\n'
    declared: dict[str, str] = {}
    for block in console.blocks(text):
        if block.language == "gati":
            declared.update(_declared(block.text))
            for name in _REMOVED.findall(block.text):
                declared.pop(name, None)
            whole = "\n\n".join(declared.values())
            script += f"cat > desk.gati <<'END'\n{whole}\nEND\n"
        if block.language == "python":
            name = block.text.split()[1]
            script += f"cat > {name} <<'END'\n{block.text}END\n"
        for step in block.steps:
            script += console.script([step])
            script += _READY * step.command.endswith("&")
    return script


@pytest.mark.needs("curl", "jq")
@pytest.mark.parametrize("name", ["tutorial.md", "modules.md"])
def test_whoever_types_along_sees_what_it_shows(name: str, tmp_path: Path) -> None:
    document = DOCS / name
    text = document.read_text(encoding="utf-8")
    (port,) = free_ports(1)
    here = f"127.0.0.1:{port}"
    script = _script(text).replace(
        "gatid serve desk.gati", f"gatid serve desk.gati --listen {here}"
    )
    printed = console.run(
        script.replace("127.0.0.1:8080", here) + "gatid ctl stop > /dev/null\n",
        tmp_path,
        environment(tmp_path),
    )
    if os.environ.get("GATID_UPDATE_README"):
        document.write_text(console.filled(text, printed), encoding="utf-8")
    for step, output in zip(console.steps(text), printed, strict=True):
        assert console.masked(output) == console.masked(step.output), step.command
