"""What a search found, kept: of questions that may come up again inside themselves.

A question asked again while it is open adds nothing, so that counts as finding nothing. That
is right only as long as the open question is found to have no answer either: what was concluded
from it is kept *for now*, forgotten if it has one after all, and settled once no open question
is left that it rests on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Question = TypeVar("Question", bound="Hashable")
Found = TypeVar("Found")

_NONE_OPEN = 1 << 60
"""The depth that a conclusion rests on if it rests on no open question."""


class Answers(Generic[Question, Found]):
    """The answers to questions; None is the answer of those that have none."""

    def __init__(self) -> None:
        self._found: dict[Question, Found] = {}
        self._settled: set[Question] = set()
        self._fresh: set[Question] = set()
        self._open: dict[Question, int] = {}
        self._for_now: dict[Question, int] = {}
        self._rests_on = _NONE_OPEN

    def begin(self) -> None:
        """Forgets what was settled since the last `keep`; what was found stays."""
        self._fresh.clear()
        self._open.clear()
        self._for_now.clear()
        self._rests_on = _NONE_OPEN

    def keep(self) -> None:
        """What was settled since `begin` is right."""
        self._settled |= self._fresh

    def of(self, question: Question, look: Callable[[Question], Found | None]) -> Found | None:
        """The answer, looked for if it is not known. What `look` raises is raised."""
        found = self._found.get(question)
        if found is not None or question in self._settled or question in self._fresh:
            return found
        if question in self._open:
            self._rests_on = min(self._rests_on, self._open[question])
            return None
        if question in self._for_now:
            self._rests_on = min(self._rests_on, self._lowest())
            return None
        depth, known, outside = len(self._open), len(self._for_now), self._rests_on
        self._open[question] = depth
        self._rests_on = _NONE_OPEN
        concluded = False
        try:
            found = look(question)
            concluded = found is None
        finally:
            del self._open[question]
            if not concluded:
                self._forget(known)
                self._rests_on = outside
        if found is not None:
            self._found[question] = found
        else:
            self._conclude(question, depth, known, outside)
        return found

    def _conclude(self, question: Question, depth: int, known: int, outside: int) -> None:
        if self._rests_on < depth:
            self._for_now[question] = min(self._rests_on, self._lowest())
            self._rests_on = min(self._rests_on, outside)
            return
        self._fresh.add(question)
        self._fresh.update(self._forget(known))
        self._rests_on = outside

    def _forget(self, known: int) -> list[Question]:
        """Takes back what was concluded for now, but for so many."""
        return [self._for_now.popitem()[0] for _ in range(len(self._for_now) - known)]

    def _lowest(self) -> int:
        """The outermost open question that anything rests on. Of a single conclusion that is
        not known, since what it rested on may be closed, and rest on another one itself.
        """
        return next(reversed(self._for_now.values()), _NONE_OPEN)
