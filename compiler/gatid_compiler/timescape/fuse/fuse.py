"""One function per contract and direction, however many hops it carries over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Object
from gatid_compiler.plan import Place, RequestPart
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.fuse.execute import Execution
from gatid_compiler.timescape.fuse.finish import Finish, is_part
from gatid_compiler.timescape.fuse.places import tables
from gatid_compiler.timescape.fuse.symbols import (
    ALWAYS,
    Leaf,
    Named,
    Record,
    Slot,
    Var,
    variables,
)
from gatid_compiler.timescape.fuse.write import Called, Module
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.messages import PARTS

if TYPE_CHECKING:
    from gatid_compiler.timescape.fuse.symbols import Symbol
    from gatid_compiler.timescape.history import History


@dataclass(frozen=True, slots=True)
class Fused:
    """Generated source, the parts that go through it, and the functions of the project that it
    calls. `places` says where its parts come from, if it was asked for.
    """

    source: str
    parts: tuple[RequestPart, ...]
    calls: tuple[Called, ...]
    places: tuple[tuple[Place, ...], ...]


def forward(
    history: History, route: str, start: int, end: int, *, places: bool = False
) -> Fused | None:
    """What carries a route's requests from one state to a later one; None if nothing does."""
    return _fused(history, keys.request(route), "forward", start, end, places=places)


def backward(
    history: History,
    route: str,
    status: int,
    start: int,
    end: int,
    *,
    only: str | None = None,
    places: bool = False,
) -> Fused | None:
    """What carries an answer back from one state to an earlier one, or `only` one part of it;
    None if nothing does.
    """
    key = keys.response(route, status)
    return _fused(history, key, "backward", start, end, places=places, only=only)


def given(execution: Execution, key: str, only: str | None = None) -> Named:
    """A message where an execution begins. Its parts are variables of the function, not fields
    of a value.
    """
    message = expect(Object, execution.defs[key])
    since = execution.start
    slots = {f.name: Slot(ALWAYS, Leaf(Var(PARTS[f.name]), f.type, since)) for f in message.fields}
    if only is not None:
        slots = {part: slot for part, slot in slots.items() if part == only}
    return Named(key, since, Record(None, (), slots))


def _fused(
    history: History,
    key: str,
    name: str,
    start: int,
    end: int,
    *,
    places: bool,
    only: str | None = None,
) -> Fused | None:
    execution = Execution(history, start, end)
    finished = Finish(execution, key).run(given(execution, key, only))
    made = expect(Record, finished.root)
    results = {PARTS[part]: slot.value for part, slot in made.slots.items()}
    changed = {part for part, value in results.items() if not is_part(value, Var(part))}
    if not changed:
        return None
    read = set(variables(tuple(results[part] for part in changed)))
    read |= variables(tuple((c.of, c.guard) for c in finished.crossings.values()))
    parts = tuple(part for part in PARTS.values() if part in changed | (read & set(results)))
    module = Module(finished.functions, finished.crossings)
    source = module.text(name, parts, [results[part] for part in parts])
    where: dict[str, Symbol] = {p: results[p] for p in parts} if places else {}
    return Fused(source, parts, module.calls, tables(where, finished) if where else ())
