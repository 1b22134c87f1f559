"""A file written whole: the old one or the new one, whatever happens in between.

The new content is written beside its place, synchronised and renamed, and the folder is
synchronised, so that what returned is on disk.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

LEFT = ".*.new"
"""What a process leaves beside a file when it is killed while writing it."""


def write(path: Path, data: bytes, mode: int, *, lasting: bool = True) -> None:
    """Put `data` in the place of what is there, with these permissions. Raises `OSError`.

    What is not `lasting` may be gone, or the old content there again, when the power fails.
    Where `path` is a symbolic link, what it leads to is replaced.
    """
    target = path.resolve()
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    temporary = Path(name)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.rename(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if not lasting:
        return
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
