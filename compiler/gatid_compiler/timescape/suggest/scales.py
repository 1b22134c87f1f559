"""By how much a number is another under a new unit: what names say, and what bounds say."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Int, Number
from gatid_compiler.timescape.suggest.likeness import known_ratio, unit, units, words

if TYPE_CHECKING:
    from gatid_compiler.timescape.suggest.likeness import Unit

_MONEY = frozenset(("amount", "price", "total", "cost", "fee", "charge", "balance", "tax"))

Way = tuple[str, int, str, tuple[str, ...]]
"""How a field is converted, how sure that is, why, and how it could be as well."""


def scaled(old_name: str, new_name: str, was: Int | Number, now: Int | Number) -> Way | None:
    """The `scale` between two numbers; None where the steps between them are others."""
    said = _said(old_name, new_name)
    by = _stretch(was, now)
    if said is not None:
        factor, why = said
        if by is None:
            return f"scale({_number(factor)})", 85, why, ()
        if isclose(by, factor, rel_tol=1e-9):
            return f"scale({_number(factor)})", 95, f"{why}, and the bounds agree", ()
        return f"scale({_number(factor)})", 60, f"{why}; the bounds do not agree", ()
    if by is not None and known_ratio(by):
        how, times = f"scale({_number(by)})", _number(max(by, 1 / by))
        why = f"the bounds are {times} times {'wider' if by > 1 else 'narrower'}"
        return how, 45 if old_name == new_name else 70, why, ("scale(1)",)
    if isinstance(was, Int) and isinstance(now, Number) and set(words(new_name)) & _MONEY:
        return "scale(1)", 55, "the same unit", ("scale(0.01)",)
    if was.multiple != now.multiple and isinstance(was, Int) and isinstance(now, Int):
        return None
    return "scale(1)", 85, "the same unit", ()


def stretched(old_name: str, new_name: str, was: Int | Number, now: Int | Number) -> bool:
    """Whether names and bounds say the same of two numbers' units."""
    said, by = _said(old_name, new_name), _stretch(was, now)
    return said is not None and by is not None and isclose(by, said[0], rel_tol=1e-9)


def _said(old_name: str, new_name: str) -> tuple[float, str] | None:
    """The factor that the names give."""
    both = units(old_name, new_name)
    if both is not None:
        return both[0].size / both[1].size, "by the units in the names"
    before, after = unit(old_name), unit(new_name)
    if after is None and (part := _part(before)) is not None:
        return part, f"`{old_name}` counts parts of one"
    if before is None and (part := _part(after)) is not None:
        return 1 / part, f"`{new_name}` counts parts of one"
    return None


def _part(unit: Unit | None) -> float | None:
    """Which part of the whole a unit is, where a name without one would count the whole."""
    if unit is None or unit.kind not in ("money", "share") or unit.size == 1:
        return None
    return unit.size


def _stretch(was: Int | Number, now: Int | Number) -> float | None:
    """The factor that makes the old bounds the new ones."""
    pairs = [(was.low, now.low), (was.high, now.high)]
    found = [b / a for a, b in pairs if a and b]
    if not found or any((a is None) != (b is None) or bool(a) != bool(b) for a, b in pairs):
        return None
    return found[0] if all(isclose(f, found[0], rel_tol=1e-9) for f in found) else None


def _number(value: float) -> str:
    rounded = round(value, 9)
    if not isclose(rounded, value, rel_tol=1e-12):
        return repr(value)
    return str(int(rounded)) if rounded == int(rounded) else repr(rounded)
