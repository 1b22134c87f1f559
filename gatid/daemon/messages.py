"""What a supervisor and its workers say to each other: one JSON object a message.

They travel over a SOCK_SEQPACKET pair, so a message arrives whole or not at all, in order,
and the end of the file means that the other one is dead.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

LIMIT = 60_000
"""Bytes of one message, well below what a socket's buffer takes at once."""


@dataclass(frozen=True, slots=True)
class Hello:
    """A worker lives."""

    pid: int


@dataclass(frozen=True, slots=True)
class Ready:
    """A generation is linked, its modules run, and it could serve at once."""

    gen: int
    ms: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A generation could not be prepared."""

    gen: int
    error: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Swapped:
    """Requests of this worker are answered by this generation from now on."""

    gen: int


@dataclass(frozen=True, slots=True)
class Drained:
    """The last request of an old generation ended; `leaked` modules are still held."""

    gen: int
    leaked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stat:
    """How a worker is: the generation it answers with, requests under way by generation.

    `restarts` counts how often each of its modules was started again, `down` names those that
    do not run.
    """

    gen: int
    inflight: int
    draining: tuple[int, ...]
    rss: int
    restarts: dict[str, int]
    down: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restarted:
    """A module that was to be started again has been, or `error` says why not."""

    number: int
    error: str


@dataclass(frozen=True, slots=True)
class Prepare:
    """Load and link a stored plan, and answer READY or FAILED."""

    gen: int
    hash: str
    path: str


@dataclass(frozen=True, slots=True)
class Abort:
    """Forget a generation, prepared or not; may arrive before its PREPARE is done."""

    gen: int


@dataclass(frozen=True, slots=True)
class Commit:
    """The epoch has moved: an idle worker need not wait for a request to notice."""

    gen: int


@dataclass(frozen=True, slots=True)
class Restart:
    """Start a module of the current generation again, and answer RESTARTED with the number."""

    number: int
    module: str


@dataclass(frozen=True, slots=True)
class AskStat:
    """Say how you are."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop accepting, answer what is under way, end."""


FromWorker = Hello | Ready | Failed | Swapped | Drained | Stat | Restarted
ToWorker = Prepare | Abort | Commit | Restart | AskStat | Stop

_NAMES: dict[str, type[FromWorker | ToWorker]] = {
    "HELLO": Hello,
    "READY": Ready,
    "FAILED": Failed,
    "SWAPPED": Swapped,
    "DRAINED": Drained,
    "STAT": Stat,
    "RESTARTED": Restarted,
    "PREPARE": Prepare,
    "ABORT": Abort,
    "COMMIT": Commit,
    "RESTART": Restart,
    "STAT?": AskStat,
    "STOP": Stop,
}
_KINDS = {kind: name for name, kind in _NAMES.items()}


def encode(message: FromWorker | ToWorker) -> bytes:
    """The message as bytes; a traceback or a list of names that is too long is cut."""
    data = _dump(message)
    if len(data) > LIMIT and isinstance(message, Failed):
        room = LIMIT // 16  # a character takes twelve bytes at most in ASCII JSON
        error = message.error[: room // 4]
        text = message.traceback
        if len(text) > room // 2:
            text = f"{text[: room // 4]}\n…\n{text[-room // 4 :]}"
        data = _dump(replace(message, error=error, traceback=text))
    if len(data) > LIMIT and isinstance(message, Restarted):
        data = _dump(replace(message, error=message.error[: LIMIT // 16]))
    if len(data) > LIMIT and isinstance(message, Drained):
        data = _dump(replace(message, leaked=tuple(name[:40] for name in message.leaked[:100])))
    return data


def _dump(message: FromWorker | ToWorker) -> bytes:
    return json.dumps({"say": _KINDS[type(message)], **asdict(message)}).encode()


def decode(data: bytes) -> FromWorker | ToWorker:
    """The message that the bytes say."""
    values: dict[str, Any] = json.loads(data)
    kind = _NAMES[values.pop("say")]
    for field in fields(kind):
        if isinstance(values.get(field.name), list):
            values[field.name] = tuple(values[field.name])
    return kind(**values)


def receive(sock: socket.socket) -> FromWorker | ToWorker | None:
    """The next message, None at the end. Raises `BlockingIOError` when none is there.

    What is no message is the end too: whoever writes that is not to be trusted any more.
    """
    try:
        data = sock.recv(LIMIT * 2)
        return decode(data) if data else None
    except (ConnectionError, ValueError, LookupError, TypeError, AttributeError):
        return None
