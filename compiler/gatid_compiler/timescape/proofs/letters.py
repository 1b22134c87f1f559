"""`lower` and `upper` on patterns: what they make of a pattern's texts, and which texts they
lead into a pattern.

Both go character by character. A few characters become several, and `Σ` becomes one of two
letters, as it stands at the end of a word or not.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import charsets
from gatid_compiler.gtypes.regex import (
    Char,
    Choice,
    Edge,
    NotReadError,
    Regex,
    Repeat,
    Sequence,
    parse,
)
from gatid_compiler.timescape.proofs.trees import written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatid_compiler.gtypes.charsets import Charset

_CASED = 0x20000
"""No letter beyond has another case."""

_FEW = 8
"""Of more characters that become several, it is not told apart what each becomes."""

_SCATTERED = 40
"""A set of more ranges costs more than it tells."""

_NEAR = 16

_ASCII: Charset = ((0, 0x7F),)
_BEYOND = charsets.complement(_ASCII)

_SIGMA, _SIGMAS = ord("Σ"), charsets.of("σ", "ς")

GROWS = {"lower": ("İ", 2), "upper": ("ΐ", 3)}
"""A character that becomes so many, the most there are."""


def image(pattern: str, function: str) -> str:
    """A pattern of what the texts of a pattern become, and of few others beyond ASCII.

    Raises `NotReadError`.
    """
    return written(_each(parse(pattern), lambda charset: _made(charset, function)))


def preimage(pattern: str, function: str) -> str:
    """A pattern of texts that become those of a pattern, each character one: all such texts but
    those with a few letters beyond ASCII. Raises `NotReadError`.
    """
    return written(_each(parse(pattern), lambda charset: Char(_leading(charset, function))))


@lru_cache(maxsize=256)
def grows(pattern: str, function: str) -> bool:
    """Whether a text of the pattern may become longer. Raises `NotReadError`."""
    _, many = _cases(function)
    return any(charsets.contains(charset, point) for charset in _sets(parse(pattern))
               for point in many)  # fmt: skip


@cache
def _cases(function: str) -> tuple[Mapping[int, int], Mapping[int, str]]:
    """Characters that become another one, and those that become several."""
    change: Callable[[str], str] = str.lower if function == "lower" else str.upper
    one: dict[int, int] = {}
    many: dict[int, str] = {}
    for point in range(_CASED):
        made = change(chr(point))
        if len(made) > 1:
            many[point] = made
        elif made != chr(point):
            one[point] = ord(made)
    return one, many


def _each(tree: Regex, made: Callable[[Charset], Regex]) -> Regex:
    match tree:
        case Char(charset):
            return made(charset)
        case Sequence(items):
            return Sequence(tuple(_each(item, made) for item in items))
        case Choice(items):
            return Choice(tuple(_each(item, made) for item in items))
        case Repeat(item, least, most):
            return Repeat(_each(item, made), least, most)
        case Edge(kind):
            if kind in ("boundary", "inside"):
                raise NotReadError("the border of a word")
            return tree


def _sets(tree: Regex) -> list[Charset]:
    match tree:
        case Char(charset):
            return [charset]
        case Sequence(items) | Choice(items):
            return [charset for item in items for charset in _sets(item)]
        case Repeat(item):
            return _sets(item)
        case Edge():
            return []


@lru_cache(maxsize=256)
def _made(charset: Charset, function: str) -> Regex:
    one, many = _cases(function)
    changed = [point for point in one if charsets.contains(charset, point)]
    longer = [point for point in many if charsets.contains(charset, point)]
    gone = charsets.union(((p, p),) for p in (*changed, *longer))
    kept = charsets.intersection(charset, charsets.complement(gone))
    new: list[Charset] = [((one[p], one[p]),) for p in changed]
    if function == "lower" and _SIGMA in changed:
        new.append(_SIGMAS)
    single = Char(_simpler(charsets.union([kept, *new])))
    if not longer:
        return single
    if len(longer) > _FEW:
        parts = Char(_simpler(charsets.of(*(c for p in longer for c in many[p]))))
        return Choice((single, Repeat(parts, 2, max(len(many[p]) for p in longer))))
    several = [Sequence(tuple(Char(charsets.of(c)) for c in many[p])) for p in longer]
    return Choice((single, *several))


def _simpler(charset: Charset) -> Charset:
    """The set, with all characters beyond ASCII where some of them are in it scattered."""
    if len(charset) <= _SCATTERED:
        return charset
    return charsets.union([charsets.intersection(charset, _ASCII), _BEYOND])


@cache
def _around(function: str) -> Charset:
    """The characters that become several, and those between ones that lie near each other: so
    a set without them has few ranges.
    """
    found: list[tuple[int, int]] = []
    for point in sorted(_cases(function)[1]):
        if found and point - found[-1][1] <= _NEAR:
            found[-1] = (found[-1][0], point)
        else:
            found.append((point, point))
    return tuple(found)


@lru_cache(maxsize=256)
def _leading(charset: Charset, function: str) -> Charset:
    one, _ = _cases(function)
    gone = charsets.union([*(((p, p),) for p in one), _around(function)])
    kept = charsets.intersection(charset, charsets.complement(gone))
    leading = [((p, p),) for p, made in one.items() if charsets.contains(charset, made)]
    if function == "lower" and charsets.intersection(charset, _SIGMAS) != _SIGMAS:
        leading = [points for points in leading if points != ((_SIGMA, _SIGMA),)]
    return charsets.union([kept, *leading])
