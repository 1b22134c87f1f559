"""What a route takes and answers: its parameters, query, headers, cookies, body, statuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes import expand, model, normal
from gatid_compiler.gtypes.text import show
from gatid_compiler.passes.settings import HEADER_NAME
from gatid_compiler.passes.types import duplicate_field
from gatid_compiler.rules import project as project_rules
from gatid_compiler.rules import routes as rules
from gatid_compiler.rules import types
from gatid_dsl import syntax
from gatid_dsl.diagnostic import Label
from gatid_dsl.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatid_compiler.passes.paths import JoinedPath
    from gatid_compiler.passes.report import Report
    from gatid_compiler.passes.types import TypeReader
    from gatid_dsl.diagnostic import Diagnostic

UNREADABLE = (types.UNKNOWN_TYPE, types.TYPE_ARGUMENTS, types.ENDLESS_TYPE, types.TYPE_CYCLE)
"""The faults after which a type reads as `any`."""

NO_BODY = frozenset((204, 205, 304))
"""Statuses that have no body (RFC 9110, section 15)."""

EMPTY = plan.Shape(None, None, None, None, None, body_bytes=False, answers=())

_TEXT = (model.String, model.Int, model.Number, model.Bool, model.Format, model.Literal)


def shape(
    route: syntax.Route,
    statements: Sequence[syntax.Statement],
    path: JoinedPath,
    reader: TypeReader,
    defs: dict[str, model.GType],
    report: Report,
) -> plan.Shape:
    """The types of a route's messages at head."""
    messages = _Messages(route, reader, defs, report)
    found = EMPTY
    params: syntax.Typed | None = None
    for statement in statements:
        match statement:
            case syntax.Typed(keyword=syntax.Word(text="params")):
                params = statement
            case syntax.Typed(keyword=syntax.Word(text="query")):
                found = replace(found, query=messages.textual(statement))
            case syntax.Typed(keyword=syntax.Word(text="headers")):
                found = replace(found, headers=messages.textual(statement))
            case syntax.Typed(keyword=syntax.Word(text="cookies")):
                found = replace(found, cookies=messages.textual(statement))
            case syntax.Typed(keyword=syntax.Word(text="body")):
                found = messages.body(statement, found)
            case syntax.Returns():
                found = replace(found, answers=messages.answers(statement))
            case _:
                pass
    headed = [s for s in statements if isinstance(s, syntax.Answers)]
    if headed:
        found = replace(found, answers=messages.headed(found.answers, headed))
    return replace(found, path=messages.path(path, params))


@dataclass(frozen=True, slots=True)
class AnswerHeaders:
    """The headers that `answers` says: of every answer below 400, and of those of one status,
    with the places where the statuses are written.
    """

    every: model.Object | None
    own: Mapping[int, model.Object | None]
    places: Mapping[int, Span]

    def strays(self, answers: Sequence[plan.Answer]) -> Iterator[Diagnostic]:
        """Statuses that none of the answers has."""
        known = {answer.status for answer in answers}
        for status, place in self.places.items():
            if status not in known:
                yield rules.BAD_STATUS.at(
                    place,
                    f"the route does not say that it answers {status}",
                    help=f"add it to `returns`, as in `returns …, {status}`",
                )

    def on(self, answers: Sequence[plan.Answer]) -> tuple[plan.Answer, ...]:
        """The answers with these headers, and no others."""
        return tuple(
            replace(
                a, headers=_both(self.every if a.status < 400 else None, self.own.get(a.status))
            )
            for a in answers
        )


def answer_headers(
    route: syntax.Route,
    statements: Sequence[syntax.Statement],
    reader: TypeReader,
    defs: dict[str, model.GType],
    report: Report,
) -> AnswerHeaders | None:
    """What `answers` says of a route whose answers are said elsewhere, if it is there."""
    nodes = [s for s in statements if isinstance(s, syntax.Answers)]
    return _Messages(route, reader, defs, report).answer_headers(nodes) if nodes else None


class _Messages:
    def __init__(
        self,
        route: syntax.Route,
        reader: TypeReader,
        defs: dict[str, model.GType],
        report: Report,
    ) -> None:
        self._route = route
        self._reader = reader
        self._defs = defs
        self._report = report

    def textual(self, node: syntax.Typed) -> model.GType | None:
        """The object type of `query`, `headers` or `cookies`, written out at its outermost."""
        read = self._object(node)
        if read is None:
            return None
        kind = node.keyword.text
        self._fields_textual(read, node, lists=True)
        if kind == "query":
            return read
        return self._tokens(read, node, lower=kind == "headers")

    def path(self, path: JoinedPath, params: syntax.Typed | None) -> model.GType | None:
        """The type of the path's parameters, from the path, `params`, or `string`."""
        declared = self._object(params) if params is not None else None
        fields = []
        for param in path.params:
            name = param.name.text
            known = declared.field(name) if declared is not None else None
            if param.type is not None:
                type_ = self._reader.read(param.type, self._defs)
                if known is not None and params is not None:
                    self._report.add(
                        rules.PARAMETER_TYPED_TWICE.at(
                            param.type.span,
                            f"`{name}` has a type here and in `params`",
                            help="keep one of them",
                            labels=(Label(_field_span(params, name), "and here"),),
                        )
                    )
                if not self._is_textual(type_, lists=False):
                    self._not_textual(param.type.span, name, type_, lists=False)
                field = model.Field(name, type_)
            elif known is not None and params is not None:
                if not known.required:
                    self._report.add(
                        rules.OPTIONAL_PARAMETER.at(
                            _field_span(params, name),
                            f"`{name}` is part of the path, so it is always there",
                            help="write it without `?` and without a default",
                        )
                    )
                field = replace(known, required=True, default=None)
            else:
                if declared is not None and params is not None:
                    self._report.add(
                        rules.UNKNOWN_PARAMETER.at(
                            param.name.span,
                            f"`params` does not know `{name}`",
                            help=f"add `{name}: string` to `params`",
                            labels=(Label(params.keyword.span, "which is here"),),
                        )
                    )
                field = model.Field(name, model.String())
            fields.append(field)
        if declared is not None and params is not None:
            self._fields_textual(declared, params, lists=False)
            self._strays(declared, params, path)
        return normal.object_(fields) if fields else None

    def body(self, node: syntax.Typed, found: plan.Shape) -> plan.Shape:
        """The body's type; `bytes` takes it as it is."""
        if self._route.method.text in ("GET", "HEAD"):
            self._report.add(
                rules.BODY_ON_GET.at(
                    node.keyword.span,
                    f"a body of {self._route.method.text} has no meaning, and proxies drop it",
                    help="read from `query`, or make the route a POST",
                    labels=(Label(self._route.method.span, "the method"),),
                )
            )
        match node.type:
            case syntax.TypeName(name=syntax.Word(text="bytes"), constraints=()):
                return replace(found, body_bytes=True)
            case syntax.TypeName(name=syntax.Word(text="bytes"), constraints=(first, *_)):
                self._report.add(
                    rules.BAD_BODY.at(
                        first.span,
                        "`body bytes` takes the body as it is, whatever its length",
                        help="write `body bytes`, and bound it with `max_body`",
                    )
                )
                return replace(found, body_bytes=True)
            case _:
                return replace(found, body=self._reader.read(node.type, self._defs))

    def answers(self, node: syntax.Returns) -> tuple[plan.Answer, ...]:
        """What may go out, by status."""
        found: dict[int, tuple[plan.Answer, Span]] = {}
        for answer in node.answers:
            type_ = None if answer.type is None else self._reader.read(answer.type, self._defs)
            status = 200 if answer.status is None else int(answer.status.value)
            if not self._final(answer, status):
                continue
            if status in found:
                implied = "" if answer.status else " (meant where no status is written)"
                self._report.add(
                    rules.STATUS_TWICE.at(
                        answer.span,
                        f"the status {status}{implied} is named twice",
                        help="join their types: `A | B`",
                        labels=(Label(found[status][1], "first here"),),
                    )
                )
                continue
            found[status] = (plan.Answer(status, type_), answer.span)
        return tuple(answer for answer, _ in found.values())

    def headed(
        self, answers: Sequence[plan.Answer], nodes: Sequence[syntax.Answers]
    ) -> tuple[plan.Answer, ...]:
        """The answers with their headers: those of all below 400, and those of their status."""
        headers = self.answer_headers(nodes)
        self._report.extend(headers.strays(answers))
        return headers.on(answers)

    def answer_headers(self, nodes: Sequence[syntax.Answers]) -> AnswerHeaders:
        """What `answers` says, whichever answers there are."""
        every: model.Object | None = None
        own: dict[int, model.Object | None] = {}
        first: dict[int | None, Span] = {}
        for node in nodes:
            status = None if node.status is None else int(node.status.value)
            if status in first:
                self._report.add(
                    project_rules.STATEMENT_TWICE.at(
                        node.keyword.span,
                        "`answers` stands here twice for the same answers",
                        help="write all headers into one of them",
                        labels=(Label(first[status], "first here"),),
                    )
                )
                continue
            first[status] = node.keyword.span
            read = self._answer_headers(node)
            if status is None:
                every = read
            else:
                own[status] = read
        places = {int(n.status.value): n.status.span for n in nodes if n.status is not None}
        return AnswerHeaders(every, own, places)

    def _answer_headers(self, node: syntax.Answers) -> model.Object | None:
        typed = syntax.Typed(node.keyword, node.type, node.span)
        read = self._object(typed)
        if read is None:
            return None
        self._fields_textual(read, typed, lists=True)
        for field in read.fields:
            if field.name.lower() in plan.OWN_HEADERS:
                self._report.add(
                    rules.BAD_HEADER_NAME.at(
                        _field_span(typed, field.name),
                        f"`{field.name}` is not the handler's to set",
                        help="take it away: it is in every answer that has use of it",
                    )
                )
            if field.default is not None:
                self._report.add(
                    types.DEFAULT_ON_REQUIRED.at(
                        _field_span(typed, field.name),
                        f"`{field.name}` is a header of answers, which never gain defaults",
                        help="write it without the default",
                    )
                )
        if read.rest is not None:
            self._report.add(
                project_rules.NOT_SUPPORTED_YET.at(
                    node.type.span,
                    "`...` in `answers` is not supported yet",
                    help="take it away: headers that are not declared go out as they are",
                )
            )
        return self._tokens(read, typed, lower=True)

    def _final(self, answer: syntax.Answer, status: int) -> bool:
        place = answer.status.span if answer.status is not None else answer.span
        if not 200 <= status <= 599:
            self._report.add(
                rules.BAD_STATUS.at(
                    place,
                    f"a route cannot answer with the status {status}",
                    help="final statuses go from 200 to 599",
                )
            )
            return False
        if status in NO_BODY and answer.type is not None:
            self._report.add(
                rules.BAD_STATUS.at(
                    answer.type.span,
                    f"an answer with the status {status} has no body",
                    help=f"write `{status}` alone, or another status",
                )
            )
        return True

    def _object(self, node: syntax.Typed) -> model.Object | None:
        type_ = self._reader.read(node.type, self._defs)
        match self._atoms(type_):
            case (model.Object() as only,):
                return only
            case (model.Any(),) if self._report.found_any(UNREADABLE):
                return None
            case _:
                pass
        name = node.keyword.text
        self._report.add(
            rules.NOT_AN_OBJECT.at(
                node.type.span,
                f"`{name}` takes an object type, and this is `{show(type_)}`",
                help=f"write `{name} {{ name: string }}`, with the names that may come",
            )
        )
        return None

    def _atoms(self, type_: model.GType) -> Sequence[model.GType]:
        return expand.Expansion(self._defs).atoms(type_)

    def _fields_textual(self, type_: model.Object, node: syntax.Typed, *, lists: bool) -> None:
        for field in type_.fields:
            if not self._is_textual(field.type, lists=lists):
                self._not_textual(_field_span(node, field.name), field.name, field.type, lists)
        rest = type_.rest
        if rest is None or isinstance(rest, model.Any) or self._is_textual(rest, lists=lists):
            return
        self._not_textual(node.type.span, "...", rest, lists)

    def _is_textual(self, type_: model.GType, *, lists: bool) -> bool:
        for atom in self._atoms(type_):
            match atom:
                case model.Any() if self._report.found_any(UNREADABLE):
                    # It may stand for a type that has been reported already.
                    continue
                case model.Array(item=item):
                    if not lists or not self._is_textual(item, lists=False):
                        return False
                case model.Intersection(parts=parts):
                    if not all(isinstance(part, _TEXT) for part in parts):
                        return False
                case _ if not isinstance(atom, _TEXT):
                    return False
        return True

    def _not_textual(self, span: Span, name: str, type_: model.GType, lists: bool) -> None:
        arrays = ", or arrays of those" if lists else ""
        self._report.add(
            rules.NOT_TEXTUAL.at(
                span,
                f"`{name}` is read from text, which cannot be `{show(type_)}`",
                help=f"write a scalar such as `string`, `int` or `Uuid`, a union of them{arrays}",
            )
        )

    def _tokens(self, type_: model.Object, node: syntax.Typed, *, lower: bool) -> model.Object:
        fields: dict[str, model.Field] = {}
        written: dict[str, str] = {}
        for field in type_.fields:
            name = field.name.lower() if lower else field.name
            if not HEADER_NAME.fullmatch(name):
                what = "a header" if lower else "a cookie"
                self._report.add(
                    rules.BAD_HEADER_NAME.at(
                        _field_span(node, field.name),
                        f"`{field.name}` cannot be the name of {what}",
                        help='write letters, digits and dashes: `"X-Request-Id"`',
                    )
                )
            if name in fields:
                place = _field_span(node, field.name)
                self._report.add(duplicate_field(name, place, _field_span(node, written[name])))
            written[name] = field.name
            fields[name] = replace(field, name=name)
        return normal.object_(tuple(fields.values()), type_.rest)

    def _strays(self, declared: model.Object, params: syntax.Typed, path: JoinedPath) -> None:
        known = {param.name.text for param in path.params}
        for field in declared.fields:
            if field.name not in known:
                self._report.add(
                    rules.UNKNOWN_PARAMETER.at(
                        _field_span(params, field.name),
                        f"the path has no parameter `{field.name}`",
                        help=f"write `{{{field.name}}}` into the path, or take the field away",
                        labels=(Label(self._route.path.span, "the path"),),
                    )
                )


def _both(every: model.Object | None, own: model.Object | None) -> model.Object | None:
    """The headers of all answers with those of one, which says what a name in both is."""
    if every is None or own is None:
        return own or every
    kept = [field for field in every.fields if own.field(field.name) is None]
    return normal.object_((*kept, *own.fields), None)


def _field_span(node: syntax.Typed, name: str) -> Span:
    """Where a field is written, else the type that has it."""
    if isinstance(node.type, syntax.TypeObject):
        for field in node.type.fields:
            if field.key == name:
                return field.name.span
    return node.type.span
