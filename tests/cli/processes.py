"""The command line as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def gatid(
    *words: str | Path, stdin: str = "", cwd: Path = ROOT, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs `gatid WORDS…` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "gatid.cli", *map(str, words)],
        input=stdin,
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
