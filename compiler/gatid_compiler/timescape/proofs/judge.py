"""The judge of transforms: each pair of states is looked at once, each message's verdict kept.

A message is judged by its image: where that is proved to be within what is wanted, so is
everything that the transform makes. Where it is not, messages are run: one that fails refutes.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.model import Schema
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.timescape.fuse.finish import OverlapError, UnmergedError
from gatid_compiler.timescape.fuse.fuse import backward, forward
from gatid_compiler.timescape.fuse.symbols import EndlessError
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.lenses.model import Doubt
from gatid_compiler.timescape.proofs.image import Images, NotKnownError
from gatid_compiler.timescape.proofs.trial import Trial
from gatid_compiler.timescape.proofs.verdict import PROVED, VALIDATED, Refuted, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.timescape.fuse.fuse import Fused
    from gatid_compiler.timescape.history import History
    from gatid_compiler.timescape.proofs.verdict import Verdict


@dataclass(frozen=True, slots=True)
class _Looked:
    """What the image of a message shows: None where nothing is in doubt."""

    reason: str
    doubts: tuple[Doubt, ...]
    hints: tuple[Any, ...]
    opaque: bool


class Judge:
    """Judges the transforms of one history."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._images: dict[tuple[int, int], Images] = {}
        self._looked: dict[tuple[str, int, int], _Looked | None] = {}
        self._crossing: set[tuple[str, int, int]] = set()
        self._seconds: dict[tuple[str, int, int], float] = {}

    def hop(self, key: str, start: int, end: int) -> Verdict:
        """Of a message, carried from one state to another: a request to a later one, an answer
        to an earlier one.
        """
        looked = self._look(key, start, end)
        if looked is None:
            return VALIDATED if (key, start, end) in self._crossing else PROVED
        unknown = Unknown(looked.reason, looked.doubts)
        if looked.opaque:
            return unknown
        try:
            fused = self._fused(key, start, end)
        except (EndlessError, OverlapError, UnmergedError) as reason:
            return Unknown(str(reason), looked.doubts)
        history = self._history
        trial = Trial(
            fused,
            Schema(history.states[start][key], history.states[start]),
            Schema(history.states[end][key], history.states[end]),
            request=start <= end,
        )
        found = trial.search(looked.hints)
        return Refuted(found, looked.doubts) if found else unknown

    def doubts(self, key: str, start: int, end: int) -> tuple[Doubt, ...] | None:
        """The steps that may be at fault of a message that is carried; None where it is proved."""
        looked = self._look(key, start, end)
        return None if looked is None else looked.doubts

    def proves(self, key: str, start: int, end: int) -> bool:
        """Whether a message is proved over all releases from one state to another. Where each
        hop is, all of them together are.
        """
        hops = self.hops(key, min(start, end), max(start, end))
        if all(
            self._look(key, *((low, high) if start <= end else (high, low))) is None
            for low, high in hops
        ):
            return True
        return self._look(key, start, end) is None

    def hops(self, key: str, low: int, high: int) -> Iterator[tuple[int, int]]:
        """The hops between two states in which the message changes, oldest first."""
        history = self._history
        while (block := history.same_until(key, low)) is not None and block < high:
            release = bisect_right(history.releases, block)
            yield max(history.releases[release - 1], low), min(history.releases[release], high)
            low = history.releases[release]

    def _look(self, key: str, start: int, end: int) -> _Looked | None:
        at = (key, start, end)
        if at not in self._looked:
            begun = time.perf_counter()
            self._looked[at] = self._compared(key, start, end)
            self._seconds[at] = time.perf_counter() - begun
        return self._looked[at]

    def seconds(self, key: str, start: int, end: int) -> float:
        """The time that comparing took, which was done once, whoever asked first."""
        return self._seconds.get((key, start, end), 0.0)

    def _compared(self, key: str, start: int, end: int) -> _Looked | None:
        """The image of a message against what is wanted."""
        history = self._history
        if (start, end) not in self._images:
            self._images[start, end] = Images(history, start, end)
        images = self._images[start, end]
        try:
            image, doubts, hints = images.message(key)
        except NotKnownError as unread:
            return _Looked(str(unread), (), (), opaque=True)
        if images.crosses:
            self._crossing.add((key, start, end))
        target = history.states[end][key]
        if image == target:
            return None
        verdict = compare(Schema(image, images.defs), Schema(target, history.states[end]))
        if verdict.kind == "proved":
            return None
        reason = verdict.reason or "neither a proof nor a message that it fails for was found"
        hints = (*hints, *_scalars(verdict.witness))
        return _Looked(reason, doubts, hints, opaque=images.crosses)

    def _fused(self, key: str, start: int, end: int) -> Fused | None:
        if start <= end:
            return forward(self._history, key.removeprefix(keys.request("")), start, end)
        route, status = key.removeprefix("response ").rsplit(" ", 1)
        return backward(self._history, route, int(status), start, end)


def _scalars(value: Any) -> Iterator[Any]:
    """The scalars of a value, and its keys."""
    match value:
        case dict():
            for key, inner in value.items():
                yield key
                yield from _scalars(inner)
        case list():
            for inner in value:
                yield from _scalars(inner)
        case _:
            yield value
