"""The grammars of the scalars, as patterns that need no lookaround.

Each is the grammar of its source. What a pattern cannot say, the leap seconds of RFC 3339
(`23:59:60` in UTC), is a function beside it.
"""

from __future__ import annotations

import re
from functools import cache

from gatid_compiler.gtypes.model import Scalar

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_H16 = r"[0-9A-Fa-f]{1,4}"
_LS32 = rf"(?:{_H16}:{_H16}|{_IPV4})"
_IPV6 = (
    "(?:"
    + "|".join(
        (
            rf"(?:{_H16}:){{6}}{_LS32}",
            rf"::(?:{_H16}:){{5}}{_LS32}",
            rf"(?:{_H16})?::(?:{_H16}:){{4}}{_LS32}",
            rf"(?:(?:{_H16}:){{0,1}}{_H16})?::(?:{_H16}:){{3}}{_LS32}",
            rf"(?:(?:{_H16}:){{0,2}}{_H16})?::(?:{_H16}:){{2}}{_LS32}",
            rf"(?:(?:{_H16}:){{0,3}}{_H16})?::{_H16}:{_LS32}",
            rf"(?:(?:{_H16}:){{0,4}}{_H16})?::{_LS32}",
            rf"(?:(?:{_H16}:){{0,5}}{_H16})?::{_H16}",
            rf"(?:(?:{_H16}:){{0,6}}{_H16})?::",
        )
    )
    + ")"
)

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_EMAIL = (
    rf"(?:{_ATEXT}(?:\.{_ATEXT})*|{_QUOTED})"
    rf"@(?:{_LABEL}(?:\.{_LABEL})*|\[(?:{_IPV4}|[Ii][Pp][Vv]6:{_IPV6})\])"
)

_SUB = r"A-Za-z0-9._~!$&'()*+,;=\-"
_PCT = r"%[0-9A-Fa-f]{2}"
_PCHAR = rf"(?:[{_SUB}:@]|{_PCT})"
_AUTHORITY = (
    rf"(?:(?:[{_SUB}:]|{_PCT})*@)?"
    rf"(?:\[(?:{_IPV6}|[vV][0-9A-Fa-f]+\.[{_SUB}:]+)\]|(?:[{_SUB}]|{_PCT})*)"
    r"(?::[0-9]*)?"
)
_URL = (
    r"[A-Za-z][A-Za-z0-9+.-]*:"
    rf"(?://{_AUTHORITY}(?:/{_PCHAR}*)*|/(?:{_PCHAR}+(?:/{_PCHAR}*)*)?|{_PCHAR}+(?:/{_PCHAR}*)*)?"
    rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
)

_DAYS = (
    r"(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8])"
)
_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = rf"(?:[0-9]{{4}}-(?:{_DAYS})|{_LEAP_YEAR}-02-29)"
_MINUTE = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_FRACTION = r"(?:\.[0-9]+)?"
_OFFSET = rf"(?:[Zz]|[+-]{_MINUTE})"
_TIME = rf"{_MINUTE}:[0-5][0-9]{_FRACTION}{_OFFSET}"
_LEAP_TIME = rf"{_MINUTE}:60{_FRACTION}{_OFFSET}"


def _duration() -> str:
    whole, last = "[0-9]+", r"[0-9]+(?:[.,][0-9]+)?"
    day = rf"(?:{whole}Y)?(?:{whole}M)?(?:{whole}D)?"
    time = rf"T(?:{last}H|(?:{whole}H)?{last}M|(?:{whole}H)?(?:{whole}M)?{last}S)"
    return (
        rf"P(?:{last}W|{last}Y|(?:{whole}Y)?{last}M|(?:{whole}Y)?(?:{whole}M)?{last}D|{day}{time})"
    )


PATTERNS: dict[Scalar, str] = {
    Scalar.UUID: "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}",
    Scalar.EMAIL: _EMAIL,
    Scalar.URL: _URL,
    Scalar.DATE: _DATE,
    Scalar.TIME: _TIME,
    Scalar.DATETIME: rf"{_DATE}[Tt]{_TIME}",
    Scalar.DURATION: _duration(),
    Scalar.DECIMAL: r"-?[0-9]+(?:\.[0-9]+)?",
    Scalar.IP: rf"(?:{_IPV4}|{_IPV6})",
}
"""The strings of each scalar; of `Time` and `DateTime` all but those with a leap second."""

LEAP_PATTERNS: dict[Scalar, str] = {
    Scalar.TIME: _LEAP_TIME,
    Scalar.DATETIME: rf"{_DATE}[Tt]{_LEAP_TIME}",
}
"""What a leap second may look like; `leap_second` decides whether it is one."""

BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"
"""Standard base64 with padding and no stray bits: one text for each sequence of octets."""


def leap_second(text: str) -> bool:
    """A time that matches a leap pattern is 23:59:60 in UTC."""
    clock = re.split("[Tt]", text)[-1]
    minutes = int(clock[0:2]) * 60 + int(clock[3:5])
    if clock[-1] not in "Zz":
        offset = int(clock[-5:-3]) * 60 + int(clock[-2:])
        minutes += offset if clock[-6] == "-" else -offset
    return minutes % 1440 == 1439


def octets(text: str) -> int:
    """How many octets a base64 text stands for."""
    return len(text) // 4 * 3 - text[-2:].count("=")


@cache
def _compiled(scalar: Scalar) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    leap = LEAP_PATTERNS.get(scalar)
    return re.compile(PATTERNS[scalar]), re.compile(leap) if leap else None


def matches(scalar: Scalar, text: str) -> bool:
    """Whether the text is in the scalar's grammar."""
    plain, leap = _compiled(scalar)
    if plain.fullmatch(text):
        return True
    return leap is not None and leap.fullmatch(text) is not None and leap_second(text)
