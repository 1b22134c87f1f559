"""The name somebody may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that is most like `name`, or None where none is near.

    Near means an edit for each three letters of the name, at least one and at most three; names
    that differ only in case, or in `-` for `_`, are the nearest. Ties go to the first in the
    alphabet.
    """
    limit = min(max(len(name) // 3, 1), 3)
    best: tuple[int, str] | None = None
    for candidate in sorted(set(candidates)):
        if candidate == name or abs(len(candidate) - len(name)) > limit:
            continue
        same = _fold(name) == _fold(candidate)
        distance = 0 if same else _distance(name, candidate, limit)
        if distance <= limit and distance < len(name) and (best is None or distance < best[0]):
            best = distance, candidate
    return best[1] if best else None


def _fold(name: str) -> str:
    return name.lower().replace("-", "_")


def _distance(a: str, b: str, limit: int) -> int:
    """Edits between two words, a swap of neighbours being one (Damerau 1964)."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, right in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
