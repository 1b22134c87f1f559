"""Which routes a path and a method mean, at a cost that does not grow with their number.

Paths without parameters are one dict. The others are grouped by shape (how many segments, and
which of them are parameters); a look-up splits the path once and makes one dict probe a shape,
the most specific shape first: from the left, static before parameter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from gatid_compiler.plan import Param

if TYPE_CHECKING:
    from gatid_compiler.plan import Segment

T = TypeVar("T")

Values = tuple[str, ...]
"""What the parameters of a path matched, in their order."""

Entry = dict[str, T]
"""What a path has, by method."""


@dataclass(frozen=True, slots=True)
class _Shape(Generic[T]):
    """Paths whose parameters stand at the same places. Keys are the static segments."""

    places: tuple[bool, ...]
    key: Callable[[list[str]], object]
    params: Callable[[list[str]], Values]
    entries: dict[object, Entry[T]]


class Table(Generic[T]):
    """Paths and methods, each with a value; filled once, then only read."""

    def __init__(self) -> None:
        self.static: dict[str, Entry[T]] = {}
        self._shapes: dict[int, list[_Shape[T]]] = {}

    def entry(self, path: tuple[Segment, ...]) -> Entry[T]:
        """The methods of that path, to be filled; parameters' names make no difference."""
        if not any(isinstance(segment, Param) for segment in path):
            text = "/" + "/".join(str(segment) for segment in path)
            return self.static.setdefault(text, {})
        places = tuple(isinstance(segment, Param) for segment in path)
        shapes = self._shapes.setdefault(len(path), [])
        shape = next((s for s in shapes if s.places == places), None)
        if shape is None:
            shape = _shape(places)
            shapes.append(shape)
            shapes.sort(key=lambda s: s.places)
        key = shape.key([s if isinstance(s, str) else "" for s in path])
        return shape.entries.setdefault(key, {})

    def matches(self, path: str) -> list[tuple[Entry[T], Values]]:
        """All that a path can mean, the most specific first."""
        entry = self.static.get(path)
        found: list[tuple[Entry[T], Values]] = [] if entry is None else [(entry, ())]
        segments = path[1:].split("/")
        shapes = self._shapes.get(len(segments))
        if shapes is not None:
            for shape in shapes:
                entry = shape.entries.get(shape.key(segments))
                if entry is not None:
                    values = shape.params(segments)
                    # A parameter takes no empty segment: `/x/` is not `/x/{id}`.
                    if "" not in values:
                        found.append((entry, values))
        return found


def _shape(places: tuple[bool, ...]) -> _Shape[Any]:
    static = [i for i, is_param in enumerate(places) if not is_param]
    params = [i for i, is_param in enumerate(places) if is_param]
    key: Callable[[list[str]], object] = itemgetter(*static) if static else _nothing
    return _Shape(places, key, _values(params), {})


def _values(places: list[int]) -> Callable[[list[str]], Values]:
    if len(places) == 1:
        place = places[0]
        return lambda segments: (segments[place],)
    return itemgetter(*places)


def _nothing(_segments: list[str]) -> object:
    return ()
