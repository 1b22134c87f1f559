"""Messages around a part of them: the part in its place, and the least that must stand beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.model import Array, GType, Never, Object, Tuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.breaking.sides import Sides


def around(sides: Sides, whole: GType, path: tuple[str | int, ...], part: Any) -> Iterator[Any]:
    """Values of the whole type that have the part at the path, one for each way through unions.

    In the path `*` stands for any item, or any other key.
    """
    if not path:
        yield part
        return
    step, below = path[0], path[1:]
    for atom in sides.atoms(whole):
        match atom:
            case Object() if isinstance(step, str):
                yield from _in_object(sides, atom, step, below, part)
            case Array(item, low) if step == "*" and not (atom.unique and low > 1):
                for inner in around(sides, item, below, part):
                    if low <= 1:
                        yield [inner]
                    else:
                        more = _example(sides, item)
                        yield [inner, *more * (low - 1)]
            case Tuple(items) if isinstance(step, int) and step < len(items):
                beside = [_example(sides, item) for item in items]
                for inner in around(sides, items[step], below, part):
                    if all(found or i == step for i, found in enumerate(beside)):
                        yield [inner if i == step else f[0] for i, f in enumerate(beside)]


def _in_object(
    sides: Sides, t: Object, name: str, below: tuple[str | int, ...], part: Any
) -> Iterator[Any]:
    field = t.field(name)
    inside = field.type if field is not None else t.rest
    if inside is None:
        return
    beside: dict[str, Any] = {}
    for other in t.fields:
        if other.required and other.name != name:
            found = _example(sides, other.type)
            if not found:
                return
            beside[other.name] = found[0]
    for inner in around(sides, inside, below, part):
        yield {**beside, name: inner}


def _example(sides: Sides, t: GType) -> list[Any]:
    """One value of the type, in a list; none where none was found."""
    if t not in sides.examples:
        found = sides.compare(t, Never())
        sides.examples[t] = [found.witness] if found.kind == "refuted" else []
    return sides.examples[t]
