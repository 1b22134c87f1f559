"""The supervisor: carries out what `reload.py` decides, and keeps the workers up.

It is one thread that never runs a user's code: compiling and trying a plan are jobs, answering
is the workers'. It forks them all, so it stays small and starts no threads.
"""

from __future__ import annotations

import gc
import resource
import signal
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from gatid.admin import process as admin_process
from gatid.daemon import compiling, listener, places, scout
from gatid.daemon.board import Board, Word
from gatid.daemon.companion import Companion
from gatid.daemon.control_server import Asker, ControlServer
from gatid.daemon.crew import Crew, Worker
from gatid.daemon.fixed import Fixed, Overrides
from gatid.daemon.listener import ListenError
from gatid.daemon.messages import (
    Abort,
    Commit,
    Drained,
    Failed,
    FromWorker,
    Prepare,
    Ready,
    Restarted,
)
from gatid.daemon.reactor import Reactor, Timer
from gatid.daemon.reload import Action, Event, Happened, Phase, Reload, step
from gatid.daemon.restarts import Restarts
from gatid.daemon.store import Committed, StateDirectory, StateError
from gatid.daemon.systemd import Notifier, handed_sockets
from gatid.daemon.telling import Teller
from gatid.daemon.verdict import Refusal, Timing, Verdict
from gatid.daemon.worker import Setup
from gatid.endpoint.loading import plain
from gatid.observe import capture
from gatid.observe.logs import Log, Output
from gatid.observe.pages import MeterPages
from gatid.policies.rate import RateTable
from gatid.services.topics.workers import inboxes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gatid.daemon.compiling import Compiled
    from gatid.daemon.facts import Facts
    from gatid.daemon.job import Job
    from gatid.daemon.listener import Listener
    from gatid.daemon.process import Exit
    from gatid.daemon.scout import Scouted
    from gatid.daemon.systemd import Handed

_FAULT = 1
_MARGIN = 2.0
"""What workers get beyond the drain time before they are killed."""


def serve(
    path: Path,
    *,
    workers: int | None = None,
    listen: Sequence[str] = (),
    state: Path | None = None,
    timing: Timing | None = None,
) -> int:
    """Serve an entry file or a plan until told to stop; the process's exit status.

    `workers` and `listen` go before what the configuration says. What is wrong with it is on
    standard error when this returns 1.
    """
    log = Log(Output.to(2, plain=plain))
    capture.install(log)
    try:
        overrides = Overrides(tuple(listener.parse(each) for each in listen), workers)
    except ListenError as error:
        log.error(str(error))
        return _FAULT
    # What a crash leaves on the disk would hold secrets; workers and scouts inherit this.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    handed = handed_sockets()
    notifier = Notifier.from_environment()
    # What is imported by now is shared by all children for good, and never scanned again.
    gc.collect()
    gc.freeze()
    daemon = Supervisor(
        path.absolute(), overrides, state, handed, notifier, timing or Timing(), log
    )
    return daemon.run()


class Supervisor:
    """One daemon, from its first compilation to the end of its last worker."""

    def __init__(
        self,
        entry: Path,
        overrides: Overrides,
        state: Path | None,
        handed: Sequence[Handed],
        notifier: Notifier,
        timing: Timing,
        log: Log,
    ) -> None:
        self._entry = entry
        self._overrides = overrides
        self._chosen_state = state
        self._handed = handed
        self._notifier = notifier
        self._timing = timing
        self._log = log
        self._reactor = Reactor()
        self._tell = Teller(log, notifier, entry)
        self._reload = Reload()
        self._restarts = Restarts(self._reactor, timing.prepare)
        self._events: list[Happened] = []
        self._busy = False
        self._exit = 0
        self._started = False
        self._state: StateDirectory | None = None
        self._control: ControlServer | None = None
        self._board = Board()
        self._listeners: tuple[Listener, ...] = ()
        self._crew: Crew | None = None
        self._admin: Companion | None = None
        self._serving: Committed | None = None
        self._fixed: Fixed | None = None
        self._wanted: Fixed | None = None
        self._facts: Facts | None = None
        self._job: Job | None = None
        self._compiled: Compiled | None = None
        self._candidate: Prepare | None = None
        self._deadline: Timer | None = None
        self._refusal = Refusal("")
        self._began = 0.0
        self._queued: list[Asker] = []
        self._asking: list[Asker] = []
        self._leaving: list[Asker] = []

    def run(self) -> int:
        """Start, serve, stop; the exit status."""
        self._reactor.on_signals(
            {
                signal.SIGHUP: partial(self._happen, Event.REQUESTED),
                signal.SIGTERM: partial(self._happen, Event.STOP),
                signal.SIGINT: partial(self._happen, Event.STOP),
            }
        )
        self._happen(Event.REQUESTED)
        if self._notifier.watchdog:
            self._watch_over()
        try:
            self._reactor.run()
        finally:
            self._leave()
        return self._exit

    def _happen(self, event: Event, **about: Any) -> None:
        """Let the table decide, and do it. Events that come of doing it follow in turn."""
        self._events.append(Happened(event, **about))
        if self._busy:
            return
        self._busy = True
        while self._events:
            self._reload, actions = step(self._reload, self._events.pop(0))
            for action in actions:
                self._do(action)
        self._busy = False

    def _do(self, action: Action) -> None:
        match action:
            case Action.COMPILE:
                self._compile()
            case Action.SCOUT:
                self._scout()
            case Action.PREPARE:
                self._prepare()
            case Action.RECORD:
                self._record()
            case Action.COMMIT:
                self._commit()
            case Action.ABORT:
                self._abort()
            case Action.CANCEL:
                if self._job is not None:
                    self._job.cancel()
            case Action.RESPAWN:
                self._refill()
            case Action.STOP:
                self._stop()
            case Action.FORCE:
                self._force()
            case Action.ANSWER_SWAPPED:
                self._answer("swapped")
            case Action.ANSWER_UNCHANGED:
                self._answer("unchanged")
            case Action.ANSWER_REFUSED:
                self._answer("refused")
            case Action.ANSWER_STOPPING:
                self._refusal = Refusal("the daemon is stopping")
                self._asking += self._queued
                self._queued = []
                self._answer("refused")

    def _compile(self) -> None:
        self._began = time.monotonic()
        self._asking, self._queued = self._queued, []
        self._refusal = Refusal("")
        if self._serving is not None:
            self._notifier.reloading()
        self._job = compiling.start(
            self._reactor, self._entry, self._timing.compile, self._on_compiled
        )

    def _on_compiled(self, result: Compiled | Refusal) -> None:
        if isinstance(result, Refusal):
            self._refuse(result)
            return
        try:
            plan = self._open_state(result.name).put(result.data)
        except (StateError, OSError) as error:
            self._refuse(Refusal(str(error)))
            return
        self._tell.warnings(result.warnings)
        if self._serving is not None and plan == self._serving.plan:
            self._happen(Event.UNCHANGED)
            return
        self._candidate = Prepare(0, plan, str(self._open_state(result.name).plan_path(plan)))
        self._happen(Event.COMPILED)

    def _refuse(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self._happen(Event.REFUSED)

    def _open_state(self, name: str) -> StateDirectory:
        """The state directory; the first time it is locked and the control socket opened."""
        if self._state is None:
            path = places.state_directory(self._chosen_state, name)
            state = StateDirectory.open(path)
            self._reactor.private(state.lock)
            socket = places.control_socket(state.path)
            self._control = ControlServer(self._reactor, socket, self._on_request)
            self._state = state
            self._tell.begin(state, name, socket)
            self._tell.damaged(state.damaged)
        return self._state

    def _scout(self) -> None:
        if self._candidate is None:
            raise AssertionError("a scout without a candidate")
        self._job = scout.start(
            self._reactor,
            self._candidate,
            self._entry.parent,
            self._overrides,
            self._timing.scout,
            self._on_scouted,
        )

    def _on_scouted(self, result: Scouted | Refusal, wanted: Fixed | None) -> None:
        if self._fixed is not None and wanted is not None:
            reasons = self._fixed.refusals(wanted)
            if reasons:
                result = Refusal("; ".join(reasons))
        if isinstance(result, Refusal):
            self._refuse(result)
            return
        self._tell.printed(result.printed)
        self._wanted, self._facts = result.fixed, result.facts
        try:
            crew = self._crew or self._raise_crew(result.fixed)
            self._candidate = self._numbered()
        except (ListenError, StateError, OSError) as error:
            self._refuse(Refusal(str(error)))
            return
        crew.fill(self._candidate)
        serials = frozenset(worker.serial for worker in crew.workers)
        self._happen(Event.SCOUTED, generation=self._candidate.gen, workers=serials)

    def _numbered(self) -> Prepare:
        if self._state is None or self._candidate is None:
            raise AssertionError("a number without a candidate")
        number = self._state.next_generation()
        return Prepare(number, self._candidate.hash, self._candidate.path)

    def _raise_crew(self, fixed: Fixed) -> Crew:
        """Open the sockets and the shared memory that every worker inherits."""
        if self._state is None:
            raise AssertionError("workers without a state directory")
        patience = self._timing.bind if self._tell.follows_a_crash else 0.0
        self._listeners = listener.open_all(fixed.listen, self._handed, patience)
        pages = MeterPages.create(fixed.workers)
        if fixed.admin is not None:
            admin = listener.open_all((fixed.admin,), self._handed, patience)[0]
            body = partial(admin_process.run, admin, self._board, pages)
            self._admin = Companion(self._reactor, body, self._on_admin_end)
            self._tell.admin = admin
        setup = Setup(
            self._board,
            self._listeners,
            pages,
            RateTable.create(),
            self._entry.parent,
            fixed.max_header,
            self._timing,
            self._log,
            inboxes(fixed.workers),
            self._state.path,
        )
        self._crew = Crew(self._reactor, setup, fixed.workers, self._on_message, self._on_death)
        return self._crew

    def _prepare(self) -> None:
        if self._crew is None or self._candidate is None:
            raise AssertionError("nobody to prepare for")
        candidate = self._candidate
        for worker in self._crew.workers:
            if worker.prepares != candidate.gen:
                worker.say(candidate)
        self._deadline = self._reactor.later(self._timing.prepare, self._on_late)

    def _on_late(self) -> None:
        late = self._reload.waiting
        self._refusal = Refusal(
            f"{len(late)} of {self._crew.size if self._crew else 0} workers were not ready"
            f" within {self._timing.prepare:g} s"
        )
        self._happen(Event.TIMED_OUT, generation=self._reload.generation)

    def _record(self) -> None:
        if self._state is None or self._candidate is None or self._facts is None:
            raise AssertionError("nothing to record")
        generation = self._candidate.gen
        try:
            self._state.commit(Committed(generation, self._candidate.hash), self._facts)
        except (OSError, StateError) as error:
            self._refusal = Refusal(f"cannot write the state directory: {error}")
            self._happen(Event.FAILED, generation=generation)
        else:
            self._happen(Event.RECORDED, generation=generation)

    def _commit(self) -> None:
        if self._candidate is None or self._crew is None or self._wanted is None:
            raise AssertionError("nothing to commit")
        if self._deadline is not None:
            self._deadline.cancel()
        self._serving = Committed(self._candidate.gen, self._candidate.hash)
        installed = self._fixed.installed if self._fixed else {}
        self._fixed = self._wanted.with_installed(installed)
        # The commit point: from this store on, every request is answered by the new one.
        self._board[Word.EPOCH] = self._candidate.gen
        self._crew.say(Commit(self._candidate.gen))
        self._board[Word.READY] = 1
        self._board[Word.WORKERS] = len(self._crew.workers)
        if self._state is not None:
            self._state.prune()

    def _abort(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._crew is None or self._candidate is None:
            return
        self._crew.say(Abort(self._candidate.gen))
        serving = self._serving.generation if self._serving else 0
        for worker in self._crew.workers:
            # One that was started for the candidate has nothing left to serve.
            if worker.unfit or (not worker.generation and worker.prepares != serving):
                worker.child.kill(signal.SIGTERM)

    def _answer(self, outcome: str) -> None:
        ms = (time.monotonic() - self._began) * 1000
        generation = self._serving.generation if self._serving else 0
        plan = self._serving.plan if self._serving else ""
        if outcome == "swapped":
            self._board[Word.SWAPPED] += self._started
            verdict = Verdict("swapped", generation, plan, ms=ms)
        elif outcome == "unchanged":
            verdict = Verdict("unchanged", generation, plan, ms=ms)
        else:
            self._board[Word.REFUSED] += 1
            r = self._refusal
            verdict = Verdict("refused", generation, plan, r.reason, r.details, r.diagnostics, ms)
        for asker in self._asking:
            ok = verdict.outcome != "refused"
            asker.answer({"ok": ok, "message": verdict.text(), "verdict": verdict.to_json()})
        self._asking = []
        if self._reload.phase is not Phase.STOPPING:
            if self._started or verdict.outcome == "refused":
                self._tell.verdict(verdict)
            elif self._crew is not None:
                self._tell.serving(self._listeners, self._crew.size, generation)
            self._started = True
            if self._serving is None:
                self._exit = _FAULT
                self._happen(Event.STOP)

    def _refill(self) -> None:
        if self._crew is not None:
            self._crew.refill(self._serving_prepare)

    def _serving_prepare(self) -> Prepare | None:
        if self._serving is None or self._state is None or self._reload.phase is Phase.STOPPING:
            return None
        path = self._state.plan_path(self._serving.plan)
        return Prepare(self._serving.generation, self._serving.plan, str(path))

    def _on_message(self, worker: Worker, message: FromWorker) -> None:
        serving = self._serving.generation if self._serving else 0
        match message:
            case Ready(gen) if gen == serving:
                if not worker.generation:
                    worker.say(Commit(gen))
                    self._board[Word.WORKERS] = len(self._crew.workers) if self._crew else 0
            case Ready(gen):
                self._happen(Event.READY, generation=gen, worker=worker.serial)
            case Failed(gen, error, traceback) if gen == serving:
                self._log.error("a worker cannot load the plan that serves", reason=error)
                if self._reload.phase is Phase.PREPARING:
                    worker.unfit = True
                else:
                    worker.child.kill(signal.SIGTERM)
            case Failed(gen, error, traceback):
                if gen == self._reload.generation and self._reload.phase is Phase.PREPARING:
                    self._refusal = Refusal(error, traceback)
                self._happen(Event.FAILED, generation=gen, worker=worker.serial)
            case Restarted():
                self._restarts.heard(worker, message)
            case Drained(gen, leaked):
                self._log.info("drained", generation=gen, leaked=list(leaked), worker=worker.index)
            case _:
                pass

    def _on_death(self, worker: Worker, exit_: Exit) -> None:
        if self._crew is not None:
            self._board[Word.WORKERS] = len(self._crew.workers)
        if self._reload.phase is not Phase.STOPPING:
            self._board[Word.DEATHS] += 1
            self._log.error(
                "a worker died", worker=worker.index, pid=worker.child.pid, how=str(exit_)
            )
            if self._reload.phase is Phase.PREPARING:
                self._refusal = Refusal(f"a worker died while it prepared the plan ({exit_})")
        self._restarts.died(worker)
        self._happen(Event.DIED, worker=worker.serial)
        self._end_if_alone()

    def _on_admin_end(self, exit_: Exit, wanted: bool) -> None:
        if wanted:
            self._log.error("the admin listener died", how=str(exit_))
        self._end_if_alone()

    def _on_request(self, asker: Asker, request: dict[str, Any]) -> None:
        match request:
            case {"command": "status"}:
                self._status(asker)
            case {"command": "reload", "module": str(module), "wait": wait}:
                if not wait:
                    asker.answer({"ok": True, "message": "restart requested"})
                workers = self._crew.workers if self._crew else ()
                self._restarts.begin(module, workers, asker if wait else None)
            case {"command": "reload", "wait": True}:
                self._queued.append(asker)
                self._happen(Event.REQUESTED)
            case {"command": "reload"}:
                asker.answer({"ok": True, "message": "reload requested"})
                self._happen(Event.REQUESTED)
            case {"command": "stop"}:
                asker.answer({"ok": True}, last=False)
                self._leaving.append(asker)
                if self._reload.phase is not Phase.STOPPING:
                    self._happen(Event.STOP)
            case _:
                asker.answer({"error": f"no such command: {request.get('command')!r}"})

    def _status(self, asker: Asker) -> None:
        """Answer when all workers have said how they are, or did not within a second."""
        workers = self._crew.workers if self._crew else ()
        if self._crew is not None:
            self._crew.ask()
        deadline = time.monotonic() + self._timing.stat

        def answer() -> None:
            if any(worker.asked for worker in workers) and time.monotonic() < deadline:
                self._reactor.later(0.005, answer)
                return
            asker.answer(
                self._tell.status(
                    self._serving,
                    self._reload.phase.name.lower(),
                    self._crew.workers if self._crew else (),
                    self._crew.size if self._crew else 0,
                    self._listeners,
                    self._state.stored if self._state else {},
                )
            )

        answer()

    def _watch_over(self) -> None:
        """Tell the service manager that all is well, when every worker has answered."""
        workers = self._crew.workers if self._crew else ()
        if not any(worker.asked for worker in workers):
            self._notifier.alive()
        if self._crew is not None:
            self._crew.ask()
        if self._notifier.watchdog:
            self._reactor.later(self._notifier.watchdog / 3, self._watch_over)

    def _stop(self) -> None:
        self._notifier.stopping()
        self._board[Word.READY] = 0
        for each in self._listeners:
            each.close(remove=True)
        if self._crew is not None:
            self._crew.stop()
        if self._admin is not None:
            self._admin.stop()
        self._reactor.later(self._timing.drain + _MARGIN, self._force)
        self._end_if_alone()

    def _force(self) -> None:
        if self._crew is not None:
            self._crew.kill()
        if self._admin is not None:
            self._admin.kill()

    def _end_if_alone(self) -> None:
        if self._reload.phase is not Phase.STOPPING and not self._exit:
            return
        if self._crew is not None and self._crew.workers:
            return
        if self._admin is None or not self._admin.alive:
            self._reactor.stop()

    def _leave(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._state is not None:
            self._tell.end(self._state)
            self._state.close()
        for asker in self._leaving:
            asker.close()
        self._reactor.close()
