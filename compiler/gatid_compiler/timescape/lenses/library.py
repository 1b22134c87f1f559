"""The functions that generated code calls. Their text goes into it, so that it stands alone.

They call nothing but each other. What has no translation comes back as it is, or as a number
that is not finite, and the check of its type tells where.
"""

from __future__ import annotations


def text_part(text: str, separator: str, count: int, index: int) -> str:
    """The part of a text at an index, empty where there is none."""
    parts = text.split(separator, count - 1)
    return parts[index] if index < len(parts) else ""


def times(value: int | float, by: int | float) -> int | float:
    """The product; infinite where it is beyond a double."""
    try:
        return value * by
    except OverflowError:
        return float("inf")


def plus(value: int | float, other: int | float) -> int | float:
    """The sum; infinite where it is beyond a double."""
    try:
        return value + other
    except OverflowError:
        return float("inf")


def minus(value: int | float, other: int | float) -> int | float:
    """The difference; infinite where it is beyond a double."""
    try:
        return value - other
    except OverflowError:
        return float("inf")


def over(value: int | float, by: int | float) -> int | float:
    """The quotient; infinite where it is beyond a double."""
    try:
        return value / by
    except OverflowError:
        return float("inf")


def whole(value: int | float) -> int | float:
    """The nearest integer, halves to the even one; what is not finite as it is."""
    return round(value) if -float("inf") < value < float("inf") else value


def whole_ratio(value: int, by: int) -> int:
    """The nearest integer to an exact ratio, halves to the even one."""
    ratio, rest = divmod(value, by)
    above = 2 * abs(rest) - abs(by)
    return ratio + 1 if above > 0 or (above == 0 and ratio % 2) else ratio


def days_of(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a day of the Gregorian calendar."""
    year -= month < 3
    in_era = year % 400
    in_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return year // 400 * 146097 + in_era * 365 + in_era // 4 - in_era // 100 + in_year - 719468


def moment_text(value: int, unit: int) -> int | str:
    """RFC 3339 of a count since 1970, `unit` to a second: in UTC, but at both ends of the
    calendar, where only another zone has a year for it.
    """
    seconds, rest = divmod(value, unit)
    zone = "Z"
    if seconds < -62135596800:
        seconds, zone = seconds + 86340, "+23:59"
    elif seconds > 253402300799:
        seconds, zone = seconds - 86340, "-23:59"
    days, second = divmod(seconds, 86400)
    era, day = divmod(days + 719468, 146097)
    in_era = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= in_era * 365 + in_era // 4 - in_era // 100
    month = (5 * day + 2) // 153
    day += 1 - (153 * month + 2) // 5
    year = era * 400 + in_era + (month > 9)
    month += -9 if month > 9 else 3
    if not 1 <= year <= 9999:
        return value
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    fraction = f".{rest:03}" if unit == 1000 else ""
    return f"{year:04}-{month:02}-{day:02}T{clock}{fraction}{zone}"


def moment_number(text: str, unit: int) -> int:
    """The count since 1970 of an RFC 3339 moment, `unit` to a second."""
    date, clock, rest = text[:10], text[11:19], text[19:]
    days = days_of(int(date[:4]), int(date[5:7]), int(date[8:]))
    seconds = days * 86400 + int(clock[:2]) * 3600 + int(clock[3:5]) * 60 + int(clock[6:])
    if rest[-1] not in "zZ":
        shift = int(rest[-5:-3]) * 60 + int(rest[-2:])
        seconds += -60 * shift if rest[-6] == "+" else 60 * shift
        rest = rest[:-6]
    fraction = rest.strip("zZ.")
    return seconds * unit + (int((fraction + "000")[:3]) if unit == 1000 else 0)


def number_text(value: int | float) -> str:
    """A number as JSON writes it."""
    return repr(value)


def bool_text(value: bool) -> str:
    """`true` or `false`."""
    return "true" if value else "false"


def text_int(text: str) -> int | str:
    """The integer that a text writes, else the text."""
    digits = text[1:] if text[:1] == "-" else text
    plain = digits.isascii() and digits.isdecimal() and len(digits) <= 4000
    return int(text) if plain else text


def text_number(text: str) -> int | float | str:
    """The number that a text writes, else the text."""
    value = text_int(text)
    if isinstance(value, int):
        return value
    try:
        return float(text) if set(text) <= set("0123456789+-.eE") else text
    except ValueError:
        return text


def text_bool(text: str) -> bool | str:
    """The boolean that a text writes, else the text."""
    return text == "true" if text in ("true", "false") else text
