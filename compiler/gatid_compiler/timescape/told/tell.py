"""One type or route at one release: its shape, the way from there to head, the code that runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.model import Field, Object, Ref
from gatid_compiler.gtypes.text import show
from gatid_compiler.timescape.fuse.fuse import backward, forward
from gatid_compiler.timescape.history import History
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.lock.facts import path_of
from gatid_compiler.timescape.reshape import closure, reshaped, spelt
from gatid_compiler.timescape.told.placed import placed
from gatid_compiler.timescape.told.sentences import sentences
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.timescape.lock.past import Past


@dataclass(frozen=True, slots=True)
class Step:
    """What one release says of a type or route: the sentences by who they are about."""

    label: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """What of a type's or route's place cannot make the round trip: in requests of old clients
    (`forward`), or in answers to them.
    """

    name: str
    label: str
    path: str
    forward: bool
    what: str


def type_text(name: str, t: GType) -> str:
    """A type as it would be declared."""
    if isinstance(t, Object) and t.fields:
        lines = [f"  {show(Object((field,)))[2:-2]}" for field in t.fields]
        if t.rest is not None:
            lines.append(f"  {show(Object((), t.rest))[2:-2]}")
        return "\n".join((f"type {name} {{", *lines, "}"))
    return f"type {name} = {show(t)}"


def way(past: Past, start: int, end: int, names: frozenset[str] | None = None) -> list[Step]:
    """The changes after one release up to another, of the named types and routes or of all."""
    found: list[Step] = []
    for release in range(start + 1, end + 1):
        said = [
            (name, sentence)
            for name, part in _parts(past, release)
            if names is None or name in names
            for sentence in _said(part)
        ]
        if said:
            found.append(Step(past.releases[release].label, tuple(dict.fromkeys(said))))
    return found


def lost(past: Past, start: int, end: int) -> list[Lost]:
    """What cannot make the round trip between two releases."""
    found = [
        Lost(name, past.releases[release].label, path, loss.forward, loss.what)
        for release in range(start + 1, end + 1)
        for name, part in _parts(past, release)
        if isinstance(part, _OPERATIONS)
        for path, op in placed(part)
        for loss in past.derived.losses.get(op.span, ())
    ]
    return sorted(dict.fromkeys(found), key=lambda each: each.name)


def reached(past: Past, roots: Iterable[str], *releases: int) -> frozenset[str]:
    """The declared types that definitions reach in some of the releases."""
    history = past.derived.history
    found: set[str] = set()
    for state in (history.states[history.releases[release]] for release in releases):
        known = [root for root in roots if root in state]
        for key in closure(known, state):
            found |= past.derived.origins(key)
    return frozenset(found)


def written_out(past: Past, name: str, release: int) -> GType | None:
    """What a type was that messages of a release have, but not under its name: it is merged into
    another one, or spread over a path, a query, headers or cookies.
    """
    state = past.derived.history.states[past.derived.history.releases[release]]
    messages = [m for there in past.derived.standings[release].values() for m in there.era.messages]
    if name not in state or name not in reached(past, messages, release):
        return None
    return reshaped(spelt(state[name], state), name=keys.plain)


def type_code(past: Past, key: str, release: int) -> Iterator[str]:
    """The functions that carry a value of a type to head and back, where it changes on the way.

    They are generated as for a message whose body is of the type, which has to be there in the
    release and at head (`Present.is_everywhere`).
    """
    history = past.derived.history
    asked, answered = Object((Field("body", Ref(key)),)), Object((Field("body", Ref(key)),))
    states = [
        {**state, keys.request(key): asked, keys.response(key, 200): answered}
        if key in state
        else state
        for state in history.states
    ]
    whole = History(states, history.blocks, history.releases)
    start, end = history.releases[release], len(history.states) - 1
    for fused in (forward(whole, key, start, end), backward(whole, key, 200, end, start)):
        if fused is not None:
            yield fused.source.rstrip()


def route_code(past: Past, route: str, release: int) -> Iterator[str]:
    """The functions that carry a route's messages to head and back."""
    contract = past.contract(route, release)
    if contract is None:
        return
    if contract.up is not None:
        yield f"# requests{_again(bool(contract.up.checked))}\n{contract.up.source.rstrip()}"
    for down in contract.down:
        if down.source is not None:
            again = _again(down.checked)
            yield f"# answers with {down.status}{again}\n{down.source.rstrip()}"
        if down.headers is not None:
            again = _again(down.checked)
            yield f"# headers of answers with {down.status}{again}\n{down.headers.rstrip()}"


def _again(checked: bool) -> str:
    return ", validated again afterwards" if checked else ""


def route_text(past: Past, route: str, release: int, shown: dict[str, str]) -> str:
    """A route as it would be declared; `shown` are its parts and answers in `.gati` words."""
    contract = past.contract(route, release)
    if contract is None:
        return ""
    lines = [f"route {route} {contract.method} {path_of(contract)} {{"]
    for part in ("path", "query", "headers", "cookies", "body"):
        if part in shown:
            lines.append(f"  {'params' if part == 'path' else part} {shown[part]}")
    for answer in contract.shape.answers:
        said = "" if answer.type is None else f" {shown[str(answer.status)]}"
        lines.append(f"  returns {answer.status}{said}")
        if answer.headers is not None:
            lines.append(f"  answers {answer.status} {shown[f'{answer.status}-headers']}")
    lines.append(f"  handler {_handler(contract.handler)}")
    return "\n".join((*lines, "}"))


def _handler(handler: plan.Handler) -> str:
    match handler:
        case plan.PyHandler(target=target):
            return str(target)
        case plan.StaticHandler(status=status):
            return f"static {status}"


_OPERATIONS = syntax.Operation.__args__


def _parts(past: Past, release: int) -> Iterator[tuple[str, object]]:
    for change in past.changes_of(release):
        for block in change.body:
            match block:
                case syntax.TypeChange() | syntax.RouteChange():
                    for part in block.body:
                        yield block.name.text, part
                case _:
                    yield block.name.text, block


def _said(part: object) -> Iterator[str]:
    match part:
        case syntax.RouteAdded():
            yield "the route is new"
        case syntax.RouteRemoved():
            yield "the route is gone"
        case syntax.Moved():
            yield f"the route was {part.method.text} {part.path.span.text}"
        case syntax.Directive():
            yield f"clients before keep the {' '.join(part.span.text.split())}"
        case syntax.Typed() | syntax.Returns() | syntax.Answers():
            yield f"before, it had `{' '.join(part.span.text.split())}`"
        case _:
            if isinstance(part, _OPERATIONS):
                yield from sentences(part)
