"""What an operation writes against what is derived: types that agree, literals that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.fingerprint import fingerprint
from gatid_compiler.gtypes.model import GType, JsonScalar, Schema
from gatid_compiler.gtypes.values import member
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses.misuse import MisuseError, shown
from gatid_dsl import syntax

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import Definitions
    from gatid_dsl.source import Span


def agree(a: GType, b: GType, defs: Definitions) -> bool:
    """Whether two types are one, where defaults, secrecy and documentation take no part."""
    return a == b or _print(a, defs) == _print(b, defs)


def _print(t: GType, defs: Definitions) -> str:
    return fingerprint(Schema(t, defs), defaults=False)


def constant(node: syntax.Literal) -> JsonScalar:
    """The value of a literal as it stands in JSON."""
    return None if isinstance(node, syntax.Null) else node.value


def fitting(node: syntax.Literal, t: GType, defs: Definitions) -> JsonScalar:
    """The literal's value, which is one of the type; else a misuse."""
    value = constant(node)
    if not member(value, Schema(t, defs)):
        raise MisuseError(
            codes.LITERAL_OUTSIDE.at(
                node.span,
                f"`{node.span.text}` is no value of {shown(t)}",
                help="write a literal of that type",
            )
        )
    return value


def same_presence(required: bool, optional_written: bool, span: Span, name: str) -> None:
    """`add b?` speaks of an optional field and `add b` of a required one; else a misuse."""
    if required == optional_written:
        now, write = ("required", name) if required else ("optional", f"{name}?")
        raise MisuseError(
            codes.TYPE_DISAGREES.at(
                span, f"`{name}` is {now} after this operation", help=f"write `{write}`"
            )
        )
