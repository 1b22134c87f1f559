"""The grammars of the scalars, read by hand.

A second reading beside the patterns (`scalars`), for the reference interpreter: it follows the
sources' prose and shares nothing with them.
"""

from __future__ import annotations

import calendar
import ipaddress
import string
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Scalar

if TYPE_CHECKING:
    from collections.abc import Callable


def _uuid(text: str) -> bool:
    groups = text.split("-")
    return [len(g) for g in groups] == [8, 4, 4, 4, 12] and set("".join(groups)) <= _HEX


def _email(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    if not at:
        return False
    return _local_part(local) and _mail_domain(domain)


def _local_part(local: str) -> bool:
    if local.startswith('"'):
        if len(local) < 2 or not local.endswith('"'):
            return False
        inside = local[1:-1]
        place = 0
        while place < len(inside):
            if inside[place] == "\\":
                place += 1
                if place == len(inside):
                    return False
            elif inside[place] == '"':
                return False
            if not " " <= inside[place] <= "~":
                return False
            place += 1
        return True
    return all(atom and set(atom) <= _ATOM for atom in local.split("."))


def _mail_domain(domain: str) -> bool:
    if domain.startswith("[") and domain.endswith("]"):
        literal = domain[1:-1]
        if literal[:5].lower() == "ipv6:":
            return _ipv6(literal[5:])
        return _ipv4(literal)
    return all(
        label and len(label) <= 63 and set(label) <= _ALNUM | {"-"} and label[0] != "-" != label[-1]
        for label in domain.split(".")
    )


def _url(text: str) -> bool:
    scheme, colon, after = text.partition(":")
    if not colon or not scheme or scheme[0] not in string.ascii_letters:
        return False
    if not set(scheme) <= _ALNUM | set("+-."):
        return False
    after, _, fragment = after.partition("#")
    after, _, query = after.partition("?")
    if not (_escaped(fragment, _PCHAR | set("/?")) and _escaped(query, _PCHAR | set("/?"))):
        return False
    if not after.startswith("//"):
        return _escaped(after, _PCHAR | {"/"})
    authority, _, path = after[2:].partition("/")
    user, at, host = authority.rpartition("@")
    if at and not _escaped(user, _UNRESERVED | _SUB_DELIMS | {":"}):
        return False
    return _host(host) and _escaped(path, _PCHAR | {"/"})


def _host(host: str) -> bool:
    if host.startswith("["):
        literal, bracket, port = host[1:].partition("]")
        if not bracket or (port and not _port(port)):
            return False
        if literal[:1] in ("v", "V"):
            version, dot, rest = literal[1:].partition(".")
            known = _UNRESERVED | _SUB_DELIMS | {":"}
            return bool(dot and version and rest) and set(version) <= _HEX and set(rest) <= known
        return _ipv6(literal)
    name, colon, port = host.partition(":")
    return _escaped(name, _UNRESERVED | _SUB_DELIMS) and (not colon or _port(":" + port))


def _port(text: str) -> bool:
    return text.startswith(":") and set(text[1:]) <= _DIGITS


def _escaped(text: str, allowed: set[str]) -> bool:
    place = 0
    while place < len(text):
        if text[place] == "%":
            code = text[place + 1 : place + 3]
            if len(code) != 2 or not set(code) <= _HEX:
                return False
            place += 3
        elif text[place] in allowed:
            place += 1
        else:
            return False
    return True


def _date(text: str) -> bool:
    if [c for n, c in enumerate(text) if n in (4, 7)] != ["-", "-"] or len(text) != 10:
        return False
    if not set(text.replace("-", "", 2)) <= _DIGITS or text.count("-") != 2:
        return False
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    if not 1 <= month <= 12:
        return False
    # The calendar repeats after 400 years and the module has no year 0.
    return 1 <= day <= calendar.monthrange(year + 400, month)[1]


def _time(text: str) -> bool:
    clock, minutes_east = _split_offset(text)
    if minutes_east is None or len(clock) < 8 or clock[2] != ":" or clock[5] != ":":
        return False
    parts = (clock[0:2], clock[3:5], clock[6:8])
    fraction = clock[8:]
    if not all(set(p) <= _DIGITS for p in parts):
        return False
    if fraction and not (fraction[0] == "." and len(fraction) > 1 and set(fraction[1:]) <= _DIGITS):
        return False
    hour, minute, second = map(int, parts)
    if second == 60:
        return hour < 24 and minute < 60 and (hour * 60 + minute - minutes_east) % 1440 == 1439
    return hour < 24 and minute < 60 and second < 60


def _split_offset(text: str) -> tuple[str, int | None]:
    if text[-1:] in ("Z", "z"):
        return text[:-1], 0
    offset = text[-6:]
    if len(offset) != 6 or offset[0] not in "+-" or offset[3] != ":":
        return text, None
    if not set(offset[1:3] + offset[4:]) <= _DIGITS:
        return text, None
    hours, minutes = int(offset[1:3]), int(offset[4:])
    if hours > 23 or minutes > 59:
        return text, None
    return text[:-6], (hours * 60 + minutes) * (1 if offset[0] == "+" else -1)


def _datetime(text: str) -> bool:
    return text[10:11] in ("T", "t") and _date(text[:10]) and _time(text[11:])


def _duration(text: str) -> bool:
    if text[:1] != "P" or len(text) < 3:
        return False
    date, t, time = text[1:].partition("T")
    if t and not time:
        return False
    if date.endswith("W"):
        return not t and _components(date, "W", fraction=True)
    return _components(date, "YMD", fraction=not t) and _components(time, "HMS", fraction=True)


def _components(text: str, letters: str, *, fraction: bool) -> bool:
    digits = ""
    left = letters
    for place, char in enumerate(text):
        if char in string.ascii_letters:
            whole, comma, part = digits.replace(",", ".").partition(".")
            if not whole or (comma and not part) or char not in left:
                return False
            if comma and not (fraction and place == len(text) - 1):
                return False
            left = left[left.index(char) + 1 :]
            digits = ""
        elif char in _DIGITS or (char in ".," and not set(digits) & set(".,")):
            digits += char
        else:
            return False
    return not digits


def _decimal(text: str) -> bool:
    whole, dot, part = text.removeprefix("-").partition(".")
    return bool(whole) and set(whole + part) <= _DIGITS and bool(part) == bool(dot)


def _ip(text: str) -> bool:
    return _ipv4(text) or _ipv6(text)


def _ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


_DIGITS = set(string.digits)
_HEX = set(string.hexdigits)
_ALNUM = set(string.ascii_letters + string.digits)
_ATOM = _ALNUM | set("!#$%&'*+-/=?^_`{|}~")
_UNRESERVED = _ALNUM | set("-._~")
_SUB_DELIMS = set("!$&'()*+,;=")
_PCHAR = _UNRESERVED | _SUB_DELIMS | set(":@")

READERS: dict[Scalar, Callable[[str], bool]] = {
    Scalar.UUID: _uuid,
    Scalar.EMAIL: _email,
    Scalar.URL: _url,
    Scalar.DATE: _date,
    Scalar.TIME: _time,
    Scalar.DATETIME: _datetime,
    Scalar.DURATION: _duration,
    Scalar.DECIMAL: _decimal,
    Scalar.IP: _ip,
}
