"""The lifecycle of a request, as a table: where it is, how that went, where it goes next.

A request enters the table when it is what its contract takes: who may call, and whether what
was sent is of its types, is decided before. The generated code of a contract is the road of
those that go well (`road`); whatever goes otherwise leaves it for the slow path
(`gatid.endpoint.faults`). Both follow this table, and the tests hold them to it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class State(Enum):
    """Where a request is. The value is what events and logs call it."""

    VALIDATED = "validated"
    BEFORE = "before"
    HANDLER = "handler"
    AFTER = "after"
    CHECK = "check"
    CATCH = "catch"
    END = "end"
    SEND = "send"
    REST = "rest"
    ENDED = "ended"


class Outcome(Enum):
    """How a state went."""

    PASSED = "passed"
    """All of it ran, and nothing went wrong."""

    ANSWERED = "answered"
    """A before hook has answered; what lies between is left out."""

    STREAMS = "streams"
    """The body is made while it is sent, by code of the request: its end must wait."""

    FAILED = "failed"
    """Something raised, was refused, or was cancelled at the deadline."""

    LATE = "late"
    """There is no time left before the answer; what is left runs after it."""

    GONE = "gone"
    """The client closed its connection: what ran was cancelled, and nobody is answered."""


RUNS: Final[Mapping[State, str]] = {
    State.VALIDATED: "nothing yet: the request, an empty response and the contexts are made",
    State.BEFORE: "before hooks: app, groups from the outside in, route, local",
    State.HANDLER: "the handler; a sync one in a thread",
    State.AFTER: "after hooks: local ones, the last registered first, route, groups, app",
    State.CHECK: "the answer against its type, carried back to the client's version",
    State.CATCH: "catch hooks in the same order as after hooks; the last answer wins",
    State.END: "its tasks are cancelled; compensation if it failed, cleanup; both in reverse",
    State.SEND: "the answer goes out",
    State.REST: "what of the end has not run yet",
    State.ENDED: "nothing: the local context refuses whoever still holds it",
}

TABLE: Final[Mapping[State, Mapping[Outcome, State]]] = {
    State.VALIDATED: {
        Outcome.PASSED: State.BEFORE,
    },
    State.BEFORE: {
        Outcome.PASSED: State.HANDLER,
        Outcome.ANSWERED: State.AFTER,
        Outcome.FAILED: State.CATCH,
        Outcome.GONE: State.REST,
    },
    State.HANDLER: {
        Outcome.PASSED: State.AFTER,
        Outcome.FAILED: State.CATCH,
        Outcome.GONE: State.REST,
    },
    State.AFTER: {
        Outcome.PASSED: State.CHECK,
        Outcome.FAILED: State.CATCH,
        Outcome.GONE: State.REST,
    },
    State.CHECK: {
        Outcome.PASSED: State.END,
        Outcome.STREAMS: State.SEND,
        Outcome.FAILED: State.CATCH,
        Outcome.GONE: State.REST,
    },
    State.CATCH: {
        Outcome.PASSED: State.END,
        Outcome.STREAMS: State.SEND,
        Outcome.LATE: State.SEND,
        Outcome.GONE: State.REST,
    },
    State.END: {
        Outcome.PASSED: State.SEND,
        Outcome.FAILED: State.CATCH,
        Outcome.LATE: State.SEND,
    },
    State.SEND: {
        Outcome.PASSED: State.REST,
        Outcome.FAILED: State.REST,
        Outcome.GONE: State.REST,
    },
    State.REST: {
        Outcome.PASSED: State.ENDED,
    },
    State.ENDED: {},
}


def road(outcome: Outcome = Outcome.PASSED, since: State = State.VALIDATED) -> Iterator[State]:
    """The states of a request for which everything went the same way."""
    state: State | None = since
    while state is not None:
        yield state
        state = TABLE[state].get(outcome)


def skipped() -> frozenset[State]:
    """The states that are left out when a before hook answers."""
    to = TABLE[State.BEFORE][Outcome.ANSWERED]
    states = list(road(since=TABLE[State.BEFORE][Outcome.PASSED]))
    return frozenset(states[: states.index(to)])
