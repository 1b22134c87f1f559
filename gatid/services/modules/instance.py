"""A module that is kept running: watched, started again when it fails, replaced when asked.

    starting ──▶ running ──asked──▶ the next one starts ──▶ running (the old one ends)
                    │ died, unwell                  └─fails─▶ running (the old one goes on)
                    ▼
                  down ──wait, start──▶ running
                    └──fails: wait twice as long──▶ down

Calls go to what runs. While it is down they raise `ModuleUnavailableError` at once. Whatever is
replaced ends after its last call, so a call is never moved from one to the other.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatid.errors import ModuleError, ModuleUnavailableError
from gatid.observe.capture import trace
from gatid.services.modules.running import ElsewhereError
from gatid.services.modules.within import ExpiredError, within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatid.observe.logs import Log
    from gatid.services.modules.running import Call, Method, Running


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `start` bounds building and starting; `stop` the last calls, and again `stop`.

    A module that failed waits `first` before it is started again, then twice as long each time,
    up to `longest`; when it had run for `steady`, the wait is `first` again.
    """

    start: float = 30.0
    stop: float = 10.0
    first: float = 0.1
    longest: float = 30.0
    steady: float = 60.0


@dataclass(frozen=True, slots=True)
class Checks:
    """How health is asked for: each `every` seconds, bounded by `timeout`; after `failures` in
    a row the module is started again.
    """

    every: float = 10.0
    timeout: float = 5.0
    failures: int = 3


class Instance:
    """A module under one fingerprint, whatever runs it at the moment.

    `bound` has its `methods` by name, as calls reach them: the dictionary stays the same when what
    runs is replaced. `slots` bounds how many calls run at once.
    `code` is the class that has to stay loaded for it, None when it is loaded elsewhere. `agreed`
    raises `ModuleError` for what was started and is not what was declared.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Running],
        *,
        code: type | None,
        checks: Checks,
        pace: Pace,
        log: Log,
        agreed: Callable[[Running], None],
        concurrency: int | None = None,
    ) -> None:
        self.name = name
        self.code = code
        self.held = 0
        self.bound: dict[str, Call] = {}
        self.methods: Mapping[str, Method] = {}
        self.slots = None if concurrency is None else asyncio.Semaphore(concurrency)
        self.restarts = 0
        self._make = make
        self._agreed = agreed
        self._checks = checks
        self._pace = pace
        self._log = log.bind(module=name)
        self._running: Running | None = None
        self._since = 0.0
        self._wait = pace.first
        self._wake = asyncio.Event()
        self._asking: list[asyncio.Future[None]] = []
        self._served: list[asyncio.Future[None]] = []
        self._retiring: set[asyncio.Task[None]] = set()
        self._owner: asyncio.Task[None] | None = None

    @property
    def up(self) -> bool:
        """Whether calls reach it."""
        return self._running is not None

    async def start(self) -> None:
        """Starts it for the first time; raises `ModuleError`."""
        self._turn(await self._started())
        self._owner = asyncio.create_task(self._live(), name=f"gatid-module-{self.name}")

    async def restart(self) -> None:
        """Starts another one in its place; calls under way end on the one they began with.

        Raises `ModuleError` when that does not start; what runs goes on then.
        """
        if self._owner is None or self._owner.done():
            raise ModuleError(self.name, "it does not run")
        done = asyncio.get_running_loop().create_future()
        self._asking.append(done)
        self._wake.set()
        await done

    async def end(self) -> None:
        """Stops it after its last call; returns when nothing of it is left."""
        if self._owner is not None:
            self._owner.cancel()
            await asyncio.wait([self._owner])
        self._served += self._asking
        self._answer(ModuleError(self.name, "it is stopped"))
        if self._running is not None:
            self._retire(self._running)
            self._running = None
        while self._retiring:
            await asyncio.wait(self._retiring)

    async def well(self) -> bool:
        """Whether it runs and says that it is well; one that says nothing is."""
        return self._running is not None and await self._well(self._running)

    async def _live(self) -> None:
        while True:
            running = self._running
            if running is None:
                await self._revive()
                continue
            why = await self._fault(running)
            if why is not None:
                self._down(running, why)
            elif self._wake.is_set():
                await self._replace()

    async def _fault(self, running: Running) -> str | None:
        """Returns when something is to be done: why it is not well, None for all else."""
        failures = 0
        every = self._checks.every if running.has_health else None
        wake = asyncio.ensure_future(self._wake.wait())
        try:
            while True:
                waited: list[asyncio.Future[Any]] = [running.died, wake]
                await asyncio.wait(waited, timeout=every, return_when=asyncio.FIRST_COMPLETED)
                if wake.done() or running.died.done():
                    return None
                failures = 0 if await self._well(running) else failures + 1
                if failures >= self._checks.failures and not running.died.done():
                    return f"it was not well {failures} times in a row"
        finally:
            wake.cancel()

    async def _well(self, running: Running) -> bool:
        if running.died.done():
            return False
        if not running.has_health:
            return True
        try:
            return await within(self._checks.timeout, running.health())
        except Exception as error:  # noqa: BLE001  # however it fails, it is not well
            self._log.warning("a module's health check failed", reason=said(error))
            return False

    async def _replace(self) -> None:
        """Starts another one because somebody asked."""
        self._serve()
        try:
            fresh = await self._started()
        except ModuleError as error:
            self._answer(error)
            return
        if self._running is not None:
            self._retire(self._running)
        self._turn(fresh)
        self._log.info("a module was started again because it was asked for")
        self._answer(None)

    def _died(self, running: Running) -> None:
        if running is self._running:
            self._down(running, running.died.result())

    def _down(self, running: Running, why: str) -> None:
        self._running = None
        message = f"{why}, and it is being started again"
        self.bound.update({name: _refusal(self.name, message) for name in self.bound})
        lived = asyncio.get_running_loop().time() - self._since
        self._wait = self._pace.first if lived >= self._pace.steady else self._wait
        self._log.error("a module failed and is started again", reason=why)
        if not running.died.done():
            self._retire(running)

    async def _revive(self) -> None:
        """One more attempt to start it, after a wait that somebody who asks cuts short."""
        try:
            async with asyncio.timeout(self._wait):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._serve()
        self._wait = min(self._wait * 2, self._pace.longest)
        try:
            fresh = await self._started()
        except ModuleError as error:
            self._log.error("a module could not be started again", reason=str(error))
            self._answer(error)
            return
        self._turn(fresh)
        self._log.warning("a module that had failed runs again")
        self._answer(None)

    def _turn(self, fresh: Running) -> None:
        if self._running is not None or self.bound:
            self.restarts += 1
        self._running = fresh
        self._since = asyncio.get_running_loop().time()
        self.methods = fresh.methods
        self.bound.update({name: fresh.method(name) for name in fresh.methods})
        fresh.died.add_done_callback(lambda _: self._died(fresh))

    def _serve(self) -> None:
        """From here on whoever asks is for the next one."""
        self._served, self._asking = self._asking, []
        self._wake.clear()

    def _answer(self, error: ModuleError | None) -> None:
        for done in self._served:
            if done.done():
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

    async def _started(self) -> Running:
        running = self._make()
        begun = given_up = False

        async def begin() -> None:
            nonlocal begun
            await running.start()
            begun = True
            if given_up:
                self._retire(running)

        try:
            await within(self._pace.start, begin())
        except BaseException as error:
            # It may have started while it was given up, or do so later.
            given_up = True
            if begun:
                self._retire(running)
            if isinstance(error, ExpiredError):
                late = f"it did not start within {self._pace.start:g} s"
                raise ModuleError(self.name, late) from error
            if isinstance(error, Exception):
                raise ModuleError(self.name, f"it did not start: {said(error)}") from error
            raise
        try:
            self._agreed(running)
        except ModuleError:
            self._retire(running)
            raise
        return running

    def _retire(self, running: Running) -> None:
        task = asyncio.create_task(self._stop(running), name=f"gatid-module-end-{self.name}")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _stop(self, running: Running) -> None:
        """Ends what nothing calls any more, after its last call, within the bounds."""
        try:
            async with asyncio.timeout(self._pace.stop):
                await running.calls.idle()
        except TimeoutError:
            self._log.warning("a module is stopped while calls run")
        running.calls.stopped = True
        if running.died.done():
            return
        try:
            await within(self._pace.stop, running.stop())
        except Exception as error:  # noqa: BLE001  # the others are yet to be stopped
            self._log.error("a module did not stop well", traceback=trace(error))


def said(error: Exception) -> str:
    """What an error says, with its kind."""
    if isinstance(error, ExpiredError):
        return "it took too long"
    if isinstance(error, ElsewhereError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _refusal(module: str, message: str) -> Call:
    async def call(*args: Any, **kwargs: Any) -> Any:
        del args, kwargs
        raise ModuleUnavailableError(module, message)

    return call
