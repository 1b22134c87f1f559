"""A string in one type and in none of the others, by the languages of their patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from gatid_compiler.gtypes import leaves, regex, scalars
from gatid_compiler.gtypes.automata import ExhaustedError, Languages, Question, State, find
from gatid_compiler.gtypes.model import (
    Bytes,
    Format,
    GType,
    Intersection,
    Literal,
    Scalar,
    String,
)
from gatid_compiler.gtypes.numbers_left import UndecidedError
from gatid_compiler.gtypes.regex import NotReadError

if TYPE_CHECKING:
    from collections.abc import Sequence

_Span = tuple[int, int | None]

_SAMPLES: dict[Scalar, str] = {
    Scalar.UUID: "00000000-0000-0000-0000-000000000000",
    Scalar.EMAIL: "a@b",
    Scalar.URL: "a:",
    Scalar.DATE: "2000-01-01",
    Scalar.TIME: "00:00:00Z",
    Scalar.DATETIME: "2000-01-01T00:00:00Z",
    Scalar.DURATION: "P1D",
    Scalar.DECIMAL: "0",
    Scalar.IP: "::",
}

_LONGEST = 100_000
"""Texts of more characters are not tried, only reasoned about."""


def text_left(t: GType, others: Sequence[GType]) -> str | None:
    """A string of the type that is in none of the others, mostly the shortest; None if all are.

    The types are `String`, `Bytes`, `Format`, intersections of them, and literals among the
    others. Raises `UndecidedError`.
    """
    if t in others:
        return None
    others = [o for o in others if not isinstance(o, Literal) or isinstance(o.value, str)]
    for sample in (*_samples(t), *_beyond(t, others)):
        if _holds(t, sample) and not any(_holds(o, sample) for o in others):
            return sample
    if any(_wider(o, t) for o in others):
        return None
    try:
        found = _search(t, others)
    except NotReadError as reason:
        raise UndecidedError(f"a pattern has {reason}") from None
    except ExhaustedError:
        raise UndecidedError("patterns with too many states") from None
    if found is not None and not (_holds(t, found) and not any(_holds(o, found) for o in others)):
        raise UndecidedError("leap seconds or lengths of base64")
    return found


def _samples(t: GType) -> list[str]:
    match t:
        case Format(scalar):
            return [_SAMPLES[scalar], *_SAMPLES.values()]
        case String(low, high):
            most = low if high is None else min(high, 4096)
            return ["a" * low, "a" * most, "~" * low, "a" * min(low + 1, most), *_SAMPLES.values()]
        case Bytes():
            return ["", "AAAA", "AA==", "AAA="]
        case Intersection(parts):
            return [sample for part in parts for sample in _samples(part)]
        case _:
            return []


def _holds(t: GType, text: str) -> bool:
    match t:
        case Literal(value):
            return value == text
        case String():
            return leaves.in_string(text, t)
        case Bytes():
            return leaves.in_bytes(text, t)
        case Format():
            return leaves.in_format(text, t)
        case Intersection(parts):
            return all(_holds(part, text) for part in parts)
        case _:
            return False


def _beyond(t: GType, others: Sequence[GType]) -> list[str]:
    """Texts just shorter and just longer than the others may be: a search counts every length."""
    if not isinstance(t, String):
        return []
    bounds = [(o.low - 1, -1 if o.high is None else o.high + 1) for o in others if _plain(o)]
    sizes = {size for pair in bounds for size in pair if t.low <= size <= _LONGEST}
    return ["a" * size for size in sorted(sizes) if t.high is None or size <= t.high]


def _plain(o: GType) -> TypeGuard[String]:
    """A text of which only the length counts."""
    return isinstance(o, String) and not o.patterns


def _wider(o: GType, t: GType) -> bool:
    """Every text of the type is one of the other, by their lengths alone."""
    if isinstance(t, Bytes):
        if not isinstance(o, Bytes):
            return False
    elif not isinstance(t, String) or not _plain(o):
        return False
    return o.low <= t.low and (o.high is None or (t.high is not None and t.high <= o.high))


def _search(t: GType, others: Sequence[GType]) -> str | None:
    languages = Languages()
    literals = [o.value for o in others if isinstance(o, Literal) and isinstance(o.value, str)]
    span = _span(t)
    outside = [_under(o, span, languages) for o in others if not isinstance(o, Literal)]
    if () in outside:
        return None
    groups = tuple(group for group in outside if group is not None)
    if literals:
        groups = (*groups, (languages.strings(literals),))
    lengths, patterns = _over(t, languages)
    if patterns and lengths:
        # Most inclusions hold whatever the length, and lengths cost states.
        try:
            if find(languages, Question(patterns, groups)) is None:
                return None
        except ExhaustedError:
            pass
    return find(languages, Question((*patterns, *lengths), groups))


def _over(t: GType, languages: Languages) -> tuple[tuple[State, ...], tuple[State, ...]]:
    """Languages that have all strings of the type together: those of lengths, and the rest."""
    match t:
        case String(low, high, patterns):
            lengths = (languages.lengths(low, high),) if low or high is not None else ()
            return lengths, tuple(map(languages.start, patterns))
        case Format(scalar):
            leap = scalars.LEAP_PATTERNS.get(scalar)
            pattern = scalars.PATTERNS[scalar]
            return (), (languages.start(f"{pattern}|{leap}" if leap else pattern),)
        case Bytes(low, high):
            most = None if high is None else -(-high // 3) * 4
            return (languages.lengths(-(-low // 3) * 4, most),), (languages.start(scalars.BASE64),)
        case Intersection(parts):
            both = [_over(part, languages) for part in parts]
            return (
                tuple(s for lengths, _ in both for s in lengths),
                tuple(s for _, patterns in both for s in patterns),
            )
        case _:
            raise UndecidedError("strings of an unknown kind")


def _span(t: GType) -> _Span:
    """Bounds of the lengths that strings of the type have, as far as they are seen at once."""
    match t:
        case String(low, high, patterns):
            spans = [(low, high), *(regex.span(regex.parse(pattern)) for pattern in patterns)]
        case Intersection(parts):
            spans = [_span(part) for part in parts]
        case _:
            return 0, None
    highs = [most for _, most in spans if most is not None]
    return max((least for least, _ in spans), default=0), min(highs, default=None)


def _under(t: GType, span: _Span, languages: Languages) -> tuple[State, ...] | None:
    """Languages whose common strings of these lengths are all of the type: none where all such
    strings are. None for a type that is no text.
    """
    match t:
        case String(low, high, patterns):
            # Lengths cost states, and mostly say nothing new of the strings in question.
            least, most = span
            all_fit = low <= least and (high is None or (most is not None and most <= high))
            lengths = () if all_fit else (languages.lengths(low, high),)
            return (*lengths, *map(languages.start, patterns))
        case Format(scalar):
            return (languages.start(scalars.PATTERNS[scalar]),)
        case Bytes(low, high):
            most = None if high is None else high // 3 * 4
            least = -(-(low + 2) // 3) * 4 if low else 0
            return (languages.start(scalars.BASE64), languages.lengths(least, most))
        case Intersection(parts):
            states: list[State] = []
            for part in parts:
                found = _under(part, span, languages)
                if found is None:
                    return None
                states += found
            return tuple(states)
        case _:
            return None
