"""Modules started again because somebody asked: every worker is told, and the last one's answer
is the answer. The plan stays the same, and requests under way end on what they began with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatid.daemon.control_server import Asker
from gatid.daemon.messages import Restart, Restarted
from gatid.daemon.reactor import Timer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatid.daemon.crew import Worker
    from gatid.daemon.reactor import Reactor


@dataclass(slots=True)
class _Round:
    module: str
    asker: Asker | None
    waiting: dict[int, int]
    """Workers that have not answered: by serial, the index to name them by."""
    faults: dict[int, str] = field(default_factory=dict)
    timer: Timer | None = None


class Restarts:
    """All that are under way. A worker that dies meanwhile has started its modules anew."""

    def __init__(self, reactor: Reactor, patience: float) -> None:
        self._reactor = reactor
        self._patience = patience
        self._rounds: dict[int, _Round] = {}
        self._count = 0

    def begin(self, module: str, workers: Iterable[Worker], asker: Asker | None) -> None:
        """Tell the workers; `asker` gets the answer when all have theirs."""
        self._count += 1
        number = self._count
        told = tuple(workers)
        made = _Round(module, asker, {worker.serial: worker.index for worker in told})
        self._rounds[number] = made
        made.timer = self._reactor.later(self._patience, lambda: self._late(number))
        for worker in told:
            worker.say(Restart(number, module))
        self._settle(number)

    def heard(self, worker: Worker, message: Restarted) -> None:
        """A worker has done it, or could not."""
        made = self._rounds.get(message.number)
        if made is None or made.waiting.pop(worker.serial, None) is None:
            return
        if message.error:
            made.faults[worker.index] = message.error
        self._settle(message.number)

    def died(self, worker: Worker) -> None:
        """Nothing more will be heard of a worker."""
        for number, made in list(self._rounds.items()):
            made.waiting.pop(worker.serial, None)
            self._settle(number)

    def _late(self, number: int) -> None:
        made = self._rounds[number]
        for index in made.waiting.values():
            made.faults[index] = f"it was not done within {self._patience:g} s"
        made.waiting.clear()
        self._settle(number)

    def _settle(self, number: int) -> None:
        made = self._rounds.get(number)
        if made is None or made.waiting:
            return
        del self._rounds[number]
        if made.timer is not None:
            made.timer.cancel()
        if made.asker is None:
            return
        if not made.faults:
            message = f"module `{made.module}` was started again in all workers"
        elif len(set(made.faults.values())) == 1:
            message = next(iter(made.faults.values()))
        else:
            lines = (f"worker {index}: {fault}" for index, fault in sorted(made.faults.items()))
            message = "\n".join(lines)
        made.asker.answer({"ok": not made.faults, "message": message})
