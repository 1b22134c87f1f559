"""The intersection of sets of strings: their constraints collect."""

from __future__ import annotations

from gatid_compiler.gtypes.model import (
    Array,
    Bytes,
    Format,
    GType,
    Intersection,
    Never,
    String,
)
from gatid_compiler.gtypes.text import show

Text = String | Bytes | Format


def is_text(t: GType) -> bool:
    """A set of strings given by constraints, an intersection of such included."""
    return isinstance(t, Text) or (
        isinstance(t, Intersection) and all(isinstance(p, Text) for p in t.parts)
    )


def texts(a: GType, b: GType) -> GType:
    """The strings of both."""
    parts = [*_text_parts(a), *_text_parts(b)]
    strings = [p for p in parts if isinstance(p, String)]
    octets = [p for p in parts if isinstance(p, Bytes)]
    kept: dict[str, GType] = {show(p): p for p in parts if isinstance(p, Format)}
    if strings:
        merged = String(*lengths(strings), tuple(sorted({p for s in strings for p in s.patterns})))
        if merged.high is not None and merged.low > merged.high:
            return Never()
        if merged != String() or not (kept or octets):
            kept[show(merged)] = merged
    if octets:
        low, high = lengths(octets)
        if high is not None and low > high:
            return Never()
        kept[""] = Bytes(low, high)
    together = tuple(kept[key] for key in sorted(kept))
    return together[0] if len(together) == 1 else Intersection(together)


def _text_parts(t: GType) -> tuple[GType, ...]:
    return t.parts if isinstance(t, Intersection) else (t,)


def lengths(types: list[String] | list[Bytes] | list[Array]) -> tuple[int, int | None]:
    """The bounds of all of them together."""
    highs = [t.high for t in types if t.high is not None]
    return max(t.low for t in types), min(highs) if highs else None
