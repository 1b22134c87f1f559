"""Types in `.gati` words: what diagnostics call a type, and a text that reads back as it.

What the language has no words for is written like what it has: `{ ...string(1..3): int }(2..)`
for keys of up to three characters, at least two of them; `[int, ...string[]]`.
"""

from __future__ import annotations

import json
import re

from gatid_compiler.gtypes.literals import written
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Field,
    Format,
    GType,
    Int,
    Intersection,
    Literal,
    Never,
    Null,
    Number,
    Object,
    Ref,
    String,
    Tuple,
    Union,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def show(t: GType) -> str:
    """The type on one line, as it would be written: `string(1..120)`, `{ a: int, b?: "x" }`."""
    match t:
        case Any():
            return "any"
        case Never():
            return "never"
        case Null():
            return "null"
        case Bool():
            return "bool"
        case Int():
            return "int" + _constraints(t.low, t.high, _multiple(t.multiple))
        case Number():
            return "number" + _constraints(t.low, t.high, _multiple(t.multiple))
        case String():
            return "string" + _constraints(
                t.low or None, t.high, *(f"pattern {_quoted(p)}" for p in t.patterns)
            )
        case Bytes():
            return "bytes" + _constraints(t.low or None, t.high)
        case Format():
            return str(t.scalar)
        case Literal():
            return json.dumps(t.value, ensure_ascii=False)
        case Ref():
            return t.name
        case Object():
            return _object(t)
        case Array():
            length = _range(t.low or None, t.high)
            inside = ", ".join(part for part in (length, "unique" if t.unique else "") if part)
            return f"{_operand(t.item)}[{inside}]"
        case Tuple():
            more = [] if t.rest is None else [f"...{show(t.rest)}"]
            return f"[{', '.join([*map(show, t.items), *more])}]"
        case Union():
            return " | ".join(map(show, t.branches))
        case Intersection():
            return " & ".join(f"({show(p)})" if isinstance(p, Union) else show(p) for p in t.parts)


def name(text: str) -> str:
    """A field name as it is written: bare where it is an identifier, else quoted."""
    bare = _NAME.fullmatch(text) and text not in ("true", "false", "null")
    return text if bare else json.dumps(text, ensure_ascii=False)


def number(value: float) -> str:
    """A number as it is written."""
    return repr(value)


def _operand(t: GType) -> str:
    return f"({show(t)})" if isinstance(t, Union | Intersection) else show(t)


def _object(t: Object) -> str:
    parts = [_field(f) for f in t.fields]
    parts += [f"...{show(k.names)}: {show(k.type)}" for k in t.keys]
    if t.rest is not None:
        parts.append("..." if isinstance(t.rest, Any) else f"...: {show(t.rest)}")
    counted = _constraints(t.low or None, t.high)
    return (f"{{ {', '.join(parts)} }}" if parts else "{}") + counted


def _field(f: Field) -> str:
    secret = "secret " if f.secret else ""
    default = f" = {written(f.default.value)}" if f.default else ""
    return f"{name(f.name)}{'' if f.required else '?'}: {secret}{show(f.type)}{default}"


def _quoted(pattern: str) -> str:
    if "'" in pattern or not pattern.isprintable():
        return json.dumps(pattern, ensure_ascii=False)
    return f"'{pattern}'"


def _multiple(value: float | None) -> str:
    return "" if value is None else f"multiple {number(value)}"


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    if low == high and low is not None:
        return number(low)
    return f"{'' if low is None else number(low)}..{'' if high is None else number(high)}"


def _constraints(low: float | None, high: float | None, *named: str) -> str:
    text = ", ".join(part for part in (_range(low, high), *named) if part)
    return f"({text})" if text else ""
