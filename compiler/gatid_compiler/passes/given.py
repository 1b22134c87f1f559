"""What fills a field, as it is written: from syntax to data."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from gatid_compiler.rules import project as rules
from gatid_dsl import syntax
from gatid_dsl.diagnostic import Diagnostic, Label

if TYPE_CHECKING:
    from gatid_compiler.gtypes.literals import Data
    from gatid_dsl.source import Span


def data(node: syntax.Value) -> Data:
    """The value as it stands in JSON; of keys named twice the last."""
    match node:
        case syntax.Null():
            return None
        case syntax.ListValue(items=items):
            return [data(item) for item in items]
        case syntax.MapValue(items=entries):
            return {name_of(key): data(value) for key, value in entries}
        case syntax.Text() | syntax.Number() | syntax.Bool():
            return node.value
        case _:
            assert_never(node)


def named_twice(node: syntax.Value) -> Diagnostic | None:
    """The first key that an object in the value has twice."""
    match node:
        case syntax.ListValue(items=items):
            return next(filter(None, map(named_twice, items)), None)
        case syntax.MapValue(items=entries):
            first: dict[str, Span] = {}
            for key, value in entries:
                name = name_of(key)
                if name in first:
                    return rules.NAMED_TWICE.at(
                        key.span,
                        f"the key `{name}` stands here twice",
                        help="keep one of them",
                        labels=(Label(first[name], "first here"),),
                    )
                first[name] = key.span
                found = named_twice(value)
                if found is not None:
                    return found
            return None
        case _:
            return None


def name_of(key: syntax.Word | syntax.Text) -> str:
    """The key of an object as it stands in JSON."""
    return key.text if isinstance(key, syntax.Word) else key.value
