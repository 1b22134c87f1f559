"""What an operation writes against what is derived: types that agree, literals that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.fingerprint import fingerprint
from gatid_compiler.gtypes.literals import frozen
from gatid_compiler.gtypes.model import Array, GType, JsonScalar, Object, Schema
from gatid_compiler.gtypes.values import member
from gatid_compiler.passes import given
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses import fillings
from gatid_compiler.timescape.lenses.misuse import MisuseError, fields_of, one_line, shown
from gatid_compiler.timescape.reshape import resolved
from gatid_dsl import syntax

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.timescape.lenses.model import Constant
    from gatid_dsl.diagnostic import Diagnostic
    from gatid_dsl.source import Span


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


def _outside(node: syntax.Value, t: GType, defs: Definitions) -> Diagnostic:
    """What of the value is not of its type, as near as it can be told."""
    inner, wanted, help = _culprit(node, t, defs)
    whole = f"all of it is to be a value of {shown(t)}"
    return codes.LITERAL_OUTSIDE.at(
        inner.span,
        f"`{one_line(inner.span.text)}` is no value of {shown(wanted)}",
        help=help or "write a literal of that type",
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
