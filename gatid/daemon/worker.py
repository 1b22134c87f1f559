"""A worker: one process that answers requests with the generation that the epoch names.

It prepares a candidate in a thread beside what it serves, says READY or FAILED, and turns to
it when the epoch moves: at the next request, or at COMMIT when none comes. What it replaces
is dropped when its last request has ended. At the end of the supervisor's socket, on STOP and
on SIGTERM it stops accepting, answers what is under way, and ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from gatid.daemon.board import Board
from gatid.daemon.holding import Duty, Hold, Holdings, News
from gatid.daemon.listener import Listener
from gatid.daemon.messages import (
    Abort,
    AskStat,
    Commit,
    Drained,
    Failed,
    FromWorker,
    Hello,
    Prepare,
    Ready,
    Restart,
    Restarted,
    Stat,
    Stop,
    Swapped,
    encode,
    receive,
)
from gatid.daemon.serving import PortServer
from gatid.daemon.store import read_plan
from gatid.daemon.verdict import Timing
from gatid.endpoint.link import LinkError, link
from gatid.endpoint.loading import LoadedCode, LoadError, load, plain
from gatid.errors import ModuleError
from gatid.ingress.gateway import Gateway
from gatid.observe import capture
from gatid.observe.logs import Log
from gatid.observe.pages import MeterPages
from gatid.policies.rate import RateTable
from gatid.services.host import Host
from gatid.services.secrets import needed
from gatid.services.topics import Inbox
from gatid.snapshots import Store
from gatid_compiler import plan_json
from gatid_compiler.manifest import Manifests

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine

    from gatid.endpoint.generation import Generation

_OURS = str(Path(__file__).parents[1]) + os.sep

_MARGIN = 2.0
"""What the end of a supervisor that died may take beyond the drain time."""

_SETTLE = 0.1
"""Between a generation's last request and its unloading: frames that still hold it end."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What the supervisor made before it forked."""

    board: Board
    listeners: tuple[Listener, ...]
    pages: MeterPages
    rates: RateTable
    base: Path
    max_header: int
    timing: Timing
    log: Log
    inboxes: tuple[Inbox, ...]
    state: Path


def run(setup: Setup, index: int, sock: socket.socket) -> int:
    """Be a worker until told to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    log = setup.log.bind(worker=index)
    capture.install(log)
    end = (sock.fileno(), setup.timing.drain + _MARGIN)
    threading.Thread(target=_end_with, args=end, name="gatid-end", daemon=True).start()
    return uvloop.run(_Worker(setup, index, sock, log).live())


class _Worker:
    def __init__(self, setup: Setup, index: int, sock: socket.socket, log: Log) -> None:
        self._setup = setup
        self._sock = sock
        self._log = log
        self._epoch = setup.board.epoch
        self._host = Host.create(
            base=setup.base, worker=index, pages=setup.pages, rates=setup.rates, log=log
        )
        meters = self._host.meters
        # The cells are this thread's, but nobody else writes these two, and one thread at a time.
        self._snapshots = Store(
            setup.state, log, meters.snapshots, meters.snapshots_dropped, sweeps=index == 0
        )
        self._holdings = Holdings()
        self._prepared: dict[int, Generation] = {}
        self._replaced: dict[int, Generation] = {}
        self._unused: list[LoadedCode] = []
        self._current: Generation | None = None
        self._gateway: Gateway | None = None
        self._servers: list[tuple[PortServer, asyncio.Task[None]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def live(self) -> int:
        """Serve until the supervisor, or its death, ends it."""
        self._loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()
        self._loop.add_signal_handler(signal.SIGTERM, self._ending.set)
        self._sock.setblocking(False)
        self._loop.add_reader(self._sock.fileno(), self._on_messages)
        self._say(Hello(os.getpid()))
        await self._ending.wait()
        await self._stop()
        return 0

    def _say(self, message: FromWorker) -> None:
        try:
            self._sock.send(encode(message))
        except (BlockingIOError, OSError):
            # A supervisor that reads nothing for so long, or is gone: end as at its death.
            self._ending.set()

    def _on_messages(self) -> None:
        while True:
            try:
                message = receive(self._sock)
            except BlockingIOError:
                return
            if message is None:
                self._loop.remove_reader(self._sock.fileno())
                self._ending.set()
                return
            match message:
                case Prepare():
                    if self._holdings.tell(message.gen, News.PREPARE) is Duty.BUILD:
                        self._build(message)
                case Abort(gen):
                    if self._holdings.tell(gen, News.ABORT) is Duty.DISCARD:
                        self._own(self._discard(self._prepared.pop(gen)))
                case Commit():
                    self._turn()
                case Restart():
                    self._own(self._restart(message))
                case AskStat():
                    self._say(self._stat())
                case Stop():
                    self._ending.set()

    def _own(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _build(self, message: Prepare) -> None:
        began = time.monotonic()

        def built(made: Generation | Failed) -> None:
            if not self._ending.is_set():
                self._own(self._start(message.gen, made, began))

        def build() -> None:
            made = self._make(message)
            with contextlib.suppress(RuntimeError):  # the loop is closed: the worker has ended
                self._loop.call_soon_threadsafe(built, made)

        threading.Thread(target=build, name=f"gatid-prepare-{message.gen}", daemon=True).start()

    def _make(self, message: Prepare) -> Generation | Failed:
        """Load and link, off the loop. Whatever is wrong is told to who asked."""
        try:
            plan = plan_json.loads(read_plan(Path(message.path), message.hash))
            # Before any file of the project runs, which might print one.
            self._host.secrets.of(plan.secrets).learn(needed(plan))
            code = load(plan.code, message.gen, message.hash, self._setup.base)
        except Exception as error:  # noqa: BLE001
            return self._failed(message.gen, error)
        try:
            manifests = Manifests(plan)
            return link(
                plan,
                message.gen,
                self._host,
                code,
                plan_id=message.hash,
                keeper=self._snapshots,
                manifest=lambda route, contract: manifests.of(route, contract).id,
            )
        except BaseException as error:  # noqa: BLE001
            failed = self._failed(message.gen, error)
        code.unload()
        return failed

    def _failed(self, gen: int, error: BaseException) -> Failed:
        """What the supervisor is told, which knows no secrets to look for."""
        failed = _failed(gen, error)
        scrubbed = self._host.log.output.scrubber.text
        return Failed(gen, scrubbed(failed.error), scrubbed(failed.traceback))

    async def _start(self, gen: int, made: Generation | Failed, began: float) -> None:
        """Start the modules of what was built, unless it was aborted meanwhile."""
        if not isinstance(made, Failed) and self._holdings[gen] is Hold.BUILDING:
            try:
                await made.start()
            except Exception as error:  # noqa: BLE001 - a module's start may raise anything
                failed = self._failed(gen, error)
                await self._discard(made)
                made = failed
        news = News.BROKE if isinstance(made, Failed) else News.BUILT
        duty = self._holdings.tell(gen, news)
        if isinstance(made, Failed):
            if duty is Duty.SAY_FAILED:
                self._say(made)
        elif duty is Duty.SAY_READY:
            self._prepared[gen] = made
            self._say(Ready(gen, (time.monotonic() - began) * 1000))
        else:
            await self._discard(made)

    async def _restart(self, message: Restart) -> None:
        """Start a module again, with the code that serves."""
        error = ""
        if self._current is None:
            error = "nothing is served yet"
        else:
            try:
                await self._current.restart(message.module)
            except ModuleError as fault:
                error = plain(str(fault))
        self._say(Restarted(message.number, error))

    async def _discard(self, generation: Generation) -> None:
        """Throw away what was never served."""
        await generation.stop()
        generation.code.unload()

    def _turn(self) -> None:
        """Serve what the epoch names, though no request came to notice."""
        if self._gateway is not None:
            self._gateway.advance()
        elif self._epoch[0] in self._prepared:
            self._listen(self._flip())

    def _flip(self) -> Generation:
        """Make the epoch's generation current, and the one before it drain."""
        gen = self._epoch[0]
        if self._holdings.tell(gen, News.COMMIT) is Duty.FLIP:
            before, self._current = self._current, self._prepared.pop(gen)
            self._host.meters.generation.set(gen)
            # Nothing is heard between the two, so that each event comes to one of them.
            self._current.begin()
            if before is not None:
                before.retire()
            self._host.topics.join(self._setup.inboxes, self._host.worker)
            self._say(Swapped(gen))
            for older in self._holdings.older(gen):
                self._replace(older, before)
        if self._current is None:
            raise RuntimeError(f"generation {gen} was committed before it was ready")
        return self._current

    def _replace(self, number: int, before: Generation | None) -> None:
        duty = self._holdings.tell(number, News.REPLACED)
        if duty is Duty.DISCARD:
            self._own(self._discard(self._prepared.pop(number)))
        elif duty is Duty.RETIRE and before is not None:
            self._replaced[number] = before
            if not before.inflight:
                self._loop.call_soon(self._on_idle, before)

    def _on_idle(self, generation: Generation) -> None:
        """The last request of a replaced generation has ended."""
        number = generation.number
        if not generation.inflight and self._holdings.tell(number, News.IDLE) is Duty.DROP:
            self._own(self._drop(number))

    async def _drop(self, number: int) -> None:
        generation = self._replaced.pop(number)
        await generation.stop()
        self._unused.append(generation.code)
        del generation
        await asyncio.sleep(_SETTLE)
        self._say(Drained(number, self._unload()))

    def _unload(self) -> tuple[str, ...]:
        """Unload the code of replaced generations, but while an instance that a newer one
        shares was made by it; the names of modules that something else still holds.
        """
        leaked: list[str] = []
        running = self._host.modules.running()
        for code in list(self._unused):
            if not any(code.owns(cls) for cls in running):
                self._unused.remove(code)
                leaked += code.unload()
        if leaked:
            self._log.warning("modules of a replaced plan are still held", modules=leaked)
        return tuple(leaked)

    def _listen(self, current: Generation) -> None:
        self._gateway = Gateway(
            self._epoch, current, self._flip, on_idle=self._on_idle, host=self._host
        )
        for listener in self._setup.listeners:
            server = PortServer(self._gateway, listener, self._setup.max_header)
            self._servers.append((server, self._loop.create_task(server.serve())))

    def _stat(self) -> Stat:
        current = self._current
        modules = current.modules() if current else {}
        return Stat(
            gen=current.number if current else 0,
            inflight=sum(g.inflight for g in (current, *self._replaced.values()) if g),
            draining=self._holdings.held(Hold.DRAINING),
            rss=_resident(),
            restarts={name: count for name, (_, count) in modules.items()},
            down=tuple(name for name, (up, _) in modules.items() if not up),
        )

    async def _stop(self) -> None:
        """Stop accepting, let requests end within the drain time, stop the modules."""
        for server, _ in self._servers:
            server.end()
        for listener in self._setup.listeners:
            listener.close(remove=False)
        tasks = [task for _, task in self._servers]
        if tasks:
            await asyncio.wait(tasks, timeout=self._setup.timing.drain)
        held = (self._current, *self._replaced.values(), *self._prepared.values())
        for generation in held:
            if generation is not None:
                await generation.stop()
        self._host.topics.close()
        self._snapshots.close()
        self._host.close()


def _end_with(sock: int, grace: float) -> None:
    """End this process when its supervisor is gone, though a handler holds the loop up."""
    hung_up = select.poll()
    hung_up.register(sock, 0)
    hung_up.poll()
    time.sleep(grace)
    os.kill(os.getpid(), signal.SIGKILL)


def _failed(gen: int, error: BaseException) -> Failed:
    if isinstance(error, LoadError):
        return Failed(gen, str(error), error.traceback)
    if isinstance(error.__cause__, LoadError):
        return Failed(gen, str(error), error.__cause__.traceback)
    return Failed(gen, plain(str(error)) or type(error).__name__, plain(_traceback(error)))


def _traceback(error: BaseException) -> str:
    """Where a fault was made, told without the frames of ours that lead there."""
    while isinstance(error, (LinkError, ModuleError)) and error.__cause__ is not None:
        error = error.__cause__
    place = error.__traceback__
    while place is not None and place.tb_frame.f_code.co_filename.startswith(_OURS):
        place = place.tb_next
    return "".join(traceback.format_exception(type(error), error, place or error.__traceback__))


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
