"""The arrays that a schema allows: items of one type, or so many in their places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.json_schema import words
from gatid_compiler.gtypes.json_schema.kinds import joined
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported
from gatid_compiler.gtypes.model import Any, Array, GType, Never, Tuple
from gatid_compiler.gtypes.tuples import tuple_

if TYPE_CHECKING:
    from gatid_compiler.gtypes.json_schema.document import Place
    from gatid_compiler.gtypes.json_schema.read import Reader
    from gatid_compiler.gtypes.json_schema.words import Node


def arrays(schema: Node, place: Place, reader: Reader) -> GType:
    """The type of the arrays that the schema's own keywords allow."""
    low = words.count(schema, "minItems", place) or 0
    high = words.count(schema, "maxItems", place)
    unique = schema.get("uniqueItems") is True
    prefix, item = _items(schema, place, reader)
    if "contains" in schema:
        low, high = _contains(schema, place, reader, (low, high), item if not prefix else None)
    if high is not None and low > high:
        return Never()
    if all(t == item for t in prefix):
        return Array(item, low, high, unique)
    size = len(prefix)
    found: list[GType] = []
    for length in range(low, size if high is None else min(size, high + 1)):
        found.append(Tuple(tuple(prefix[:length])) if length else Array(Any(), 0, 0))
    if high is None or high >= size:
        rest = Array(item, max(0, low - size), None if high is None else high - size)
        found.append(tuple_(prefix, rest))
    whole = joined(found)
    return reader.system.all_of((whole, Array(Any(), unique=True))) if unique else whole


def _items(schema: Node, place: Place, reader: Reader) -> tuple[list[GType], GType]:
    """The types of the first items, and of every one after them."""
    if isinstance(schema.get("items"), list):
        # As until draft 2019-09.
        firsts = schema["items"]
        prefix = [reader.read(s, place / "items" / n) for n, s in enumerate(firsts)]
        return prefix, reader.below(schema, "additionalItems", place, Any())
    firsts = words.listed(schema, "prefixItems", place)
    prefix = [reader.read(s, place / "prefixItems" / n) for n, s in enumerate(firsts)]
    return prefix, reader.below(schema, "items", place, Any())


def _contains(
    schema: Node,
    place: Place,
    reader: Reader,
    lengths: tuple[int, int | None],
    item: GType | None,
) -> tuple[int, int | None]:
    """The lengths that `contains` leaves, where it speaks of every item alike."""
    low, high = lengths
    held = reader.read(schema["contains"], place / "contains")
    least = words.count(schema, "minContains", place)
    least = 1 if least is None else least
    most = words.count(schema, "maxContains", place)
    if least == 0 and most is None:
        return low, high
    if isinstance(held, Never):
        return (low, high) if least == 0 else (1, 0)
    if isinstance(held, Any) or held == item:
        limits = [n for n in (high, most) if n is not None]
        return max(low, least), min(limits, default=None)
    reader.refuse(
        Unsupported("contains", (place / "contains").pointer, "a type says one thing of all items")
    )
    return low, high
