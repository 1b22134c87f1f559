"""Work after which the process ends."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def brief() -> Iterator[None]:
    """Collects no cycles meanwhile.

    What a compiler makes it keeps to the end, and looking for what it does not costs up to a
    sixth of the whole.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
