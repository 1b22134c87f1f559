"""How alike two names are, and what the units in them say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from math import isclose

_SYNONYMS = (
    ("id", "nr", "no", "number", "num", "uid", "uuid", "key", "code", "ref", "reference"),
    ("name", "title", "label", "caption", "display"),
    ("description", "desc", "summary", "text", "body", "content", "details", "note", "comment",
     "remark", "message"),
    ("count", "quantity", "qty", "amount", "size", "length", "total"),
    ("mail", "email", "e-mail"),
    ("phone", "telephone", "tel", "mobile"),
    ("customer", "client", "buyer", "user", "account", "owner"),
    ("author", "reporter", "writer", "creator", "sender", "submitter"),
    ("title", "subject", "heading", "topic"),
    ("created", "made", "placed", "added", "start", "from", "begin"),
    ("end", "to", "until", "finish", "expires", "expiry"),
    ("status", "state", "phase", "kind", "type", "category", "class"),
    ("price", "cost", "amount", "fee", "value", "charge"),
    ("sum", "total"),
    ("zip", "postal", "postcode", "zipcode"),
    ("picture", "image", "photo", "avatar"),
    ("limit", "size", "max", "page"),
    ("search", "query", "q", "term"),
    ("next", "cursor", "after", "token", "offset"),
    ("first", "given", "fore"),
    ("last", "family", "sur", "surname"),
    ("active", "enabled", "on"),
    ("url", "uri", "link", "href"),
    ("items", "entries", "list", "results", "data", "lines"),
    ("open", "new", "created", "draft", "pending"),
    ("closed", "done", "finished", "completed", "shipped", "delivered", "resolved"),
    ("cancelled", "canceled", "aborted", "void"),
    ("paid", "settled", "charged"),
    ("true", "yes", "on", "active", "enabled", "y", "1"),
    ("false", "no", "off", "inactive", "disabled", "n", "0"),
)  # fmt: skip
_NOTHING = frozenset(("other", "others", "unknown", "none", "misc", "default", "any", "general"))
_ENDS = frozenset(("closed", "done", "finished", "completed", "shipped", "delivered", "resolved",
    "cancelled", "canceled", "aborted", "void", "failed", "deleted", "archived", "rejected",
    "expired", "succeeded"))  # fmt: skip
_TYPO = 0.6
"""Less than this many equal letters may be chance."""

_FOLDED = [frozenset(words) for words in _SYNONYMS]
_BREAKS = re.compile(r"[_\-.\s]+|(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that a name ends in: how many of the base there are in one, and of what kind."""

    kind: str
    size: float


_UNITS = {
    "euros": Unit("money", 1), "euro": Unit("money", 1), "dollars": Unit("money", 1),
    "dollar": Unit("money", 1), "eur": Unit("money", 1), "usd": Unit("money", 1),
    "cents": Unit("money", 0.01), "cent": Unit("money", 0.01), "pence": Unit("money", 0.01),
    "minor": Unit("money", 0.01),
    "ms": Unit("time", 0.001), "millis": Unit("time", 0.001),
    "milliseconds": Unit("time", 0.001),
    "s": Unit("time", 1), "sec": Unit("time", 1), "secs": Unit("time", 1),
    "seconds": Unit("time", 1), "minutes": Unit("time", 60), "min": Unit("time", 60),
    "mins": Unit("time", 60), "hours": Unit("time", 3600), "hour": Unit("time", 3600),
    "hrs": Unit("time", 3600), "h": Unit("time", 3600), "days": Unit("time", 86400),
    "weeks": Unit("time", 604800),
    "mg": Unit("weight", 0.001), "g": Unit("weight", 1), "grams": Unit("weight", 1),
    "kg": Unit("weight", 1000), "kilos": Unit("weight", 1000), "tons": Unit("weight", 1000000),
    "mm": Unit("length", 0.001), "cm": Unit("length", 0.01), "m": Unit("length", 1),
    "meters": Unit("length", 1), "km": Unit("length", 1000), "metres": Unit("length", 1),
    "bytes": Unit("data", 1), "kb": Unit("data", 1000), "kib": Unit("data", 1024),
    "mb": Unit("data", 1000000), "mib": Unit("data", 1048576),
    "gb": Unit("data", 1000000000), "gib": Unit("data", 1073741824),
    "percent": Unit("share", 0.01), "pct": Unit("share", 0.01), "ratio": Unit("share", 1),
    "fraction": Unit("share", 1),
}  # fmt: skip


_FAR = 60
"""Bounds that are less apart are as likely to have been moved."""

_RATIOS = sorted(
    {
        round(one.size / other.size, 9)
        for one in _UNITS.values()
        for other in _UNITS.values()
        if one.kind == other.kind and one.size >= _FAR * other.size
    }
)


def known_ratio(factor: float) -> bool:
    """Whether two units of one kind differ by a factor, or by its inverse."""
    return any(isclose(each, ratio) for ratio in _RATIOS for each in (factor, 1 / factor))


def says_nothing(value: str) -> bool:
    """Whether a value stands for all that has no word of its own."""
    return bool(set(words(value)) & _NOTHING)


def is_end(value: str) -> bool:
    """Whether a value says that something is over."""
    return bool(set(words(value)) & _ENDS)


def words(name: str) -> list[str]:
    """The words of a name, in lower case: `customerName`, `customer_name`."""
    return [word.lower() for word in _BREAKS.split(name) if word]


def unit(name: str) -> Unit | None:
    """The unit that a name ends in; a name that is one word has none but `cents`."""
    known = words(name)
    if len(known) < 2 and known != ["cents"]:
        return None
    return _UNITS.get(known[-1])


def units(a: str, b: str) -> tuple[Unit, Unit] | None:
    """The two units of one kind that names end in, or are: `hours` and `minutes`."""
    one, other = (_UNITS.get((words(name) or [""])[-1]) for name in (a, b))
    if one is None or other is None or one.kind != other.kind or one.size == other.size:
        return None
    return one, other


def bare(name: str) -> list[str]:
    """The words of a name without a unit."""
    known = words(name)
    return known[:-1] if unit(name) is not None and len(known) > 1 else known


def likeness(a: str, b: str) -> float:
    """From 0 to 1: how likely two names are to mean one thing, by their letters and words."""
    if words(a) == words(b):
        return 1.0
    one, other = bare(a), bare(b)
    if one == other:
        return 0.9
    if words(a)[:-1] == words(b)[:-1] and units(a, b):
        return 0.85
    if set(one) < set(other) or set(other) < set(one):
        return 0.7
    letters = SequenceMatcher(None, "".join(one), "".join(other)).ratio()
    return max(letters if letters > _TYPO else letters / 2, _shared(one, other))


def _shared(one: list[str], other: list[str]) -> float:
    """How many words the names share, synonyms among them."""
    left = list(other)
    shared = 0.0
    for word in one:
        match = next((w for w in left if w == word), None)
        worth = 1.0
        if match is None:
            match, worth = next((w for w in left if _synonyms(word, w)), None), 0.8
        if match is not None:
            left.remove(match)
            shared += worth
    return shared / max(len(one), len(other), 1)


def _synonyms(a: str, b: str) -> bool:
    return any(a in group and b in group for group in _FOLDED)
