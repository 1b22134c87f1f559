"""The names that types go by in the plan: a named type that was different has another name.

Head keeps its names. What an older release had under the same name is `Order@v1`, after a
release in which it looked like this; where an operation changed a type in one place only, the
type of that place is `Order@v1.1`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.reshape import reshaped, spelt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler import plan
    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.timescape.history import History


class FinalTypes:
    """Collects the definitions that contracts refer to, as contracts ask for them."""

    def __init__(self, history: History, releases: Sequence[plan.Release]) -> None:
        self._history = history
        self._labels = {
            state: release.label
            for state, release in zip(reversed(history.releases), reversed(releases), strict=False)
        }
        self._names: dict[tuple[str, int | None], str] = {}
        self.types: dict[str, GType] = {}

    def take_head(self) -> None:
        """The types of head, under their own names."""
        head = len(self._history.states) - 1
        for key in sorted(self._history.states[head]):
            if not (keys.is_message(key) or keys.is_in_place(key) or keys.is_variant(key)):
                self._name(key, head)

    def type(self, t: GType, state: int) -> GType:
        """The type in normal form, its references by their final names."""
        plain = spelt(t, self._history.states[state])
        return reshaped(plain, name=lambda key: self._name(key, state))

    def shape(self, shape: plan.Shape, state: int) -> plan.Shape:
        """The shape in normal form, its references by their final names."""

        def final(t: GType | None) -> GType | None:
            return None if t is None else self.type(t, state)

        return replace(
            shape,
            path=final(shape.path),
            query=final(shape.query),
            headers=final(shape.headers),
            cookies=final(shape.cookies),
            body=final(shape.body),
            answers=tuple(
                replace(a, type=final(a.type), headers=final(a.headers)) for a in shape.answers
            ),
        )

    def _name(self, key: str, state: int) -> str:
        until = self._history.same_until(key, state)
        known = self._names.get((key, until))
        if known is not None:
            return known
        name = self._names[key, until] = self._free(key, state)
        t = self._history.states[state][key]
        self.types[name] = t  # recursive types come by here again
        self.types[name] = self.type(t, state)
        return name

    def _free(self, key: str, state: int) -> str:
        name = keys.plain(key)
        if self._history.same_until(key, state) is None and not keys.is_variant(key):
            return name
        known = f"{name}@{self._labels.get(state, '0')}"
        number, free = 1, known
        while free in self.types or (keys.is_variant(key) and free == known):
            free = f"{known}.{number}"
            number += 1
        return free
