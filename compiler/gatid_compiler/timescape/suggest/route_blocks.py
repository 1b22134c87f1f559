"""The blocks of routes, and what became of those that are gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.model import Definitions, Field, GType, Object, Ref
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.lock.differences import PROBLEM
from gatid_compiler.timescape.lock.facts import path_text
from gatid_compiler.timescape.messages import answer_type
from gatid_compiler.timescape.reshape import resolved
from gatid_compiler.timescape.suggest.fields import Fields
from gatid_compiler.timescape.suggest.model import Block, Op, sound, todo
from gatid_compiler.timescape.suggest.sides import EndlessError, Use

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatid_compiler.timescape.messages import Standing
    from gatid_compiler.timescape.suggest.differ import Differ
    from gatid_compiler.timescape.suggest.released import Released
    from gatid_compiler.timescape.suggest.sides import Sides

_PARTS = ("query", "header", "cookie", "body")
_REQUEST = Use(received=True, answered=False)
_ANSWER = Use(received=False, answered=True)


def routes(differ: Differ, then: Released, standings: Mapping[str, Standing]) -> Iterator[Block]:
    """A block for each route that is not what it was."""
    for name, standing in standings.items():
        was = then.routes.get(name)
        if was is None:
            yield Block("route", name, (), added=True)
            continue
        if name in then.unread:
            yield Block("route", name, (todo(then.unread[name]),))
            continue
        ops: list[Op] = []
        path = path_text(standing.path)
        if (was.method, was.path) != (standing.method, path):
            ops += _moved(was.method, was.path, standing.method, path)
        ops += _request(differ, name, was.path, standing)
        ops += _statuses(differ, name, then, standing)
        if ops:
            yield Block("route", name, sound(tuple(ops)))


def _parameters(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _moved(method: str, path: str, new_method: str, new_path: str) -> list[Op]:
    before, after = _parameters(path), _parameters(new_path)
    if len(before) != len(after):
        return [
            todo(f"the route was `{method} {path}`: a path keeps its parameters wherever it moves")
        ]
    if method == new_method and _blank(path) == _blank(new_path):
        return []
    return [Op((f"moved from {method} {path}",))]


def _blank(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def _request(differ: Differ, route: str, old_path: str, standing: Standing) -> Iterator[Op]:
    old = whole = expect(Object, differ.sides.old[keys.request(route)])
    new = expect(Object, differ.sides.new[keys.request(standing.era.key)])
    new_path = path_text(standing.path)
    shape, first = differ.moved(_without_path(old), _without_path(new), frozenset())
    old = expect(Object, shape)
    yield from first
    before, after = _parameters(old_path), _parameters(new_path)
    if len(before) == len(after):
        yield from _path(differ, whole, new, dict(zip(before, after, strict=True)))
    for part in _PARTS:
        was, now = old.field(part), new.field(part)
        if was is None or now is None:
            if was is not now:
                had, has = ("has no", "had one") if now is None else ("has a", "had none")
                yield todo(f"the route {had} body now and {has}: no operation says that")
            continue
        ops = differ.value(was.type, now.type, _REQUEST)
        if ops is None:
            yield todo(f"the whole {part} is another type: no operation says that")
            continue
        yield from (op.under((part,)) for op in ops)


def _without_path(request: Object) -> Object:
    return replace(request, fields=tuple(f for f in request.fields if f.name != "path"))


def _path(differ: Differ, old: Object, new: Object, renamed: dict[str, str]) -> Iterator[Op]:
    was, now = (_object(side.field("path"), defs) for side, defs in (
        (old, differ.sides.old), (new, differ.sides.new)))  # fmt: skip
    if was is None or now is None:
        return
    changed = {b: a for b, a in renamed.items() if b != a}
    for op in Fields(differ, _REQUEST).of(was, now, changed):
        yield op.under(("path",))


def _object(field: Field | None, defs: Definitions) -> Object | None:
    t: GType | None = field.type if field is not None else None
    found = resolved(t, defs) if t is not None else None
    return found if isinstance(found, Object) else None


def _statuses(differ: Differ, route: str, then: Released, standing: Standing) -> Iterator[Op]:
    old = dict(then.routes[route].statuses)
    now = {status: head for head, status in standing.statuses.items()}
    said_then = {s: differ.sides.old.get(keys.response(route, s)) for s in old}
    era = standing.era.key
    said_now = {s: differ.sides.new.get(keys.response(era, now[s])) for s in now}
    gone = [s for s in old if s not in now and not _is_implied(s, said_then[s])]
    come = [s for s in now if s not in old and not _is_implied(s, said_now[s])]
    pairs = {s: s for s in now if s in old}
    for was in gone:
        target = next((s for s in come if s // 100 == was // 100), None)
        if target is None:
            yield todo(f"the answer {was} is gone: no operation says that")
            continue
        come.remove(target)
        pairs[target] = was
        yield Op((f"status {was} -> {target}",), 90, "one answer took the place of the other")
    for status in come:
        yield todo(f"the answer {status} is new: no operation says that")
    said: dict[tuple[Op, ...], list[int]] = {}
    headers: dict[tuple[Op, ...], list[int]] = {}
    for status, was in pairs.items():
        header = differ.value(
            _part(said_then[was], "header") or Object(),
            _part(said_now[status], "header") or Object(),
            _ANSWER,
        )
        if header is None or (header and status >= 400):
            yield todo(f"the headers of the answer {status} are others: no operation says that")
        elif header:
            headers.setdefault(tuple(header), []).append(status)
        new, before = _part(said_now[status], "body"), _part(said_then[was], "body")
        if new is None or before is None:
            if new is not before:
                yield todo(f"the answer {status} has a body, and had none, or the other way round")
            continue
        ops = differ.value(before, new, _ANSWER)
        if ops is None:
            yield todo(f"the whole answer {status} is another type: no operation says that")
        elif ops and status >= 400:
            yield todo(f"the answer {status} is another: operations are for answers below 400")
        elif status < 400:
            said.setdefault(tuple(ops), []).append(status)
    for ops_ in headers:
        yield from (op.under(("response", "header")) for op in ops_)
    if len(said) > 1:
        yield todo("its answers changed in different ways: give each a type of its own")
        return
    for ops_ in said:
        yield from (op.under(("response", "body")) for op in ops_)


def _part(message: GType | None, part: str) -> GType | None:
    field = None if message is None else expect(Object, message).field(part)
    return None if field is None else field.type


def _is_implied(status: int, message: GType | None) -> bool:
    """Whether the answer is what every fault is answered with anyway."""
    return status >= 400 and message == answer_type(plan.Answer(status, Ref(PROBLEM)))


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
    path = was.path
    parameters = types.pop("path", None)
    if isinstance(parameters, Object):
        for field in parameters.fields:
            typed = f"{{{field.name}: {_text(field.type, sides)}}}"
            path = path.replace(f"{{{field.name}}}", typed)
    answers = []
    for status, body in was.statuses.items():
        t = _part(then.defs[keys.response(name, status)], "body") if body else None
        answers.append(f"{status} {_text(t, sides)}" if t is not None else f"{status}")
    words = {"header": "headers", "cookie": "cookies"}
    yield f"  route {name} removed {{"
    yield f"    route {name} {was.method} {path} {{"
    for part, t in types.items():
        yield f"      {words.get(part, part)} {_text(t, sides)}"
    yield f"      returns {', '.join(answers)}"
    yield "      handler ..."
    yield "    }"
    yield "  }"


def _text(t: GType, sides: Sides) -> str:
    try:
        return sides.old_text(t)
    except EndlessError as endless:
        return str(endless)
