"""Contracts linked twice: as they are, and telling events; which serves can be switched.

A contract of which snapshots are kept is linked a third time, telling a recording of its own; what
decides for each request stands before the other two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.endpoint.dispatch import Target


class Watched:
    """One contract. `observed` links the form that tells events, when it is first wanted;
    `choosing` makes what serves out of either, where requests are recorded.
    """

    __slots__ = ("_choosing", "_observed", "_places", "_serves", "plain", "route")

    def __init__(
        self,
        route: str,
        plain: Target,
        observed: Callable[[], Target],
        choosing: Callable[[Target], Target] | None = None,
    ) -> None:
        self.route = route
        self.plain = plain
        self._observed = observed
        self._choosing = choosing
        self._places: list[tuple[list[Target], int]] = []
        self._serves = plain if choosing is None else choosing(plain)

    def served_from(self, targets: list[Target], index: int) -> None:
        """Where the contract's coroutine function is looked up."""
        self._places.append((targets, index))
        targets[index] = self._serves

    def observe(self, observed: bool) -> None:
        """Lets the requests that begin from now on tell events, or not."""
        target = self._once() if observed else self.plain
        self._serves = target if self._choosing is None else self._choosing(target)
        for targets, index in self._places:
            targets[index] = self._serves

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
