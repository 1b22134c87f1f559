"""Where a handler is kept, an era of a route ends and an older one begins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.model import Field, GType, Object, String
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.messages import (
    PARTS,
    Era,
    Standing,
    answer_type,
    request_type,
    shape_at,
)
from gatid_compiler.timescape.reshape import resolved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.timescape.kept import Kept


def key(route: str, label: str) -> str:
    """What an era goes by that ended when a release came."""
    return f"{route} before {label}"


def newest(
    name: str,
    shape: plan.Shape,
    named: Mapping[str, GType],
    handler: plan.Handler,
    release: int,
    *,
    headed: bool = False,
    headers: Mapping[int, GType],
) -> tuple[Era, Mapping[str, GType]]:
    """The era of a route that is written whole, and its messages. Where it is `headed`, changes
    speak of headers of its answers; `headers` are those that a declared type writes.
    """
    written = [replace(a, headers=headers.get(a.status, a.headers)) for a in shape.answers]
    answers = _answers(written, headed=headed)
    found: dict[str, GType] = {keys.request(name): request_type(shape, named)}
    found.update({keys.response(name, status): type_ for status, type_ in answers.items()})
    return Era(name, shape, handler, release, tuple(answers)), found


def _answers(answers: Sequence[plan.Answer], *, headed: bool = False) -> dict[int, Object]:
    """The messages of answers, by status."""
    made = {answer.status: answer_type(answer, headed=headed) for answer in answers}
    return {status: type_ for status, type_ in made.items() if type_ is not None}


def older(
    standing: Standing,
    name: str,
    kept: Kept,
    handler: plan.Handler,
    defs: Definitions,
    release: int,
) -> tuple[Standing, Mapping[str, GType]]:
    """What a route was in the release before, where its handler was another; and its messages.

    What is not stated is what operations have led to.
    """
    after = standing.era
    request = expect(Object, defs[keys.request(after.key)])
    parts = {field.name: field for field in request.fields}
    for word, t in kept.parts.items():
        parts.pop(word, None)
        if t is not None:
            parts[word] = Field(word, t)
    if standing.method in ("GET", "HEAD"):
        parts.pop("body", None)
    path = _path(standing, kept, parts.pop("path", None), defs)
    if path is not None:
        parts["path"] = path
    messages: dict[str, GType] = {
        keys.request(name): Object(tuple(sorted(parts.values(), key=lambda f: f.name)))
    }
    found = kept.answers
    if found is None:
        then_ = {a.status: standing.statuses[a.status] for a in after.shape.answers}
        told = [then_[known] for known in after.told]
        carried = {then_[known]: defs[keys.response(after.key, known)] for known in after.told}
        answers = tuple(replace(a, status=then_[a.status]) for a in after.shape.answers)
        if kept.headers is not None:
            found = kept.headers.on([_bodied(a, carried.get(a.status)) for a in answers])
    if found is None:
        found = answers
        messages.update({keys.response(name, status): t for status, t in carried.items()})
    else:
        made = _answers(found)
        told = list(made)
        messages.update({keys.response(name, status): t for status, t in made.items()})
    if isinstance(handler, plan.StaticHandler) and all(a.status != handler.status for a in found):
        found = (*found, plan.Answer(handler.status, None))
    shape = replace(
        after.shape,
        **{PARTS[w]: t for w, t in kept.parts.items()},
        body_bytes=kept.parts["body"] is None if "body" in kept.parts else after.shape.body_bytes,
        answers=found,
    )
    era = Era(name, shape, handler, release, tuple(told))
    then = Standing.newest(standing.method, standing.path, era)
    # The types of the shape are those of this moment, as its messages have them.
    shape = shape_at(then, {**defs, **messages})
    return Standing.newest(standing.method, standing.path, replace(era, shape=shape)), messages


def _bodied(answer: plan.Answer, message: GType | None) -> plan.Answer:
    """The answer with the body that its message has at this moment."""
    body = None if message is None else expect(Object, message).field("body")
    return replace(answer, type=None if body is None else body.type)


def _path(standing: Standing, kept: Kept, now: Field | None, defs: Definitions) -> Field | None:
    """The parameters of the path before: typed there, else as they are, else text."""
    known = expect(Object, resolved(now.type, defs)) if now is not None else Object()
    names = {segment.name for segment in standing.path if isinstance(segment, plan.Param)}
    if not kept.params and names == {field.name for field in known.fields}:
        return now
    fields = []
    for segment in standing.path:
        if isinstance(segment, plan.Param):
            field = known.field(segment.name)
            type_ = kept.params.get(segment.name) or (field.type if field else String())
            fields.append(Field(segment.name, type_))
    if not fields:
        return None
    return Field("path", Object(tuple(sorted(fields, key=lambda f: f.name))))
