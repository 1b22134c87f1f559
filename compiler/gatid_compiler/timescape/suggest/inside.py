"""Which fields beside an object are those inside of it: by their names, else by their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.timescape.suggest.likeness import likeness, words
from gatid_compiler.timescape.suggest.model import SURE

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid_compiler.gtypes.model import Field, Object

_LEAST = 0.5
"""What is less sure is no guess: fields that belong nowhere have types, too."""

_ALIKE = 0.45


@dataclass(frozen=True, slots=True)
class Pairs:
    """The names inside, each with the name beside that it goes by; how sure that is, and why."""

    names: Mapping[str, str]
    confidence: int = SURE
    why: str = ""


def paired(
    outer: str,
    inner: Object,
    beside: Mapping[str, Field],
    rivals: Mapping[str, Field],
    fit: Callable[[Field, Field], float],
) -> Pairs:
    """The fields inside of an object with those `beside`; `rivals` are the ones next to the
    object that these could be as well. `fit` says how much the types of a field inside and one
    outside speak for their being one.

    What no name decides, types do, where they find a field for all that is required.
    """
    named = {
        name: other
        for name, other in _named(outer, inner, beside).items()
        if (field := inner.field(name)) is not None and fit(field, beside[other]) > 0
    }
    open_ = [f for f in inner.fields if f.required and f.name not in named]
    free = {name: f for name, f in beside.items() if name not in named.values()}
    scores: dict[tuple[str, str], float] = {}
    for field in open_:
        fitting = [n for n, f in free.items() if f.required and fit(field, f) > 0.9]
        mates = [f for f in open_ if fitting and fit(f, free[fitting[0]]) > 0.9]
        for name in fitting:
            elsewhere = [r for r, f in rivals.items() if fit(f, free[name]) > 0.9]
            alike = max(likeness(outer, name), likeness(field.name, name))
            other = max((likeness(r, name) for r in elsewhere), default=0.0)
            alone = len(fitting) == 1 and len(mates) == 1 and not elsewhere
            score = 0.35 + 0.5 * alike + (0.25 if alone else 0) - (0.3 if other > alike else 0)
            scores[field.name, name] = min(score, 0.95)
    found: dict[str, str] = {}
    least = 1.0
    for (name, other_name), score in sorted(scores.items(), key=lambda each: (-each[1], each[0])):
        if score >= _LEAST and name not in found and other_name not in found.values():
            found[name] = other_name
            least = min(least, score)
    if not found or len(found) < len(open_):
        return Pairs(named)
    found = dict(sorted(found.items()))
    return Pairs({**named, **found}, round(100 * least), _why(outer, found))


def _why(outer: str, found: Mapping[str, str]) -> str:
    alike = all(max(likeness(outer, b), likeness(a, b)) >= _ALIKE for a, b in found.items())
    said = ", ".join(f"`{b}` is `{outer}.{a}`" for a, b in sorted(found.items()))
    return f"{said}: the types fit" + (" and the names are alike" if alike else "")


def _named(outer: str, inner: Object, beside: Mapping[str, Field]) -> dict[str, str]:
    """The names inside of an object, each with the name beside it that means the same."""
    found: dict[str, str] = {}
    for field in inner.fields:
        whole = [*words(outer), *words(field.name)]
        for name in (field.name, *sorted(beside)):
            fits = name == field.name or words(name) in (whole, [*words(field.name), *words(outer)])
            if name in beside and fits and name not in found.values():
                found[field.name] = name
                break
    return found
