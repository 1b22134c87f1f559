"""Trees of patterns made anew: written as text, and cut down to texts of some lengths."""

from __future__ import annotations

from gatid_compiler.gtypes.regex import Char, Choice, Edge, Regex, Repeat, Sequence, span

_EDGES = {"start": r"\A", "end": r"\z", "boundary": r"\b", "inside": r"\B"}
_NOTHING = r"[^\x{0}-\x{10FFFF}]"


def written(tree: Regex) -> str:
    """The pattern of a tree."""
    match tree:
        case Char(charset):
            return f"[{''.join(map(_range, charset))}]" if charset else _NOTHING
        case Edge(kind):
            return _EDGES[kind]
        case Sequence(items):
            return "".join(map(written, items))
        case Choice(()):
            return _NOTHING
        case Choice(items):
            return f"(?:{'|'.join(map(written, items))})"
        case Repeat(item, least, most):
            inner = written(item) if isinstance(item, Char) else f"(?:{written(item)})"
            return f"{inner}{{{least},{'' if most is None else most}}}"


def _range(ends: tuple[int, int]) -> str:
    low, high = ends
    return rf"\x{{{low:X}}}" if low == high else rf"\x{{{low:X}}}-\x{{{high:X}}}"


def bounded(tree: Regex, low: int, high: int | None) -> Regex:
    """A tree of all texts of the tree that have so many characters, and of as few others as is
    seen at once.
    """
    least, most = span(tree)
    if least >= low and (high is None or (most is not None and most <= high)):
        return tree
    match tree:
        case Repeat(item, fewest, many) if (width := _width(item)) is not None:
            fewest = max(fewest, -(-low // width))
            if high is not None:
                many = high // width if many is None else min(many, high // width)
            return Choice(()) if many is not None and many < fewest else Repeat(item, fewest, many)
        case Choice(items):
            return Choice(tuple(bounded(item, low, high) for item in items))
        case Sequence(items):
            return Sequence(tuple(_among(items, at, low, high) for at in range(len(items))))
        case _:
            return tree


def _width(item: Regex) -> int | None:
    least, most = span(item)
    return least if least == most and least > 0 else None


def _among(items: tuple[Regex, ...], at: int, low: int, high: int | None) -> Regex:
    """One of the items, cut down by what the others may have."""
    spans = [span(item) for index, item in enumerate(items) if index != at]
    lows = sum(least for least, _ in spans)
    highs = [most for _, most in spans if most is not None]
    least = max(0, low - sum(highs)) if len(highs) == len(spans) else 0
    return bounded(items[at], least, None if high is None else max(0, high - lows))
