"""What a change states of a route outright: the handler that older clients keep, and what parts
of its messages were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.model import GType, Intersection, Object, Ref
from gatid_compiler.gtypes.text import show
from gatid_compiler.passes import messages, paths
from gatid_compiler.passes.places import ROUTE, Place, keyword_word, placed
from gatid_compiler.passes.report import Report
from gatid_compiler.passes.routes import answered, read_handler
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.messages import Era
from gatid_compiler.timescape.paths import STATEMENTS
from gatid_compiler.timescape.reshape import aliases, resolved
from gatid_dsl import syntax
from gatid_dsl.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.passes.types import TypeReader
    from gatid_compiler.timescape.merged import Merged
    from gatid_dsl.diagnostic import Diagnostic

PARTS = {"query": "query", "headers": "header", "cookies": "cookie", "body": "body"}
"""What a statement calls a part, and what paths of operations call it."""

_ANSWERED = {"returns": "response.body", "answers": "response.header"}

_CHANGE = Place("route in a change", frozenset((*PARTS, "returns", "answers", "handler")))


@dataclass(frozen=True, slots=True)
class Kept:
    """The handler of the clients before a version, and what its messages were where that is
    stated: parts by the words of paths of operations, None for a body of bytes.

    `handler` is None where something of it has been reported. `node` is a route that says no
    more than this. `params` are the parameters that a path before has a type for.
    """

    handler: plan.Handler | None
    at: Span
    node: syntax.Route
    parts: Mapping[str, GType | None]
    answers: tuple[plan.Answer, ...] | None
    headers: messages.AnswerHeaders | None
    params: Mapping[str, GType]

    def stated(self, word: str) -> syntax.Word:
        """The statement of a part, or of the `response`."""
        words = (keyword_word(s) for s in self.node.body if not isinstance(s, syntax.Directive))
        return next(found for found in words if word.startswith(PARTS.get(found.text, "response")))


@dataclass(frozen=True, slots=True)
class Removed:
    """A route that head does not have: its place, and its era with the messages of it."""

    method: str
    path: tuple[plan.Segment, ...]
    era: Era
    messages: Mapping[str, GType]


@dataclass(frozen=True, slots=True)
class Stated:
    """What changes state outright, by the identity of the block that does."""

    kept: Mapping[int, Kept]
    removed: Mapping[int, Removed]

    def placed(self, merged: Merged) -> Stated:
        """The same, with definitions for what is merged in it."""

        def part(t: GType | None) -> GType | None:
            return None if t is None else merged.placed(t)

        kept = {
            at: replace(
                line,
                parts={word: part(t) for word, t in line.parts.items()},
                answers=line.answers
                and tuple(replace(answer, type=part(answer.type)) for answer in line.answers),
            )
            for at, line in self.kept.items()
        }
        removed = {
            at: replace(gone, messages={k: merged.placed(t) for k, t in gone.messages.items()})
            for at, gone in self.removed.items()
        }
        return Stated(kept, removed)

    @property
    def left(self) -> frozenset[str]:
        """The names of removed routes."""
        return frozenset(removed.era.key for removed in self.removed.values())


def kept(
    changes: Sequence[syntax.Change], reader: TypeReader, defs: dict[str, GType], report: Report
) -> Mapping[int, Kept]:
    """By the identity of its block, all that changes state of routes."""
    found: dict[int, Kept] = {}
    for change in changes:
        for block in change.body:
            if isinstance(block, syntax.RouteChange):
                known = _kept(block, reader, defs, report)
                if known is not None:
                    found[id(block)] = known
    return found


def _kept(
    block: syntax.RouteChange, reader: TypeReader, defs: dict[str, GType], report: Report
) -> Kept | None:
    statements = placed(list(_versioned(block, report)), _CHANGE, report)
    line = next((s for s in statements if isinstance(s, syntax.Directive)), None)
    if line is None:
        for statement in statements:
            report.add(_unkept(keyword_word(statement)))
        return None
    known = report.count
    handler = read_handler(line, report)
    moved = next((s for s in block.body if isinstance(s, syntax.Moved)), None)
    where = syntax.Path((), block.span) if moved is None else moved.path
    method = syntax.Word("POST", block.name.span) if moved is None else moved.method
    node = syntax.Route(block.name, method, where, tuple(statements), "", block.span)
    path = paths.join(node, (), Report())
    states = any(isinstance(s, syntax.Returns) for s in statements)
    headers = None
    if not states:
        headers = messages.answer_headers(node, statements, reader, defs, report)
        statements = [s for s in statements if not isinstance(s, syntax.Answers)]
    shape = messages.shape(node, statements, path, reader, defs, report)
    if states and handler is not None:
        shape = answered(node, statements, shape, handler, report)
    written = named_parts(node, shape, reader, defs)
    parts: dict[str, GType | None] = {}
    for statement in statements:
        match statement:
            case syntax.Typed(keyword=syntax.Word(text="body")):
                parts["body"] = shape.body
            case syntax.Typed(keyword=syntax.Word(text=word)):
                parts[PARTS[word]] = written.get(PARTS[word], getattr(shape, word))
            case _:
                pass
    typed = {p.name.text: reader.read(p.type, defs) for p in path.params if p.type is not None}
    answers = shape.answers if states else None
    if report.count > known:
        handler = None
    return Kept(handler, line.span, node, parts, answers, headers, typed)


def named_parts(
    node: syntax.Route, shape: plan.Shape, reader: TypeReader, defs: dict[str, GType]
) -> dict[str, GType]:
    """Parts of the request that are written as a declared type, which changes with that type.

    The shape has them written out at their outermost.
    """
    found: dict[str, GType] = {}
    for statement in node.body:
        if not isinstance(statement, syntax.Typed):
            continue
        match statement.keyword.text:
            case "params" if isinstance(shape.path, Object):
                written = _parameters(reader.read(statement.type, defs), shape.path, defs)
                word, part = "path", shape.path
            case "headers" if isinstance(shape.headers, Object):
                written = _headers(reader.read(statement.type, defs), shape.headers, defs)
                word, part = "header", shape.headers
            case "query" | "cookies" as kind:
                written = reader.read(statement.type, defs)
                word, part = PARTS[kind], getattr(shape, kind)
            case _:
                continue
        told = isinstance(written, Ref) or (isinstance(written, Object) and written.parts)
        if told and resolved(written, defs) == part:
            found[word] = written
    return found


def named_answers(
    node: syntax.Route, shape: plan.Shape, reader: TypeReader, defs: dict[str, GType]
) -> dict[int, GType]:
    """By status, the headers of answers that are written as a declared type and no more."""
    said = [s for s in node.body if isinstance(s, syntax.Answers)]
    found: dict[int, GType] = {}
    for answer in shape.answers:
        own = [s for s in said if s.status is not None and int(s.status.value) == answer.status]
        every = [s for s in said if s.status is None and answer.status < 400]
        if len(own) + len(every) != 1 or not isinstance(answer.headers, Object):
            continue
        written = _headers(reader.read((*own, *every)[0].type, defs), answer.headers, defs)
        told = isinstance(written, Ref) or (isinstance(written, Object) and written.parts)
        if told and resolved(written, defs) == answer.headers:
            found[answer.status] = written
    return found


def _parameters(written: GType, path: Object, defs: dict[str, GType]) -> GType:
    """What `params` writes, with the parameters that are typed in the path itself."""
    known = resolved(written, defs)
    if not isinstance(known, Object) or known == path:
        return written
    rest = tuple(field for field in path.fields if known.field(field.name) is None)
    return replace(path, parts=(*(known.parts or (written,)), Object(rest)))


def _headers(written: GType, headers: Object, defs: dict[str, GType]) -> GType:
    """What `headers` writes, its names in lower case."""
    known = resolved(written, defs)
    if known == headers or not isinstance(known, Object):
        return written
    for name in (names := aliases(written, defs)):
        t = defs[name]
        defs[keys.headers(name)] = Ref(keys.headers(t.name)) if isinstance(t, Ref) else headers
    if names:
        if known.parts:
            defs[keys.headers(names[-1])] = replace(headers, parts=known.parts)
        return Ref(keys.headers(names[0]))
    if known.parts:
        name = keys.headers(keys.in_place(show(Intersection(known.parts))))
        defs[name] = replace(headers, parts=known.parts)
        return Ref(name)
    return written


def _versioned(block: syntax.RouteChange, report: Report) -> Iterator[syntax.Statement]:
    """The statements of a block, but for those that are the same in all versions."""
    for item in block.body:
        if isinstance(item, STATEMENTS):
            word = keyword_word(item)
            if word.text == "params":
                report.add(
                    codes.CHANGE_STATED.at(
                        word.span,
                        "`params` says nothing in a change",
                        help="write the types into the path before: `moved from GET /x/{id: T}`, "
                        "beside the `handler` of that time",
                    )
                )
            elif word.text in ROUTE.all - _CHANGE.now:
                report.add(
                    codes.CHANGE_STATED.at(
                        word.span,
                        f"`{word.text}` is the same in all versions",
                        help="write it into the route itself",
                    )
                )
            else:
                yield item


def _unkept(word: syntax.Word) -> Diagnostic:
    way = _ANSWERED.get(word.text) or PARTS[word.text]
    return codes.CHANGE_STATED.at(
        word.span,
        f"`{word.text}` states what was there before, and no handler of that time is kept",
        help=f"say what became of it, such as `rename {way}.a -> {way}.b`, or keep the code "
        "of that time: `handler module:function`",
    )
