"""A route's messages as types: a request is an object of its parts, an answer one of its body.

So an operation on a route is an operation on an object, and a field can move from the query to
the body like from one object to another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.model import Field, GType, Object
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.reshape import resolved

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.plan import RequestPart

PARTS: Mapping[str, RequestPart] = {
    "path": "path",
    "query": "query",
    "header": "headers",
    "cookie": "cookies",
    "body": "body",
}
"""What paths of operations call a part, and what a shape calls it."""

TEXTUAL = ("path", "query", "header", "cookie")

_TEXT = (model.String, model.Int, model.Number, model.Bool, model.Format, model.Literal)


@dataclass(frozen=True, slots=True)
class Era:
    """A stretch of a route's life in which one handler answers.

    `newest` is the last release of it. `shape` is that of the newest release: what the handler
    sees, and what older releases of the era are carried to. `key` is what the era's messages go
    by; they are no messages of another era, so nothing is carried from one into the next. `told`
    are the statuses whose answers have a message.
    """

    key: str
    shape: plan.Shape
    handler: plan.Handler
    newest: int
    told: tuple[int, ...]

    @property
    def messages(self) -> tuple[str, ...]:
        """The definitions of its messages: the request, and every answer that has anything."""
        return (keys.request(self.key), *(keys.response(self.key, a) for a in self.told))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a route is at one moment, its types apart: its method and path, and its statuses by
    the ones that its era knows them by.
    """

    method: str
    path: tuple[plan.Segment, ...]
    statuses: Mapping[int, int]
    era: Era = field(compare=False)

    @classmethod
    def newest(cls, method: str, path: tuple[plan.Segment, ...], era: Era) -> Standing:
        """What a route is in the newest release of an era."""
        return cls(method, path, {a.status: a.status for a in era.shape.answers}, era)


def request_type(shape: plan.Shape, named: Mapping[str, GType]) -> Object:
    """The request as an object of its parts; `named` are parts that a declared type writes."""
    parts: dict[str, GType | None] = {
        "path": shape.path,
        "query": shape.query or Object(),
        "header": shape.headers or Object(),
        "cookie": shape.cookies or Object(),
        "body": shape.body,
    }
    fields = [
        Field(name, named.get(name, type_)) for name, type_ in parts.items() if type_ is not None
    ]
    return Object(tuple(sorted(fields, key=lambda f: f.name)))


def answer_type(answer: plan.Answer, *, headed: bool = False) -> Object | None:
    """An answer as an object of its body and of its headers, where it has such or is `headed`:
    had them once. None where there is nothing of it.
    """
    fields = [] if answer.type is None else [Field("body", answer.type)]
    if answer.headers is not None or (headed and answer.status < 400):
        fields.append(Field("header", answer.headers or Object()))
    return Object(tuple(fields)) if fields else None


def shape_at(standing: Standing, defs: Definitions) -> plan.Shape:
    """The shape of a route in one state, its types still as the state has them."""
    era, newest = standing.era.key, standing.era.shape
    request = expect(Object, defs[keys.request(era)])

    def part(name: str) -> GType | None:
        there = request.field(name)
        if there is None:
            return None
        if name == "body":
            return there.type
        outer = resolved(there.type, defs)
        empty = isinstance(outer, Object) and not outer.fields and outer.rest is None
        was_there = getattr(newest, PARTS[name]) is not None
        return None if empty and not was_there else outer

    answers = tuple(
        _answer(era, replace(answer, status=standing.statuses[answer.status]), answer.status, defs)
        for answer in newest.answers
    )
    return replace(
        newest,
        path=part("path"),
        query=part("query"),
        headers=part("header"),
        cookies=part("cookie"),
        body=part("body"),
        answers=answers,
    )


def _answer(era: str, answer: plan.Answer, known: int, defs: Definitions) -> plan.Answer:
    key = keys.response(era, known)
    if key not in defs:
        return answer
    message = expect(Object, defs[key])
    body, header = message.field("body"), message.field("header")
    headers = None if header is None else resolved(header.type, defs)
    return replace(
        answer,
        type=None if body is None else body.type,
        headers=None if headers == Object() else headers,
    )


def is_textual(t: GType, defs: Definitions, *, lists: bool) -> bool:
    """Whether values of the type are read from text; `lists` allows repetition."""
    match resolved(t, defs):
        case model.Union(branches=branches):
            return all(is_textual(branch, defs, lists=lists) for branch in branches)
        case model.Array(item=item):
            return lists and is_textual(item, defs, lists=False)
        case model.Intersection(parts=parts):
            return all(isinstance(part, _TEXT) for part in parts)
        case other:
            return isinstance(other, _TEXT)


def without_text(part: str, t: GType, defs: Definitions) -> str | None:
    """The first field of a textual part that cannot be read from text."""
    outer = resolved(t, defs)
    if not isinstance(outer, Object):
        return part
    lists = part != "path"
    for f in outer.fields:
        if not is_textual(f.type, defs, lists=lists):
            return f.name
    return None
