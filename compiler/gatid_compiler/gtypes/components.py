"""Which things are inside one another: the strongly connected components of a graph.

R. Tarjan, "Depth-first search and linear graph algorithms", SIAM Journal on Computing 1 (1972);
without recursion, since a document may have thousands of types in one ring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

T = TypeVar("T", bound="Hashable")


def components(roots: Iterable[T], inside: Callable[[T], Iterable[T]]) -> Iterator[list[T]]:
    """What is reached from the roots, in groups: two things are in one group where each is
    inside the other. Each group comes after all that is inside it.
    """
    order: dict[T, int] = {}
    lowest: dict[T, int] = {}
    pending: list[T] = []
    path: list[tuple[T, Iterator[T]]] = []

    def enter(thing: T) -> None:
        order[thing] = lowest[thing] = len(order)
        pending.append(thing)
        path.append((thing, iter(inside(thing))))

    for root in roots:
        if root not in order:
            enter(root)
        while path:
            thing, parts = path[-1]
            part = next((p for p in parts if p not in order or p in lowest), None)
            if part is not None and part in order:
                lowest[thing] = min(lowest[thing], order[part])
            elif part is not None:
                enter(part)
            else:
                path.pop()
                if path:
                    user = path[-1][0]
                    lowest[user] = min(lowest[user], lowest[thing])
                if lowest[thing] == order[thing]:
                    group: list[T] = []
                    while not group or group[-1] is not thing:
                        group.append(pending.pop())
                        del lowest[group[-1]]
                    yield group
