"""The texts that write the whole numbers of a range, as a pattern."""

from __future__ import annotations

_LAST = 3
"""So many last digits are looked at."""


def written_between(low: int, high: int, zeros: int) -> str:
    """A pattern of the decimal texts of the whole numbers from `low` to `high`, which `zeros` at
    most may stand before.
    """
    parts = []
    if low < 0:
        parts.append(f"-0{{0,{zeros}}}({natural(max(0, -high), -low)})")
    if high >= 0:
        parts.append(f"0{{0,{zeros}}}({natural(max(0, low), high)})")
    return "|".join(parts)


def plainly(low: int, high: int) -> str:
    """A pattern of the texts of the whole numbers from `low` to `high`, as JSON writes them."""
    parts = []
    if low < 0:
        parts.append(f"-({natural(max(1, -high), -low)})")
    if high >= 0:
        parts.append(natural(max(0, low), high))
    return "|".join(parts)


def ending(multiple: int) -> str | None:
    """A pattern of the decimal texts of all multiples, where their last digits tell; else None."""
    for digits in range(1, _LAST + 1):
        if 10**digits % multiple == 0:
            values = range(0, 10**digits, multiple)
            whole = "|".join(f"{value:0{digits}}" for value in values)
            short = "|".join(
                f"{value:0{fewer}}" for fewer in range(1, digits) for value in values
                if value < 10**fewer
            )  # fmt: skip
            return f"-?([0-9]*({whole}){f'|{short}' if short else ''})"
    return None


def natural(low: int, high: int) -> str:
    """A pattern of the decimal texts of the whole numbers between two that are not negative."""
    parts = []
    for digits in range(len(str(low)), len(str(high)) + 1):
        first = max(low, 10 ** (digits - 1) if digits > 1 else 0)
        parts.append(_equally_long(str(first), str(min(high, 10**digits - 1))))
    return "|".join(parts)


def _equally_long(low: str, high: str) -> str:
    if low == high:
        return low
    if low[0] == high[0]:
        return f"{low[0]}{_group(_equally_long(low[1:], high[1:]))}"
    rest = len(low) - 1
    first, last = int(low[0]), int(high[0])
    parts = []
    if low[1:].strip("0"):
        parts.append(f"{first}{_group(_equally_long(low[1:], '9' * rest))}")
        first += 1
    if high[1:].strip("9"):
        parts.append(f"{last}{_group(_equally_long('0' * rest, high[1:]))}")
        last -= 1
    if first <= last:
        parts.append(f"[{first}-{last}]" + _digits(rest))
    return "|".join(parts)


def _digits(count: int) -> str:
    match count:
        case 0:
            return ""
        case 1:
            return "[0-9]"
        case _:
            return f"[0-9]{{{count}}}"


def _group(pattern: str) -> str:
    return f"({pattern})" if "|" in pattern else pattern
