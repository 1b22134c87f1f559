"""`isolate process`: the module is an object of another process, which the kernel confines.

Each worker has one such process for a module. What is declared is kept here: the process asks
for secrets, other modules and topics over its socket, and this side answers as `mctx` does.
It never runs the code of an isolated module.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from gatid.errors import ModuleCrashedError, ModuleError
from gatid.observe.logs import LEVELS
from gatid.services.isolation.child import Child
from gatid.services.isolation.faults import raised
from gatid.services.isolation.kernel import Kernel
from gatid.services.isolation.offer import offer
from gatid.services.isolation.questions import Questions
from gatid.services.isolation.values import pack
from gatid.services.isolation.wire import AT_ONCE, Kind, Wire
from gatid.services.modules.running import Calls, ElsewhereError, Method

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatid.services.modules.running import Asked, Call
    from gatid_compiler.plan import Isolation, Module

PING = 5.0
"""Seconds between questions whether it is there; it hangs when one is open for as long."""

_NOTHING = pack(None)
_GOODBYE = 1.0
_THREADS = 1_000
"""No limit of the kernel counts those of one process; they are looked at with each `PING`."""
_OURS = frozenset(("module", "worker"))
_LINE = 4 << 10
_TOLD = 1_000
"""Log lines and metrics a second; who has more to tell is listened to more slowly."""


class IsolatedModule:
    """A module in a process of its own, as `running.Running` describes it."""

    def __init__(self, asked: Asked) -> None:
        isolation = asked.module.isolation
        if isolation is None:
            raise TypeError("a module that has a process of its own says so")
        self._loop = asyncio.get_running_loop()
        self.calls = Calls(asked.module.name)
        self.died: asyncio.Future[str] = self._loop.create_future()
        self.methods: Mapping[str, Method] = {}
        self.has_health = False
        self._asked = asked
        self._isolation: Isolation = isolation
        self._name = asked.module.name
        self._ping = PING
        self._wire = Wire(self._on_frame, self._on_lost)
        self._questions = Questions(asked.context, self._wire)
        self._child: Child | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._waiting: dict[int, tuple[Kind, asyncio.Future[tuple[Kind, Any]]]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._number = 0
        self._timer: asyncio.TimerHandle | None = None
        self._closed: asyncio.TimerHandle | None = None
        self._unanswered = 0
        self._ending = False
        self._gone: str | None = None
        self._wrong: str | None = None
        self._told = 0
        self._refill: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The process id, None when there is no process."""
        return None if self._child is None or self._gone is not None else self._child.pid

    async def start(self) -> None:
        """Starts the process, in which the module is loaded, built and started."""
        kernel = Kernel.here()
        begin = offer(self._asked, self._isolation, kernel)
        for lack in kernel.lacking(network=bool(begin.ports)):
            self._asked.context.log.warning("a module is not wholly confined", reason=lack)
        child = self._child = Child(self._printed)
        child.ended.add_done_callback(lambda how: self._on_end(how.result()))
        try:
            try:
                await self._loop.create_unix_connection(lambda: self._wire, sock=child.socket)
            except BaseException:
                child.socket.close()
                raise
            self._wire.send(Kind.BEGIN, 0, begin.plain())
            await self._ready
        except BaseException:
            child.kill()
            await self._end()
            raise
        self._timer = self._loop.call_later(self._ping, self._beat)

    def method(self, name: str) -> Call:
        """A method of the object in the other process."""
        what = f"`{name}`"

        async def call(*args: Any, **kwargs: Any) -> Any:
            data = pack([name, list(args), kwargs])
            self.calls.enter()
            kind, parts = await self._asked_of(Kind.CALL, data)
            if kind is Kind.RESULT:
                return parts
            raise self._raised(what, parts)

        return call

    async def health(self) -> bool:
        """What the module says of itself; only `False` means that it is not well."""
        kind, parts = await self._asked_of(Kind.HEALTH, _NOTHING)
        if kind is Kind.ERROR:
            raise self._elsewhere("`health`", parts)
        return parts is not False

    async def stop(self) -> None:
        """Lets the module stop, and ends its process."""
        try:
            kind, parts = await self._asked_of(Kind.STOP, _NOTHING)
        finally:
            await self._end()
        if kind is Kind.ERROR:
            raise self._elsewhere("`stop`", parts)

    async def _asked_of(self, kind: Kind, data: bytes) -> tuple[Kind, Any]:
        """What the process replies, in its turn. Cancelled here, it is cancelled there."""
        try:
            await self._turns.acquire()
        except BaseException:
            self._left(kind)
            raise
        self._number = number = self._number % 0xFFFFFFFF + 1
        reply = self._loop.create_future()
        self._waiting[number] = kind, reply
        try:
            if self._gone is not None:
                raise ModuleCrashedError(self._name, self._gone)
            self._wire.send_packed(kind, number, data)
        except BaseException:
            self._done(number)
            raise
        try:
            if self._wire.full:
                await self._wire.room()
            answered: tuple[Kind, Any] = await reply
        except asyncio.CancelledError:
            # It counts as under way until the other side says that it has ended.
            if number in self._waiting:
                self._wire.send(Kind.CANCEL, number, None)
                reply.cancel()
            raise
        return answered

    def _done(self, number: int) -> asyncio.Future[tuple[Kind, Any]]:
        """What waits for a reply, which has come. Raises `KeyError`."""
        kind, reply = self._waiting.pop(number)
        self._turns.release()
        self._left(kind)
        return reply

    def _left(self, kind: Kind) -> None:
        if kind is Kind.CALL:
            self.calls.leave()

    def _raised(self, what: str, parts: Any) -> BaseException:
        try:
            error = raised(self._name, what, parts)
        except (ValueError, TypeError):
            self._wire.close("it sent what is no exception")
            return ModuleCrashedError(self._name, "it sent what is no exception")
        if isinstance(error, asyncio.CancelledError):
            return ModuleError(self._name, f"{what} waited for something that was cancelled")
        return error

    def _elsewhere(self, what: str, parts: Any) -> ElsewhereError:
        error = self._raised(what, parts)
        text = str(error).removeprefix(f"module `{self._name}`: ").removeprefix(f"{what} raised ")
        found = ElsewhereError(text)
        for note in getattr(error, "__notes__", ()):
            found.add_note(note)
        return found

    def _on_frame(self, kind: Kind, number: int, value: Any) -> None:
        try:
            self._heard(kind, number, value)
        except (ValueError, TypeError, KeyError, AttributeError):
            self._wire.close("it sent what makes no sense")

    def _heard(self, kind: Kind, number: int, value: Any) -> None:
        match kind:
            case Kind.RESULT | Kind.ERROR if number:
                reply = self._done(number)
                if not reply.done():
                    reply.set_result((kind, value))
            case Kind.READY if not self._ready.done():
                self.methods = {name: _method(name, *rest) for name, *rest in value["methods"]}
                self.has_health = value["health"] is True
                self._ready.set_result(None)
            case Kind.ERROR if not self._ready.done():
                self._ready.set_exception(self._elsewhere("it", value))
            case Kind.PONG:
                self._listened()
                self._unanswered = 0
            case Kind.ASK:
                self._questions.ask(number, value)
            case Kind.GIVE_UP:
                if not self._questions.give_up(number):
                    self._listened()
            case Kind.LOG:
                self._listened()
                level, message, fields = value
                if level not in LEVELS:
                    raise ValueError("it is no level")
                own = {name: each for name, each in dict(fields).items() if name not in _OURS}
                self._asked.context.log.event(level, str(message), own)
            case Kind.METRIC:
                self._listened()
                self._count(*value)
            case _:
                raise ValueError("it is not for a module to say")

    def _count(self, word: str, name: str, number: float, labels: dict[str, object]) -> None:
        metrics = self._asked.context.metrics
        try:
            match word:
                case "counter":
                    metrics.counter(name, number, labels)
                case "gauge":
                    metrics.gauge(name, number, labels)
                case _:
                    metrics.histogram(name, number, labels)
        except ValueError as error:
            self._asked.context.log.warning("a metric was not taken", reason=str(error))

    def _printed(self, line: str) -> None:
        self._asked.context.log.info(line, stream="output")

    def _listened(self) -> None:
        """Counts what it tells; beyond the measure, it is not read before a second has passed."""
        self._told += 1 + self._wire.size // _LINE
        if self._refill is None:
            self._refill = self._loop.call_later(1.0, self._refilled)
        if self._told >= _TOLD:
            self._wire.rest()

    def _refilled(self) -> None:
        self._refill = None
        self._told = 0
        self._wire.go_on()

    def _beat(self) -> None:
        threads = 0 if self._child is None else self._child.threads()
        if threads > _THREADS:
            self._fail(f"it had {threads} threads, more than {_THREADS}")
            return
        if self._told >= _TOLD or not self._unanswered:
            # What it has more to tell than is read at once hides its answer, too.
            self._unanswered = 1
            self._wire.send(Kind.PING, 0, None)
            wait = self._ping
        elif self._unanswered == 1:
            # It may have been this loop that hung; then its answer is there to be read.
            self._unanswered = 2
            wait = self._ping / 5
        else:
            self._fail(f"it did not answer for {self._ping:g} s")
            return
        self._timer = self._loop.call_later(wait, self._beat)

    def _fail(self, wrong: str) -> None:
        self._wrong = self._wrong or wrong
        if self._child is not None:
            self._child.kill()

    def _on_lost(self, wrong: str | None) -> None:
        """The socket is closed: whatever the process still does, nobody hears of it."""
        if wrong is not None:
            self._fail(wrong)
        elif self._child is not None and not self._child.ended.done():
            # Its end closes the socket, too, and may be noticed after that.
            self._closed = self._loop.call_later(_GOODBYE, self._fail, "it closed its socket")

    def _on_end(self, how: str) -> None:
        self._gone = self._wrong or how
        for timer in (self._timer, self._refill, self._closed):
            if timer is not None:
                timer.cancel()
        self._wire.close()
        self._questions.end()
        crashed = ModuleCrashedError(self._name, self._gone)
        for number in list(self._waiting):
            reply = self._done(number)
            if not reply.done():
                reply.set_exception(crashed)
        if not self._ready.done():
            self._ready.set_exception(ElsewhereError(self._gone))
            self._ready.exception()  # who waited may have gone
        if not self._ending and not self.died.done():
            self.died.set_result(self._gone)

    async def _end(self) -> None:
        """Ends the process, kindly while that is quick, and returns when it has ended."""
        self._ending = True
        child = self._child
        if child is None:
            return
        self._wire.close()
        try:
            await asyncio.wait([child.ended], timeout=_GOODBYE)
        finally:
            child.kill()
            await asyncio.wait([child.ended])


def _method(name: Any, kind: Any, idempotent: Any) -> Method:
    """A method as the process says that it has it. Raises `ValueError`."""
    if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
        raise ValueError("it is no name of a method")
    if kind not in ("sync", "async", "generator"):
        raise ValueError("it is no kind of method")
    return Method(name, kind, idempotent is True)


def require(module: Module) -> None:
    """Raises `ModuleError` when this machine cannot confine a module that is `strict`."""
    if module.isolation is None or not module.isolation.strict:
        return
    lacking = Kernel.here().lacking(network=bool(module.network))
    if lacking:
        raise ModuleError(
            module.name,
            f"it is `isolate process strict`, and cannot be confined here: {'; '.join(lacking)}",
        )
