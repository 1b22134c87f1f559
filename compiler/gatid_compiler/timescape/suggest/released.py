"""What was released, as types again: the facts of a lock, read back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.fingerprint import Fingerprints
from gatid_compiler.gtypes.model import Any, Field, GType, Object
from gatid_compiler.passes.report import Report
from gatid_compiler.passes.types import TypeReader
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.messages import answer_type
from gatid_compiler.timescape.reshape import reshaped
from gatid_dsl import parse, syntax
from gatid_dsl.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.timescape.lock.model import Fact, Facts

_WORD = re.compile(r"""("(?:\\.|[^"\\])*"|'[^']*')|([A-Za-z_][\w.]*)""")
_NUMBER = re.compile(r"\.\d+")
_FIELD = re.compile(r"\??:")
_PARTS = {"path": "path", "query": "query", "headers": "header", "cookies": "cookie"}
_TEXTUAL = ("query", "header", "cookie")


@dataclass(frozen=True, slots=True)
class Route:
    """A route as it was: `path` as it was written, `statuses` with whether they had a body."""

    method: str
    path: str
    statuses: Mapping[int, bool]


@dataclass(frozen=True, slots=True)
class Released:
    """A release: its routes, and its types with the messages among them, as a history's states
    hold them. `unread` are the routes with something that cannot be read back, and why.
    """

    routes: Mapping[str, Route]
    defs: Mapping[str, GType]
    unread: Mapping[str, str]


def released(facts: Facts) -> Released:
    """The release that holds these facts."""
    named = {fact.name: fact for fact in facts.values() if fact.kind == "type"}
    written = [fact for fact in facts.values() if fact.kind in ("answer", "part")]
    types = _read([*named.values(), *(f for f in written if _has_type(f))], named)
    defs: dict[str, GType] = {name: types[fact.key] for name, fact in named.items()}
    prints = Fingerprints(defs)
    unread: dict[str, str] = {}
    routes: dict[str, Route] = {}
    for fact in facts.values():
        if fact.kind == "route":
            method, _, path = fact.text.partition(" ")
            routes[fact.name] = Route(method, path, {})
    parts: dict[str, dict[str, GType]] = {name: {} for name in routes}
    answers: dict[tuple[str, int], dict[str, GType | None]] = {}
    for fact in written:
        route, _, part = fact.name.rpartition(".")
        t = types.get(fact.key)
        if t is not None and prints.of(t) != fact.digest:
            unread[route] = f"the {part} of `{route}` cannot be read back from the lock"
        if fact.kind == "answer":
            routes[route] = Route(
                routes[route].method,
                routes[route].path,
                {**routes[route].statuses, int(part): t is not None},
            )
            answers.setdefault((route, int(part)), {})["body"] = t
        elif part.endswith("-headers"):
            answers.setdefault((route, int(part.removesuffix("-headers"))), {})["header"] = t
        elif t is not None:
            parts[route][_PARTS.get(part, part)] = t
    for (route, status), said in answers.items():
        message = answer_type(plan.Answer(status, said.get("body"), said.get("header")))
        if message is not None:
            defs[keys.response(route, status)] = message
    for route, known in parts.items():
        whole = {**dict.fromkeys(_TEXTUAL, Object()), **known}
        fields = tuple(Field(name, whole[name]) for name in sorted(whole))
        defs[keys.request(route)] = Object(fields)
    return Released(routes, defs, unread)


def _has_type(fact: Fact) -> bool:
    return fact.text != ("bytes" if fact.kind == "part" else "no body")


def _read(facts: list[Fact], named: Mapping[str, Fact]) -> Mapping[tuple[str, str], GType]:
    """The types that the facts write. Their names are no longer declared, and some stand for a
    generic type written out: for reading each gets a name of its own.
    """
    calls = {name: f"T{number}_" for number, name in enumerate(sorted(named))}
    back = {call: name for name, call in calls.items()}
    lines = []
    for number, fact in enumerate(facts):
        call = calls[fact.name] if fact.kind == "type" else f"P{number}_"
        back.setdefault(call, "")
        lines.append(f"type {call} = {_called(fact.text, calls)}")
    parsed = parse.parse(Source("gati.lock", "\n".join(lines)))
    declared = {d.name.text: d for d in parsed.file.declarations if isinstance(d, syntax.TypeDef)}
    read: dict[str, GType] = {}
    TypeReader(declared, Report()).read_all(read)
    found: dict[tuple[str, str], GType] = {}
    for number, fact in enumerate(facts):
        call = calls[fact.name] if fact.kind == "type" else f"P{number}_"
        found[fact.key] = reshaped(read.get(call, Any()), name=lambda name: back.get(name, name))
    return found


def _called(text: str, calls: Mapping[str, str]) -> str:
    """The text with other names for types, the arguments of generic ones among the name."""
    return "".join(_words(text, calls))


def _words(text: str, calls: Mapping[str, str]) -> Iterator[str]:
    at = 0
    while match := _WORD.search(text, at):
        yield text[at : match.start()]
        end = match.end()
        if match[2] is not None and text[end : end + 1] == "<":
            end = _closing(text, end)
            numbered = _NUMBER.match(text, end)
            end = numbered.end() if numbered else end
        word = text[match.start() : end]
        is_type = match[2] is not None and not _FIELD.match(text, end)
        yield calls.get(word.replace(" ", ""), word) if is_type else word
        at = end
    yield text[at:]


def _closing(text: str, at: int) -> int:
    """Behind the bracket that closes the one at an offset."""
    depth = 0
    for index in range(at, len(text)):
        depth += {"<": 1, ">": -1}.get(text[index], 0)
        if depth == 0:
            return index + 1
    return len(text)
