"""The blocks of routes."""

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
from gatid_compiler.timescape.suggest.sides import Use
from gatid_compiler.timescape.suggest.whole_routes import keeping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatid_compiler.timescape.messages import Standing
    from gatid_compiler.timescape.suggest.differ import Differ
    from gatid_compiler.timescape.suggest.released import Released

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
        path = path_text(standing.path)
        changed = (was.method, was.path) != (standing.method, path)
        ops = {
            "": _moved(was.method, was.path, standing.method, path) if changed else [],
            **_request(differ, name, was.path, standing),
            "response": list(_statuses(differ, name, then, standing)),
        }
        whole = tuple(op for part in ops.values() for op in part)
        if whole:
            kept = keeping(name, then, differ.sides, ops)
            yield Block("route", name, sound(whole), kept=kept)


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


def _request(differ: Differ, route: str, old_path: str, standing: Standing) -> dict[str, list[Op]]:
    """The operations by the part of the request that they are on, `moves` for those on several."""
    old = whole = expect(Object, differ.sides.old[keys.request(route)])
    new = expect(Object, differ.sides.new[keys.request(standing.era.key)])
    new_path = path_text(standing.path)
    shape, first = differ.moved(_without_path(old), _without_path(new), frozenset())
    old = expect(Object, shape)
    found: dict[str, list[Op]] = {"moves": first}
    before, after = _parameters(old_path), _parameters(new_path)
    if len(before) == len(after):
        found["path"] = list(_path(differ, whole, new, dict(zip(before, after, strict=True))))
    for part in _PARTS:
        was, now = old.field(part), new.field(part)
        if was is None or now is None:
            found[part] = [] if was is now else [_bodies(route, now is None)]
            continue
        ops = differ.value(was.type, now.type, _REQUEST)
        if ops is None:
            reason = f"the whole {part} is another type: no operation says that"
            found[part] = [todo(reason, differ.by_hand(was.type, part))]
        else:
            found[part] = [op.under((part,)) for op in ops]
    return found


def _bodies(route: str, gone: bool) -> Op:
    if gone:
        return todo("the route has no body now and had one: no operation says that")
    return todo(
        "the route has a body now and had none, which no operation says: call the route otherwise, "
        f"and write the older one out: route {route} removed {{ … }}"
    )


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
            alone = sum(s < 400 and t is not None for s, t in said_now.items()) == 1
            hand = differ.by_hand(before, "response", "body") if alone else ()
            yield todo(f"the whole answer {status} is another type: no operation says that", hand)
        elif ops and status >= 400:
            yield todo(f"the answer {status} is another: operations are for answers below 400")
        elif status < 400:
            said.setdefault(tuple(ops), []).append(status)
    if len(headers) > 1:
        yield todo(
            "the headers of its answers changed in different ways: write what became of each"
        )
        headers.clear()
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
