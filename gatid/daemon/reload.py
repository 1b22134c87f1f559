"""How a reload goes, as a table: phases, events, and what is done at each.

A reload is all or none. The candidate is compiled, stored, and tried by a scout; then every
worker prepares it beside what it serves; only when all are ready is it committed, by one
store. Whatever else happens, in whatever order, leads to ABORT, and the old plan serves on.

This module decides and does nothing else: `step` takes a state and an event, and returns the
next state and the actions to be carried out in order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from types import MappingProxyType


class Phase(Enum):
    """Where the reload is."""

    IDLE = auto()
    COMPILING = auto()
    SCOUTING = auto()
    PREPARING = auto()
    COMMITTING = auto()
    STOPPING = auto()


class Event(Enum):
    """What happened. `ALL_READY` is the READY of the last worker that was missing."""

    REQUESTED = auto()
    COMPILED = auto()
    UNCHANGED = auto()
    REFUSED = auto()
    SCOUTED = auto()
    READY = auto()
    ALL_READY = auto()
    FAILED = auto()
    DIED = auto()
    TIMED_OUT = auto()
    RECORDED = auto()
    STALE = auto()
    STOP = auto()


class Action(Enum):
    """What the supervisor does. The `ANSWER_` ones speak to those who asked for this reload."""

    COMPILE = auto()
    SCOUT = auto()
    PREPARE = auto()
    RECORD = auto()
    COMMIT = auto()
    ABORT = auto()
    CANCEL = auto()
    RESPAWN = auto()
    STOP = auto()
    FORCE = auto()
    ANSWER_SWAPPED = auto()
    ANSWER_UNCHANGED = auto()
    ANSWER_REFUSED = auto()
    ANSWER_STOPPING = auto()


@dataclass(frozen=True, slots=True)
class Row:
    """What follows: the next phase and the actions on the way."""

    phase: Phase
    actions: tuple[Action, ...] = ()


_P, _E, _A = Phase, Event, Action

TABLE = MappingProxyType(
    {
        (_P.IDLE, _E.REQUESTED): Row(_P.COMPILING, (_A.COMPILE,)),
        (_P.IDLE, _E.DIED): Row(_P.IDLE, (_A.RESPAWN,)),
        (_P.IDLE, _E.STOP): Row(_P.STOPPING, (_A.STOP,)),
        # A request while one is under way is queued: `step` counts it, nothing else changes.
        (_P.COMPILING, _E.REQUESTED): Row(_P.COMPILING),
        (_P.COMPILING, _E.COMPILED): Row(_P.SCOUTING, (_A.SCOUT,)),
        (_P.COMPILING, _E.UNCHANGED): Row(_P.IDLE, (_A.ANSWER_UNCHANGED,)),
        (_P.COMPILING, _E.REFUSED): Row(_P.IDLE, (_A.ANSWER_REFUSED,)),
        (_P.COMPILING, _E.DIED): Row(_P.COMPILING, (_A.RESPAWN,)),
        (_P.COMPILING, _E.STOP): Row(_P.STOPPING, (_A.CANCEL, _A.ANSWER_STOPPING, _A.STOP)),
        (_P.SCOUTING, _E.REQUESTED): Row(_P.SCOUTING),
        (_P.SCOUTING, _E.SCOUTED): Row(_P.PREPARING, (_A.PREPARE,)),
        (_P.SCOUTING, _E.REFUSED): Row(_P.IDLE, (_A.ANSWER_REFUSED,)),
        (_P.SCOUTING, _E.DIED): Row(_P.SCOUTING, (_A.RESPAWN,)),
        (_P.SCOUTING, _E.STOP): Row(_P.STOPPING, (_A.CANCEL, _A.ANSWER_STOPPING, _A.STOP)),
        (_P.PREPARING, _E.REQUESTED): Row(_P.PREPARING),
        (_P.PREPARING, _E.READY): Row(_P.PREPARING),
        (_P.PREPARING, _E.ALL_READY): Row(_P.COMMITTING, (_A.RECORD,)),
        (_P.PREPARING, _E.FAILED): Row(_P.IDLE, (_A.ABORT, _A.ANSWER_REFUSED)),
        (_P.PREPARING, _E.TIMED_OUT): Row(_P.IDLE, (_A.ABORT, _A.ANSWER_REFUSED)),
        (_P.PREPARING, _E.DIED): Row(_P.IDLE, (_A.ABORT, _A.ANSWER_REFUSED, _A.RESPAWN)),
        (_P.PREPARING, _E.STOP): Row(_P.STOPPING, (_A.ABORT, _A.ANSWER_STOPPING, _A.STOP)),
        # The record on disk comes first: a restart must never find less than was served. From
        # here on a worker that dies is only replaced.
        (_P.COMMITTING, _E.REQUESTED): Row(_P.COMMITTING),
        (_P.COMMITTING, _E.RECORDED): Row(_P.IDLE, (_A.COMMIT, _A.ANSWER_SWAPPED)),
        (_P.COMMITTING, _E.FAILED): Row(_P.IDLE, (_A.ABORT, _A.ANSWER_REFUSED)),
        (_P.COMMITTING, _E.DIED): Row(_P.COMMITTING, (_A.RESPAWN,)),
        (_P.COMMITTING, _E.STOP): Row(_P.STOPPING, (_A.ABORT, _A.ANSWER_STOPPING, _A.STOP)),
        (_P.STOPPING, _E.REQUESTED): Row(_P.STOPPING, (_A.ANSWER_STOPPING,)),
        (_P.STOPPING, _E.DIED): Row(_P.STOPPING),
        (_P.STOPPING, _E.STOP): Row(_P.STOPPING, (_A.FORCE,)),
    }
)
"""An event that has no row in a phase comes too late to matter there, and changes nothing."""


@dataclass(frozen=True, slots=True)
class Reload:
    """Where a reload is: its phase, the candidate's number, and the workers still missing.

    `queued` says that another was asked for meanwhile: however many did, one follows.
    """

    phase: Phase = Phase.IDLE
    generation: int = 0
    waiting: frozenset[int] = frozenset()
    queued: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with what it is about: a generation, and the worker that spoke or died.

    SCOUTED brings the number that the candidate gets and the workers that must prepare it.
    """

    event: Event
    generation: int = 0
    worker: int = 0
    workers: frozenset[int] = frozenset()


def step(state: Reload, happened: Happened) -> tuple[Reload, tuple[Action, ...]]:
    """The state after an event, and what is to be done, in order."""
    event = _read(state, happened)
    row = TABLE.get((state.phase, event))
    if row is None:
        return state, ()
    after = replace(state, phase=row.phase)
    if event is Event.REQUESTED and state.phase not in (Phase.IDLE, Phase.STOPPING):
        after = replace(after, queued=True)
    if event in (Event.READY, Event.ALL_READY):
        after = replace(after, waiting=state.waiting - {happened.worker})
    if event is Event.SCOUTED:
        after = replace(after, generation=happened.generation, waiting=happened.workers)
    if row.phase is not Phase.PREPARING:
        after = replace(after, waiting=frozenset())
    if row.phase is Phase.STOPPING:
        return replace(after, queued=False), row.actions
    if row.phase is Phase.IDLE and after.queued:
        return replace(after, phase=Phase.COMPILING, queued=False), (*row.actions, Action.COMPILE)
    return after, row.actions


def _read(state: Reload, happened: Happened) -> Event:
    """What an event means in a state: news of another candidate is stale."""
    event = happened.event
    if event in (Event.READY, Event.FAILED, Event.TIMED_OUT):
        if happened.generation != state.generation:
            return Event.STALE
        if event is Event.READY:
            if happened.worker not in state.waiting:
                return Event.STALE
            if state.waiting == {happened.worker}:
                return Event.ALL_READY
    return event
