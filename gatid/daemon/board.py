"""One page of memory that the supervisor writes and every child reads.

Its first word is the epoch: the number of the generation that serves. Storing it is *the*
commit point of a reload; a request compares its generation with it.
"""

from __future__ import annotations

import mmap
import os
from enum import IntEnum

_WORDS = 64


class Word(IntEnum):
    """What the page holds, an unsigned 64-bit word each."""

    EPOCH = 0
    READY = 1
    WORKERS = 2
    SWAPPED = 3
    REFUSED = 4
    DEATHS = 5


class Board:
    """The page, mapped before the first fork."""

    def __init__(self) -> None:
        fd = os.memfd_create("gatid-board")
        os.ftruncate(fd, _WORDS * 8)
        self._map = mmap.mmap(fd, _WORDS * 8)
        os.close(fd)
        self._words = memoryview(self._map).cast("Q")

    @property
    def epoch(self) -> memoryview:
        """The epoch alone, as what the request path compares with."""
        return self._words[0:1]

    def __getitem__(self, word: Word) -> int:
        value: int = self._words[word]
        return value

    def __setitem__(self, word: Word, value: int) -> None:
        # One aligned store: a reader sees the old number or the new one.
        self._words[word] = value
