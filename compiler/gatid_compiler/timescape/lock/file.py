"""The lock on disk: the old one or the new one, whatever happens in between."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gatid_compiler.timescape.lock import text

if TYPE_CHECKING:
    from gatid_compiler.timescape.lock.model import Lock


def store(path: Path, lock: Lock) -> None:
    """Write the lock in the place of what is there. Raises `OSError`."""
    descriptor, name = tempfile.mkstemp(prefix=".gati.lock.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text.write(lock))
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
