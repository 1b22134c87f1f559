"""The messages of two contracts of one route, part by part and status by status."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.breaking import judge as j
from gatid_compiler.breaking.change import Change, Part, Verdict, Witness, sentence
from gatid_compiler.breaking.wire import TextJudge
from gatid_compiler.gtypes.model import Field, GType, Object
from gatid_compiler.gtypes.normal import object_
from gatid_compiler.passes.builtin_types import PROBLEM
from gatid_compiler.plan import Param

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gatid_compiler.breaking.sides import Sides
    from gatid_compiler.plan import Answer, Contract, Segment, Shape


class Messages:
    """Compares the messages of routes; made once for two plans."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._text = TextJudge(sides)
        self._headers = TextJudge(sides, ignores_more=True)
        self._request = j.Judge(sides, "request")
        self._answer = j.Judge(sides, "response")

    def changes(self, route: str, old: Contract, new: Contract) -> Iterator[Change]:
        """The changes of every part of the request, then of every answer."""
        path = _renamed(old.shape.path, old.path, new.path, self._sides)
        yield from self._named(route, "path", path, new.shape.path)
        yield from self._named(route, "query", old.shape.query, new.shape.query)
        yield from self._named(route, "headers", old.shape.headers, new.shape.headers)
        yield from self._named(route, "cookies", old.shape.cookies, new.shape.cookies)
        yield from self._body(route, old.shape, new.shape)
        yield from self._answers(route, old.shape.answers, new.shape.answers)

    def _named(
        self, route: str, part: Part, old: GType | None, new: GType | None
    ) -> Iterator[Change]:
        if old is None and new is None:
            return
        before = Object() if old is None else old
        after = Object() if new is None else self._sides.of_new(new)
        judge = self._headers if part in ("headers", "cookies") else self._text
        place = j.Place(route, part)
        yield from j.changes(self._sides, judge, "request", place, before, after)

    def _body(self, route: str, old: Shape, new: Shape) -> Iterator[Change]:
        was, is_ = old.body, None if new.body is None else self._sides.of_new(new.body)
        if old.body_bytes or new.body_bytes:
            if new.body_bytes and was is not None and not old.body_bytes:
                yield self._one(route, "request-body-media-widened", "compatible", "body", was, was)
            elif old.body_bytes and is_ is not None and not new.body_bytes:
                yield self._one(route, "request-body-media-narrowed", "breaking", "body", is_, is_)
            elif new.body_bytes and not old.body_bytes:
                # An empty body is as good as any, so who sends none is served as before.
                yield self._one(route, "request-body-added", "compatible", "body", None, None)
            elif not new.body_bytes:
                yield self._one(route, "request-body-removed", "compatible", "body", None, None)
            return
        if was is None and is_ is not None:
            yield self._one(route, "request-body-added", "breaking", "body", is_, is_)
        elif was is not None and is_ is None:
            yield self._one(route, "request-body-removed", "compatible", "body", was, was)
        elif was is not None and is_ is not None:
            place = j.Place(route, "body")
            yield from j.changes(self._sides, self._request, "request", place, was, is_)

    def _one(
        self, route: str, rule: str, verdict: Verdict, part: Part,
        old: GType | None, new: GType | None, status: int | None = None,
        witness: Witness | None = None, reason: str | None = None,
    ) -> Change:  # fmt: skip
        shown = ["bytes" if t is None else f"`{self._sides.show(t)}`" for t in (old, new)]
        text = sentence(rule, "", *shown)
        return Change(rule, verdict, text, route, part, status, "", witness, reason)

    def _answers(
        self, route: str, old: Sequence[Answer], new: Sequence[Answer]
    ) -> Iterator[Change]:
        was_headers = {a.status: a.headers for a in old}
        for answer in new:
            if answer.status in was_headers:
                before, now = was_headers[answer.status], answer.headers
                yield from self._answer_headers(route, answer.status, before, now)
        olds = {a.status: a.type for a in old}
        news = {a.status: None if a.type is None else self._sides.of_new(a.type) for a in new}
        for status, was in olds.items():
            if status in news:
                yield from self._answer_pair(route, status, was, news[status])
            else:
                yield _status(route, "response-status-removed", "compatible", status, old=status)
        for status, is_ in news.items():
            if status not in olds:
                yield self._added(route, status, is_)

    def _answer_pair(
        self, route: str, status: int, old: GType | None, new: GType | None
    ) -> Iterator[Change]:
        if old is None and new is not None:
            rule = "response-body-added"
            yield self._one(route, rule, "compatible", "answer", new, new, status)
        elif old is not None and new is None:
            rule = "response-body-removed"
            yield self._one(route, rule, "breaking", "answer", old, old, status)
        elif old is not None and new is not None:
            place = j.Place(route, "answer", status)
            yield from j.changes(self._sides, self._answer, "response", place, old, new)

    def _answer_headers(
        self, route: str, status: int, old: GType | None, new: GType | None
    ) -> Iterator[Change]:
        """Declared headers of an answer. One that is not declared may be there all the same."""
        before = _headers(old, self._sides)
        after = _headers(None if new is None else self._sides.of_new(new), self._sides)
        for name in sorted({*before, *after}):
            was, is_ = before.get(name), after.get(name)
            if was is None:
                yield self._header(route, status, "response-header-added", "compatible", name)
            elif is_ is None:
                verdict: Verdict = "breaking" if was.required else "compatible"
                yield self._header(route, status, "response-header-removed", verdict, name)
            else:
                if was.required and not is_.required:
                    rule = "response-header-optional"
                    yield self._header(route, status, rule, "breaking", name)
                elif is_.required and not was.required:
                    rule = "response-header-required"
                    yield self._header(route, status, rule, "compatible", name)
                place = j.Place(route, "answer-headers", status)
                one = (Object((replace(f, required=True, default=None),)) for f in (was, is_))
                yield from j.changes(self._sides, self._answer, "response", place, *one)

    def _header(self, route: str, status: int, rule: str, verdict: Verdict, name: str) -> Change:
        return Change(rule, verdict, sentence(rule, name), route, "answer-headers", status)

    def _added(self, route: str, status: int, new: GType | None) -> Change:
        """A status that was not answered; problem documents could always be."""
        if status < 400:
            return _status(route, "response-status-added", "breaking", status, new=status)
        if new is None:
            return _status(route, "response-error-added", "breaking", status, new=status)
        found = self._answer.pair(PROBLEM, new)
        return replace(
            _status(route, "response-error-added", found.verdict, status, new=status),
            witness=found.witness,
            reason=found.reason,
        )


def _status(
    route: str, rule: str, verdict: Verdict, status: int, old: object = "", new: object = ""
) -> Change:
    return Change(rule, verdict, sentence(rule, "", old, new), route, "answer", status)


def _headers(t: GType | None, sides: Sides) -> Mapping[str, Field]:
    """The declared headers by their names."""
    if t is None:
        return {}
    (atom,) = sides.atoms(t)
    return {field.name: field for field in atom.fields} if isinstance(atom, Object) else {}


def _renamed(
    t: GType | None, old: Sequence[Segment], new: Sequence[Segment], sides: Sides
) -> GType | None:
    """The old parameters by their new names, since clients only know their places."""
    if t is None:
        return None
    names: Mapping[str, str] = {
        one.name: other.name
        for one, other in zip(old, new, strict=False)
        if isinstance(one, Param) and isinstance(other, Param)
    }
    (atom,) = sides.atoms(t)
    if not isinstance(atom, Object) or len(names) != len(atom.fields):
        return t
    return object_((replace(f, name=names.get(f.name, f.name)) for f in atom.fields), atom.rest)
