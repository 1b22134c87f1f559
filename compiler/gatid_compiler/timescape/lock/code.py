"""The functions of the project that carry values of old types, as facts of a release."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gatid_compiler.timescape.lock.model import Fact, digest
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gatid_dsl.source import Span


def functions(
    changes: Sequence[syntax.Change], sources: Mapping[str, str]
) -> Iterator[tuple[Fact, Span]]:
    """What the functions say that the changes of one release name, each with its first place."""
    seen: set[str] = set()
    for ref in _references(changes):
        name = f"{ref.module}:{ref.name}"
        if name not in seen:
            seen.add(name)
            text = json.dumps(sources.get(name, ""), ensure_ascii=False)
            yield Fact("code", name, digest(text), text), ref.span


def difference(old: Fact, new: Fact) -> tuple[str, str]:
    """The first lines that are not the same, as they were and as they are."""
    then, now = (json.loads(fact.text).split("\n") for fact in (old, new))
    for number in range(max(len(then), len(now))):
        before, after = (lines[number : number + 1] for lines in (then, now))
        if before != after:
            return _shown(before), _shown(after)
    return "nothing more", "nothing more"


def _shown(lines: Sequence[str]) -> str:
    return f"`{lines[0].strip()}`" if lines else "nothing more"


def _references(changes: Sequence[syntax.Change]) -> Iterator[syntax.PyRef]:
    waiting: list[object] = [part for change in changes for part in change.body]
    for part in waiting:
        match part:
            case syntax.Was(up=up, down=down):
                yield from (ref for ref in (up, down) if ref is not None)
            case (
                syntax.TypeChange(body=body)
                | syntax.RouteChange(body=body)
                | syntax.Each(body=body)
                | syntax.In(body=body)
                | syntax.When(body=body)
            ):
                waiting.extend(body)
            case _:
                pass
