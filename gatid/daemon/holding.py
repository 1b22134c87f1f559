"""What a worker holds of a generation, as a table: from PREPARE to the last request's end.

Like `reload.py` it decides and does nothing. A generation's number is never reused, so one
that is gone stays gone: a PREPARE that its ABORT has overtaken finds it so.
"""

from __future__ import annotations

from enum import Enum, auto
from types import MappingProxyType


class Hold(Enum):
    """How a worker holds a generation."""

    NONE = auto()
    BUILDING = auto()
    DOOMED = auto()
    READY = auto()
    CURRENT = auto()
    DRAINING = auto()
    GONE = auto()


class News(Enum):
    """What reaches a held generation. `REPLACED` when another one became current."""

    PREPARE = auto()
    BUILT = auto()
    BROKE = auto()
    ABORT = auto()
    COMMIT = auto()
    REPLACED = auto()
    IDLE = auto()


class Duty(Enum):
    """What the worker does."""

    BUILD = auto()
    SAY_READY = auto()
    SAY_FAILED = auto()
    DISCARD = auto()
    FLIP = auto()
    RETIRE = auto()
    DROP = auto()


_H, _N, _D = Hold, News, Duty

TABLE = MappingProxyType(
    {
        (_H.NONE, _N.PREPARE): (_H.BUILDING, _D.BUILD),
        (_H.NONE, _N.ABORT): (_H.GONE, None),
        (_H.BUILDING, _N.BUILT): (_H.READY, _D.SAY_READY),
        (_H.BUILDING, _N.BROKE): (_H.GONE, _D.SAY_FAILED),
        (_H.BUILDING, _N.ABORT): (_H.DOOMED, None),
        (_H.DOOMED, _N.BUILT): (_H.GONE, _D.DISCARD),
        (_H.DOOMED, _N.BROKE): (_H.GONE, None),
        (_H.READY, _N.ABORT): (_H.GONE, _D.DISCARD),
        (_H.READY, _N.COMMIT): (_H.CURRENT, _D.FLIP),
        # A newer commit has overtaken one that this worker never came to serve.
        (_H.BUILDING, _N.REPLACED): (_H.DOOMED, None),
        (_H.READY, _N.REPLACED): (_H.GONE, _D.DISCARD),
        (_H.CURRENT, _N.REPLACED): (_H.DRAINING, _D.RETIRE),
        (_H.DRAINING, _N.IDLE): (_H.GONE, _D.DROP),
    }
)
"""News that have no row change nothing: the second COMMIT of a nudge, an ABORT too late."""


class Holdings:
    """The state of each generation that a worker has heard of."""

    def __init__(self) -> None:
        self._states: dict[int, Hold] = {}
        self._floor = 0

    def __getitem__(self, generation: int) -> Hold:
        state = self._states.get(generation)
        if state is not None:
            return state
        return Hold.GONE if generation <= self._floor else Hold.NONE

    def tell(self, generation: int, news: News) -> Duty | None:
        """Note the news, and say what is to be done about them."""
        row = TABLE.get((self[generation], news))
        if row is None:
            return None
        state, duty = row
        if state is Hold.GONE:
            self._states.pop(generation, None)
        else:
            self._states[generation] = state
        self._floor = max(self._floor, generation)
        return duty

    def older(self, generation: int) -> tuple[int, ...]:
        """Those that a commit of this generation replaces, oldest first."""
        return tuple(
            g for g in self.held(Hold.BUILDING, Hold.READY, Hold.CURRENT) if g < generation
        )

    def held(self, *states: Hold) -> tuple[int, ...]:
        """The generations that are in one of these states, oldest first."""
        return tuple(sorted(g for g, state in self._states.items() if state in states))
