"""A file with more at its end: the old one or the whole new one, whatever happens in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.atomic import write

if TYPE_CHECKING:
    from pathlib import Path


def append(file: Path, text: str) -> None:
    """Put text at the end of a file, after an empty line; its mode stays. Raises `OSError`."""
    target = file.resolve()
    old = target.read_bytes()
    end = b"\r\n" if b"\r\n" in old else b"\n"
    gap = b"" if old.endswith(b"\n") else end
    new = old + gap + end + text.encode().replace(b"\n", end)
    write(target, new, target.stat().st_mode & 0o7777)
