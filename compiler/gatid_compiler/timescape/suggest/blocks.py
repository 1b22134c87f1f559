"""All blocks between a release and what is derived for it now: types, then routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Definitions, Field, GType, Object, Ref
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.lock.differences import PROBLEM
from gatid_compiler.timescape.lock.facts import path_text
from gatid_compiler.timescape.messages import answer_type
from gatid_compiler.timescape.reshape import resolved
from gatid_compiler.timescape.suggest.differ import Differ
from gatid_compiler.timescape.suggest.fields import Fields
from gatid_compiler.timescape.suggest.model import Block, Op, todo
from gatid_compiler.timescape.suggest.sides import Sides, Use

if TYPE_CHECKING:
    from gatid_compiler.timescape.messages import Standing
    from gatid_compiler.timescape.suggest.released import Released

_PARTS = ("query", "header", "cookie", "body")
_REQUEST = Use(received=True, answered=False)
_ANSWER = Use(received=False, answered=True)
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Found:
    """Blocks in the order in which they are written, and what no operation can say. `expected`
    are the fingerprints that types had, by what they are called now.
    """

    blocks: tuple[Block, ...]
    remarks: tuple[str, ...]
    expected: Mapping[str, str]


def blocks(then: Released, defs: Definitions, standings: Mapping[str, Standing]) -> Found:
    """What makes the release of what is derived."""
    sides = Sides(then.defs, defs)
    differ = Differ(sides)
    for _ in range(_ROUNDS):
        differ = Differ(sides, differ.inline)
        routes = list(_routes(differ, then, standings))
        types = _types(differ)
        several = {key for key, olds in differ.met.items() if len(olds) > 1}
        inline = several | _uneven(types) | differ.through
        if inline <= differ.inline:
            calls = _calls(differ)
            if calls == sides.calls:
                expected = {key: next(iter(differ.met[key])) for key in types}
                remarks = tuple(_remarks(then, standings))
                return Found((*_typed(types), *routes), remarks, expected)
            sides.calls.update(calls)
        else:
            differ.inline |= inline
    return Found((), ("the types of now and then cannot be told apart",), {})


def _types(differ: Differ) -> dict[str, tuple[tuple[Op, ...], bool]]:
    """The operations of each type that has one older shape, by its key; and whether fields go
    into a new object there, which may be of a named type.
    """
    found: dict[str, tuple[tuple[Op, ...], bool]] = {}
    while waiting := [k for k, o in differ.met.items() if k not in found and len(o) == 1]:
        key = waiting[0]
        differ.nested = False
        ops = differ.of_type(key, differ.used[key])
        found[key] = tuple(ops), differ.nested
    return found


def _uneven(types: Mapping[str, tuple[tuple[Op, ...], bool]]) -> set[str]:
    """The instances of a generic type that did not change in one way."""
    shown: dict[str, set[str]] = {}
    for key, (ops, _) in types.items():
        shown.setdefault(keys.origin(key), set()).add("\n".join(op.whole for op in ops))
    return {key for key in types if len(shown[keys.origin(key)]) > 1}


def _calls(differ: Differ) -> dict[str, str]:
    """Older types by name, and the type of now that each is at that moment."""
    sides = differ.sides
    found: dict[str, str] = {}
    for key, olds in sorted(differ.met.items()):
        if key in differ.inline or len(olds) > 1:
            continue
        (print_,) = olds
        for name in sides.old:
            if not keys.is_message(name) and sides.old_print(sides.old[name]) == print_:
                plain = keys.plain(key)
                if name not in found or name == plain:
                    found[name] = plain
    return found


def _typed(types: Mapping[str, tuple[tuple[Op, ...], bool]]) -> Iterator[Block]:
    """Blocks in which fields go into objects come last: taken back first, they meet those
    objects as they are now.
    """
    merged = {keys.origin(key): said for key, said in sorted(types.items())}
    for name, (ops, _) in sorted(merged.items(), key=lambda each: each[1][1]):
        if ops:
            yield Block("type", name, _sound(ops))


def _sound(ops: tuple[Op, ...]) -> tuple[Op, ...]:
    """The operations, a `todo` in the place of one that leads nowhere."""
    return tuple(
        op if _leads(op) else todo(f"`{op.text.strip()}`: no path leads there") for op in ops
    )


def _leads(op: Op) -> bool:
    return () not in op.words and all(_leads(inner) for inner in op.body or ())


# -- routes ------------------------------------------------------------------------------------


def _routes(differ: Differ, then: Released, standings: Mapping[str, Standing]) -> Iterator[Block]:
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
        ops += _request(differ, name, was.path, path)
        ops += _statuses(differ, name, then, standing)
        if ops:
            yield Block("route", name, _sound(tuple(ops)))


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


def _request(differ: Differ, route: str, old_path: str, new_path: str) -> Iterator[Op]:
    old = expect(Object, differ.sides.old[keys.request(route)])
    new = expect(Object, differ.sides.new[keys.request(route)])
    shape, first = differ.moved(_without_path(old), _without_path(new), frozenset())
    old = expect(Object, shape)
    yield from first
    before, after = _parameters(old_path), _parameters(new_path)
    if len(before) == len(after):
        yield from _path(differ, route, dict(zip(before, after, strict=True)))
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


def _path(differ: Differ, route: str, renamed: dict[str, str]) -> Iterator[Op]:
    old = expect(Object, differ.sides.old[keys.request(route)])
    new = expect(Object, differ.sides.new[keys.request(route)])
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
    said_now = {s: differ.sides.new.get(keys.response(route, now[s])) for s in now}
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
    for status, was in pairs.items():
        new = differ.sides.new.get(keys.response(route, now[status]))
        before = differ.sides.old.get(keys.response(route, was))
        if new is None or before is None:
            if new is not before:
                yield todo(f"the answer {status} has a body, and had none, or the other way round")
            continue
        was_body, body = expect(Object, before).fields[0], expect(Object, new).fields[0]
        ops = differ.value(was_body.type, body.type, _ANSWER)
        if ops is None:
            yield todo(f"the whole answer {status} is another type: no operation says that")
        elif ops and status >= 400:
            yield todo(f"the answer {status} is another: operations are for answers below 400")
        elif status < 400:
            said.setdefault(tuple(ops), []).append(status)
    if len(said) > 1:
        yield todo("its answers changed in different ways: give each a type of its own")
        return
    for ops_ in said:
        yield from (op.under(("response", "body")) for op in ops_)


def _is_implied(status: int, message: GType | None) -> bool:
    """Whether the answer is what every fault is answered with anyway."""
    return status >= 400 and message == answer_type(Ref(PROBLEM))


def _remarks(then: Released, standings: Mapping[str, Standing]) -> Iterator[str]:
    """What became of routes that are not there any more."""
    for name, was in then.routes.items():
        if name in standings:
            continue
        there = f"{was.method} {was.path}"
        now = next(
            (
                n
                for n, s in standings.items()
                if n not in then.routes and f"{s.method} {path_text(s.path)}" == there
            ),
            None,
        )
        if now is not None:
            yield (
                f"the route `{name}` is called `{now}` now: versions know a route by its name, "
                f"so call it `{name}`"
            )
        else:
            yield f"the route `{name}` ({there}) is gone: older clients still call it"
