"""Operations of a change as facts: what they say, whatever their layout and comments."""

from __future__ import annotations

import json
import re
from operator import itemgetter
from typing import TYPE_CHECKING

from gatid_compiler.passes.given import name_of
from gatid_compiler.timescape.lock.model import Fact, digest
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatid_dsl.source import Span

_SILENT = ("span", "raw", "doc")
"""What of syntax says nothing: where it stands, how a string is quoted, documentation."""

_STRING_COMMENT_OR_SPACE = re.compile(r"""("(?:\\.|[^"\\])*"|'[^']*')|#[^\n]*|\s+""")

Part = syntax.Operation | syntax.Moved | syntax.Statement


def operations(changes: Sequence[syntax.Change]) -> Iterator[tuple[Fact, Span]]:
    """What the changes of one release say, in their order, each with its place."""
    for number, (kind, name, part, span) in enumerate(_parts(changes), start=1):
        if part is None:
            said: list[object] = [kind, name]
            shown = f"{kind} {name}"
        elif isinstance(part, syntax.Directive):
            # That older clients keep a handler is frozen; where its code lies is not.
            said = [kind, name, part.keyword.text]
            shown = f"{kind} {name} {{ {part.keyword.text} }}"
        else:
            said = [kind, name, _data(part)]
            shown = f"{kind} {name} {{ {one_line(part)} }}"
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        yield Fact("change", f"{number:04}", digest(text), shown), span


def one_line(part: Part) -> str:
    """An operation as it is written, on one line and without comments."""
    if isinstance(part, syntax.Each | syntax.In | syntax.When) and part.body:
        source = part.span.source
        opening = _plain(source.text[part.span.start : part.body[0].span.start])
        return f"{opening} {'; '.join(map(one_line, part.body))} }}"
    return _plain(part.span.text)


def _parts(
    changes: Sequence[syntax.Change],
) -> Iterator[tuple[str, str, Part | None, Span]]:
    for change in changes:
        for block in change.body:
            match block:
                case syntax.TypeChange():
                    for op in block.body:
                        yield "type", block.name.text, op, op.span
                case syntax.RouteChange():
                    for part in block.body:
                        yield "route", block.name.text, part, part.span
                case syntax.RouteAdded():
                    yield "route", f"{block.name.text} added", None, block.span
                case syntax.RouteRemoved():
                    yield "route", f"{block.name.text} removed", None, block.span


def _data(value: object) -> object:
    """Syntax as JSON data, equal where it says the same."""
    if isinstance(value, syntax.MapValue):
        return [
            type(value).__name__,
            sorted(([name_of(key), _data(inner)] for key, inner in value.items), key=itemgetter(0)),
        ]
    if isinstance(value, syntax.Node):
        parts = (getattr(value, name) for name in value.__slots__ if name not in _SILENT)
        return [type(value).__name__, *map(_data, parts)]
    if isinstance(value, tuple):
        return [_data(item) for item in value]
    return value


def _plain(text: str) -> str:
    return _STRING_COMMENT_OR_SPACE.sub(lambda match: match[1] or " ", text).strip()


def todos(changes: Sequence[syntax.Change]) -> Iterator[tuple[str, Span]]:
    """What is left to do in the changes, as they say it."""
    waiting = [part for _, _, part, _ in _parts(changes)]
    for part in waiting:
        match part:
            case syntax.Todo():
                yield f"todo {part.text.value}", part.span
            case syntax.Each() | syntax.In() | syntax.When():
                waiting.extend(part.body)
            case _:
                pass
