"""Routes of the past as they are stated: those that are gone, and those whose handler is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Field, Object
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.lock.facts import path_text
from gatid_compiler.timescape.suggest.model import Op
from gatid_compiler.timescape.suggest.sides import EndlessError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.timescape.messages import Standing
    from gatid_compiler.timescape.suggest.released import Released
    from gatid_compiler.timescape.suggest.sides import Sides

_WORDS = {"query": "query", "header": "headers", "cookie": "cookies", "body": "body"}


def keeping(
    name: str, then: Released, sides: Sides, ops: Mapping[str, Sequence[Op]]
) -> tuple[Op, ...]:
    """The block of a route whose handler is kept: parts of which no operation can say what became
    of them are stated whole. `ops` are the operations by part.

    Nothing where that is no way out: something else is left to do, or was nothing before.
    """
    open_ = {part for part, said in ops.items() if any(op.is_todo for op in said)}
    request = expect(Object, then.defs[keys.request(name)])
    stated: list[Op] = []
    for part in sorted(open_ & set(_WORDS)):
        field = request.field(part)
        if field is None:
            return ()
        try:
            stated.append(Op((f"{_WORDS[part]} {sides.old_text(field.type)}",)))
        except EndlessError:
            return ()
    if "response" in open_:
        stated.append(Op((f"returns {_answers(name, then, sides)}",)))
        stated += [Op((line,)) for line in _headers(name, then, sides)]
    if not open_ or "moves" in open_:
        return ()
    said = [op for part, each in ops.items() if part not in (*open_, "", "path") for op in each]
    if open_ & {"", "path"} or ops[""] or ops.get("path"):
        was = then.routes[name]
        stated.append(Op((f"moved from {was.method} {_typed_path(name, then, sides)}",)))
    return (Op(("handler MODULE:old",)), *stated, *said)


def gone(then: Released, standings: Mapping[str, Standing], sides: Sides) -> Iterator[str]:
    """What there is to say of routes that are not there any more, a line each."""
    there = {f"{s.method} {path_text(s.path)}": n for n, s in standings.items()}
    for name, was in then.routes.items():
        if name in standings:
            continue
        now = there.get(f"{was.method} {was.path}")
        if now is not None and now not in then.routes:
            yield (
                f"the route `{name}` is called `{now}` now: versions know a route by its name, "
                f"so call it `{name}`"
            )
            continue
        yield f"the route `{name}` is gone; with the handler that older clients keep, write:"
        yield from _removed(name, then, sides)


def _removed(name: str, then: Released, sides: Sides) -> Iterator[str]:
    """The block that says that a route was removed, but for its handler."""
    was = then.routes[name]
    request = expect(Object, then.defs[keys.request(name)])
    types = {f.name: f.type for f in request.fields if f.type != Object()}
    types.pop("path", None)
    yield f"  route {name} removed {{"
    yield f"    route {name} {was.method} {_typed_path(name, then, sides)} {{"
    for part, t in types.items():
        yield f"      {_WORDS[part]} {_text(t, sides)}"
    yield f"      returns {_answers(name, then, sides)}"
    yield from (f"      {line}" for line in _headers(name, then, sides))
    yield "      handler MODULE:old"
    yield "    }"
    yield "  }"


def _typed_path(name: str, then: Released, sides: Sides) -> str:
    path = then.routes[name].path
    field = expect(Object, then.defs[keys.request(name)]).field("path")
    for each in expect(Object, field.type).fields if isinstance(field, Field) else ():
        typed = f"{{{each.name}: {_text(each.type, sides)}}}"
        path = path.replace(f"{{{each.name}}}", typed)
    return path


def _answers(name: str, then: Released, sides: Sides) -> str:
    answers = []
    for status, body in then.routes[name].statuses.items():
        field = (
            expect(Object, then.defs[keys.response(name, status)]).field("body") if body else None
        )
        t = None if field is None else field.type
        answers.append(f"{status} {_text(t, sides)}" if t is not None else f"{status}")
    return ", ".join(answers)


def _headers(name: str, then: Released, sides: Sides) -> Iterator[str]:
    """What says which headers the answers had."""
    for status in then.routes[name].statuses:
        message = then.defs.get(keys.response(name, status))
        field = message.field("header") if isinstance(message, Object) else None
        if field is not None and field.type != Object():
            yield f"answers {status} {_text(field.type, sides)}"


def _text(t: GType, sides: Sides) -> str:
    try:
        return sides.old_text(t)
    except EndlessError as endless:
        return str(endless)
