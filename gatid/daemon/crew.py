"""The workers: a slot each, filled by forking, filled again when its worker dies."""

from __future__ import annotations

import contextlib
import signal
import socket
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gatid.daemon import worker as worker_process
from gatid.daemon.messages import (
    AskStat,
    FromWorker,
    Stat,
    Stop,
    Swapped,
    ToWorker,
    encode,
    receive,
)
from gatid.daemon.process import Child, Exit, fork
from gatid.daemon.reactor import Timer

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.daemon.messages import Prepare
    from gatid.daemon.reactor import Reactor
    from gatid.daemon.verdict import Timing

_LAST_WORDS = 1.0
"""How long a worker that closed its socket may take to end."""


@dataclass(slots=True)
class Worker:
    """A worker process. `serial` is never reused, unlike the index of its slot."""

    serial: int
    index: int
    child: Child
    sock: socket.socket
    born: float
    prepares: int
    """The generation that it was started with."""
    generation: int = 0
    """The one that it serves, 0 before the first."""
    unfit: bool = False
    stat: Stat | None = None
    asked: bool = False

    def say(self, message: ToWorker) -> None:
        """Send; a worker that cannot take it any more is dead or will be found so."""
        with contextlib.suppress(OSError):
            self.sock.send(encode(message))


@dataclass(slots=True)
class _Slot:
    index: int
    worker: Worker | None = None
    pause: float = 0.0
    timer: Timer | None = None


class Crew:
    """All slots. `on_message` and `on_death` hear what the workers say and how they end."""

    def __init__(
        self,
        reactor: Reactor,
        setup: worker_process.Setup,
        size: int,
        on_message: Callable[[Worker, FromWorker], None],
        on_death: Callable[[Worker, Exit], None],
    ) -> None:
        self._reactor = reactor
        self._setup = setup
        self._slots = [_Slot(index) for index in range(size)]
        self._on_message = on_message
        self._on_death = on_death
        self._serial = 0

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Those that live."""
        return tuple(slot.worker for slot in self._slots if slot.worker is not None)

    @property
    def size(self) -> int:
        """How many there should be."""
        return len(self._slots)

    def fill(self, prepare: Prepare) -> tuple[Worker, ...]:
        """Fork a worker for every vacant slot, without waiting out its pause."""
        made = []
        for slot in self._slots:
            if slot.worker is None:
                made.append(self._spawn(slot, prepare))
        return tuple(made)

    def refill(self, prepare: Callable[[], Prepare | None]) -> None:
        """Fill each vacant slot after its pause, which doubles while its workers die young.

        `prepare` is asked when the pause is over; None leaves the slot vacant.
        """
        for slot in self._slots:
            if slot.worker is None and slot.timer is None:
                slot.timer = self._reactor.later(slot.pause, partial(self._refill, slot, prepare))

    def _refill(self, slot: _Slot, prepare: Callable[[], Prepare | None]) -> None:
        slot.timer = None
        wanted = prepare()
        if slot.worker is None and wanted is not None:
            self._spawn(slot, wanted)

    def say(self, message: ToWorker) -> None:
        """Send to all."""
        for worker in self.workers:
            worker.say(message)

    def ask(self) -> None:
        """Ask all how they are, those excepted that have not answered the last time."""
        for worker in self.workers:
            if not worker.asked:
                worker.asked = True
                worker.say(AskStat())

    def stop(self) -> None:
        """Let all end gracefully; nobody is replaced any more."""
        for slot in self._slots:
            if slot.timer is not None:
                slot.timer.cancel()
                slot.timer = None
        self.say(Stop())

    def kill(self) -> None:
        """End all at once."""
        for worker in self.workers:
            worker.child.kill(signal.SIGKILL)

    def _spawn(self, slot: _Slot, prepare: Prepare) -> Worker:
        if slot.timer is not None:
            slot.timer.cancel()
            slot.timer = None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        # Until it is watched the child must be told apart to close its parent's end.
        self._reactor.private(ours.fileno())
        self._serial += 1

        def ended(exit_: Exit) -> None:
            self._bury(slot, worker, exit_)

        child = fork(
            self._reactor, lambda: worker_process.run(self._setup, slot.index, theirs), ended
        )
        theirs.close()
        worker = Worker(self._serial, slot.index, child, ours, time.monotonic(), prepare.gen)
        slot.worker = worker
        self._reactor.watch(ours.fileno(), lambda: self._hear(worker))
        worker.say(prepare)
        return worker

    def _hear(self, worker: Worker) -> None:
        while True:
            try:
                message = receive(worker.sock)
            except BlockingIOError:
                return
            if message is None:
                self._reactor.unwatch(worker.sock.fileno())
                self._reactor.later(_LAST_WORDS, worker.child.kill)
                return
            match message:
                case Stat():
                    worker.stat, worker.asked = message, False
                case Swapped(gen):
                    worker.generation = gen
                case _:
                    pass
            if isinstance(message, FromWorker):
                self._on_message(worker, message)
            if worker.sock.fileno() < 0:
                return

    def _bury(self, slot: _Slot, worker: Worker, exit_: Exit) -> None:
        # What it said before it died still counts, the reason among it.
        if worker.sock.fileno() >= 0:
            self._hear(worker)
        fd = worker.sock.fileno()
        self._reactor.unwatch(fd)
        self._reactor.public(fd)
        worker.sock.close()
        slot.worker = None
        timing: Timing = self._setup.timing
        if time.monotonic() - worker.born > timing.healthy or not slot.pause:
            slot.pause = timing.respawn_first
        else:
            slot.pause = min(slot.pause * 2, timing.respawn_most)
        self._setup.pages.forget(slot.index)
        self._on_death(worker, exit_)
