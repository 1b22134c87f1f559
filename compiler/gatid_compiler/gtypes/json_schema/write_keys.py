"""Keys that are told by what they are, as JSON Schema has them.

There every pattern that a key matches counts, beside its property; here the first does. Where that
is not the same, a pattern excludes what comes before it by looking ahead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any as Data

from gatid_compiler.gtypes import scalars
from gatid_compiler.gtypes.emptiness import inhabited
from gatid_compiler.gtypes.json_schema.ecma import searched
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported
from gatid_compiler.gtypes.keys import is_one
from gatid_compiler.gtypes.meet_texts import texts
from gatid_compiler.gtypes.model import (
    Any,
    Bytes,
    Definitions,
    Format,
    GType,
    Intersection,
    Keys,
    Never,
    Object,
    Schema,
    String,
)
from gatid_compiler.gtypes.subtype import compare

if TYPE_CHECKING:
    from collections.abc import Callable


def keys(t: Object, defs: Definitions, written: Callable[[GType], Data]) -> dict[str, Data]:
    """`patternProperties`, or `propertyNames` where that says it."""
    if not t.keys:
        return {}
    if not t.fields and t.rest is None and len(t.keys) == 1:
        (only,) = t.keys
        held = {} if isinstance(only.type, Any) else {"additionalProperties": written(only.type)}
        return {"propertyNames": written(only.names), **held}
    patterns = {
        _pattern(_searches(kind.names), _before(t, place, defs)): written(kind.type)
        for place, kind in enumerate(t.keys)
    }
    return {"patternProperties": patterns}


def _before(t: Object, place: int, defs: Definitions) -> list[list[str]]:
    """What of the names at the place an earlier one or a field has, and says otherwise."""
    kind = t.keys[place]
    found = [
        _searches(other.names)
        for other in t.keys[:place]
        if _meet(other, kind) and not _within(other.type, kind.type, defs)
    ]
    named = [f for f in t.fields if is_one(f.name, kind.names)]
    return found + [
        [searched(_exactly(f.name))] for f in named if not _within(f.type, kind.type, defs)
    ]


def _meet(one: Keys, other: Keys) -> bool:
    both = texts(one.names, other.names)
    return not isinstance(both, Never) and inhabited(Schema(both, {}))


def _within(t: GType, other: GType, defs: Definitions) -> bool:
    return t == other or compare(Schema(t, defs), Schema(other, defs)).kind == "proved"


def _pattern(searches: list[str], without: list[list[str]]) -> str:
    if not without and len(searches) < 2:
        return searches[0] if searches else ""
    found = "".join(f"(?=[\\s\\S]*(?:{s}))" for s in searches)
    for others in without:
        inside = "".join(f"(?=[\\s\\S]*(?:{s}))" for s in others)
        found = f"(?!{inside}){found}"
    return f"^{found}"


def _searches(names: GType) -> list[str]:
    """Patterns that are all found in exactly the names."""
    match names:
        case String(low, high, patterns):
            most = "" if high is None else str(high)
            lengths = [f"^[\\s\\S]{{{low},{most}}}$"] if low or high is not None else []
            return [*map(searched, patterns), *lengths]
        case Format(scalar) if scalar not in scalars.LEAP_PATTERNS:
            return [searched(scalars.PATTERNS[scalar])]
        case Bytes(0, None):
            return [searched(scalars.BASE64)]
        case Intersection(parts):
            return [s for part in parts for s in _searches(part)]
        case _:
            raise Unsupported("patternProperties", "", "no pattern has these keys alone")


def _exactly(name: str) -> str:
    return "".join(char if char.isalnum() else f"\\u{{{ord(char):x}}}" for char in name)
