"""What an operation writes against what is derived: types that agree, literals that fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.fingerprint import fingerprint
from gatid_compiler.gtypes.literals import frozen
from gatid_compiler.gtypes.model import (
    Array,
    GType,
    Int,
    JsonScalar,
    Literal,
    Never,
    Number,
    Object,
    Schema,
    Union,
)
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.gtypes.values import member
from gatid_compiler.passes import given
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses import fillings
from gatid_compiler.timescape.lenses.misuse import MisuseError, fields_of, one_line, shown
from gatid_compiler.timescape.reshape import resolved
from gatid_dsl import syntax
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.timescape.lenses.model import Constant
    from gatid_dsl.diagnostic import Diagnostic
    from gatid_dsl.source import Span


_SHORT = 60
"""Longer values are no examples."""


def agree(a: GType, b: GType, defs: Definitions) -> bool:
    """Whether two types are one, where defaults, secrecy and documentation take no part."""
    return a == b or _print(a, defs) == _print(b, defs)


def _print(t: GType, defs: Definitions) -> str:
    return fingerprint(Schema(t, defs), defaults=False)


def constant(node: syntax.Literal) -> JsonScalar:
    """The value of a literal as it stands in JSON."""
    return None if isinstance(node, syntax.Null) else node.value


def fitting(node: syntax.Value, t: GType, defs: Definitions) -> Constant:
    """The value, which is one of the type; else a misuse."""
    twice = given.named_twice(node)
    if twice is not None:
        raise MisuseError(twice)
    value = given.data(node)
    if not member(value, Schema(t, defs)):
        raise MisuseError(_outside(node, t, defs))
    return fillings.constant(frozen(value), t, defs)


def example(t: GType, defs: Definitions) -> str:
    """A value of the type as it is written, the smallest that is found; `…` if none is."""
    verdict = compare(Schema(t, defs), Schema(Never(), {}))
    if verdict.kind != "refuted":
        return "…"
    text = json.dumps(verdict.witness, ensure_ascii=False)
    return text if len(text) <= _SHORT else "…"


def _near(node: syntax.Value, t: GType, defs: Definitions) -> str:
    """What may have been meant: the nearest value of the type, else any."""
    value = given.data(node)
    match resolved(t, defs):
        case Int(low=low) | Number(low=low) if (
            low is not None and isinstance(value, int | float) and value < low
        ):
            return f"write `{low}` or more"
        case Int(high=high) | Number(high=high) if (
            high is not None and isinstance(value, int | float) and value > high
        ):
            return f"write `{high}` or less"
        case Union(branches=branches) if isinstance(value, str):
            known = [b.value for b in branches if isinstance(b, Literal)]
            close = nearest(value, [v for v in known if isinstance(v, str)])
            if close:
                return f'did you mean `"{close}"`?'
        case _:
            pass
    text = example(t, defs)
    return f"write a literal of that type{'' if text == '…' else f', such as `{text}`'}"


def _outside(node: syntax.Value, t: GType, defs: Definitions) -> Diagnostic:
    """What of the value is not of its type, as near as it can be told."""
    inner, wanted, help = _culprit(node, t, defs)
    whole = f"all of it is to be a value of {shown(t)}"
    return codes.LITERAL_OUTSIDE.at(
        inner.span,
        f"`{one_line(inner.span.text)}` is no value of {shown(wanted)}",
        help=help or _near(inner, wanted, defs),
        notes=() if inner is node else (whole,),
    )


def _culprit(node: syntax.Value, t: GType, defs: Definitions) -> tuple[syntax.Value, GType, str]:
    """The innermost part that is not of its type, that type, and what to write instead."""
    outer = resolved(t, defs)
    if isinstance(node, syntax.ListValue) and isinstance(outer, Array):
        for item in node.items:
            if not member(given.data(item), Schema(outer.item, defs)):
                return _culprit(item, outer.item, defs)
    if isinstance(node, syntax.MapValue) and isinstance(outer, Object):
        there = {}
        for key, part in node.items:
            name = given.name_of(key)
            there[name] = part
            field = outer.field(name)
            kind = field.type if field is not None else outer.rest
            if kind is None:
                return node, t, f"it has no field `{name}`: {fields_of(outer, name)}"
            if not member(given.data(part), Schema(kind, defs)):
                return _culprit(part, kind, defs)
        for field in outer.fields:
            if field.required and field.name not in there:
                return node, t, f"write its field `{field.name}`, which is {shown(field.type)}"
    return node, t, ""


def same_presence(required: bool, optional_written: bool, span: Span, name: str) -> None:
    """`add b?` speaks of an optional field and `add b` of a required one; else a misuse."""
    if required == optional_written:
        now, write = ("required", name) if required else ("optional", f"{name}?")
        raise MisuseError(
            codes.TYPE_DISAGREES.at(
                span, f"`{name}` is {now} after this operation", help=f"write `{write}`"
            )
        )
