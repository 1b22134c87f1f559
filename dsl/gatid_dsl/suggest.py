"""The name somebody may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that is most like `name`, or None where none is near.

    Near means at most one edit in a name of up to five letters, two in longer ones, three from
    ten on; case and `-` for `_` count for little. Ties go to the first in the alphabet.
    """
    limit = 1 if len(name) <= 5 else 2 if len(name) < 10 else 3
    best: tuple[int, str] | None = None
    folded = _fold(name)
    for candidate in sorted(set(candidates)):
        if candidate == name or abs(len(candidate) - len(name)) > limit:
            continue
        distance = _distance(folded, _fold(candidate), limit)
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
