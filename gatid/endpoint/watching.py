"""Contracts linked twice: as they are, and telling events; which serves can be switched."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.endpoint.dispatch import Target


class Watched:
    """One contract. `observed` links the form that tells events, when it is first wanted."""

    __slots__ = ("_observed", "_places", "plain", "route")

    def __init__(self, route: str, plain: Target, observed: Callable[[], Target]) -> None:
        self.route = route
        self.plain = plain
        self._observed = observed
        self._places: list[tuple[list[Target], int]] = []

    def served_from(self, targets: list[Target], index: int) -> None:
        """Where the contract's coroutine function is looked up."""
        self._places.append((targets, index))

    def observe(self, observed: bool) -> None:
        """Lets the requests that begin from now on tell events, or not."""
        target = self._once() if observed else self.plain
        for targets, index in self._places:
            targets[index] = target

    def _once(self) -> Target:
        made = self._observed()
        self._observed = lambda: made
        return made


class Contracts:
    """All contracts of a generation that can be watched."""

    __slots__ = ("__weakref__", "_watched")

    def __init__(self) -> None:
        self._watched: list[Watched] = []

    def add(self, watched: Watched) -> None:
        """One more contract."""
        self._watched.append(watched)

    def observe(self, wanted: Callable[[str], bool]) -> None:
        """Those whose route is wanted tell events, the others do not."""
        for watched in self._watched:
            watched.observe(wanted(watched.route))
