"""When a request does not go well: whose fault it is, what the client is told, what is logged.

This is the slow path of every contract; the generated code comes here with whatever was
raised, and gets back the status that went out.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from gatid.endpoint.answers import (
    AnswerError,
    Answers,
    CarryError,
    Settled,
    against,
    of_problem,
)
from gatid.endpoint.crossing import NotCrossedError
from gatid.endpoint.send import StreamError, send
from gatid.errors import HTTPError, ModuleTimeoutError, ModuleUnavailableError
from gatid.ingress import body
from gatid.ingress.headers import BadHeaderError
from gatid.ingress.problem import CONTENT_TYPE, ProblemError, of_http_error, slug
from gatid.ingress.response import Response
from gatid.ingress.rsgi import ProtocolClosed, ProtocolError
from gatid.ingress.trace_context import continue_trace
from gatid.lifecycle.controller import State
from gatid.lifecycle.hooks import BoundHook, HookTimeoutError
from gatid.lifecycle.local_hooks import call, run_catch
from gatid.observe.capture import trace
from gatid.services.secrets import MissingSecretsError, SecretUnavailableError
from gatid_compiler.gtypes.faults import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatid.ingress.deadline import Deadlines, Watch
    from gatid.ingress.request import Request
    from gatid.ingress.rsgi import Headers, HTTPProtocol, Scope
    from gatid.lifecycle.request_life import RequestLife
    from gatid.observe.logs import Log

CATCH_GRACE: Final = 5.0
"""Seconds that catch hooks may take, whatever was left of the request's own time."""

CLIENT_GONE: Final = 499
"""What requests are counted as whose client did not wait; nothing is sent."""


class DeadlineError(TimeoutError):
    """What catch hooks see of a request that took longer than its route's `timeout`."""


class _GoneError(Exception):
    """The client went away while a catch hook ran: nobody is left to be answered."""


STUCK: Final = ProblemError(504, slug(504), "the request took too long")
"""What a client is told whose handler or catch hook does not end when it is cancelled."""

LATE = asyncio.CancelledError
"""Raised in place of a cancellation that user code swallowed; the watch says what it was."""


class Stuck:
    """Answers for a task that ignores its cancellation; it is cancelled again until it ends."""

    __slots__ = ("_log",)

    def __init__(self, log: Log) -> None:
        self._log = log

    def __call__(self, watch: Watch) -> None:
        if watch.proto is None:
            return
        self._log.error(
            "a handler or a hook ignores its cancellation; its client was answered for it",
            request_id=watch.request_id,
        )
        fields = [CONTENT_TYPE, ("x-request-id", watch.request_id)]
        with contextlib.suppress(ProtocolClosed, ProtocolError):
            watch.proto.response_bytes(STUCK.status, fields, STUCK.body(watch.request_id))


class Faults:
    """The slow path of one contract, or of requests that reached none (`route` is "")."""

    __slots__ = (
        "_answers",
        "_catch",
        "_deadlines",
        "_fields",
        "_gctx",
        "_log",
        "_route",
        "_timeout",
    )

    def __init__(
        self,
        route: str,
        log: Log,
        deadlines: Deadlines,
        fields: tuple[tuple[tuple[str, str], ...], ...] = (),
        answers: Answers | None = None,
        catch: tuple[BoundHook, ...] = (),
        gctx: Any = None,
        timeout: float = 0.0,
    ) -> None:
        self._route = route
        self._log = log
        self._deadlines = deadlines
        self._fields = fields
        self._answers = answers
        self._catch = catch
        self._gctx = gctx
        self._timeout = timeout

    async def failed(
        self,
        error: BaseException,
        scope: Scope,
        proto: HTTPProtocol,
        headers: Headers,
        request_id: str,
        release: int,
        watch: Watch | None = None,
        req: Request | None = None,
        lctx: RequestLife | None = None,
    ) -> int:
        """Answers for an error; re-raises those that are not about the request."""
        if isinstance(error, StreamError):
            return self._broken(error, request_id)
        if isinstance(error, asyncio.CancelledError) and lctx is not None and watch is not None:
            _spared(watch)
        seen = self._seen(error, watch, handling=lctx is not None)
        if seen is None:
            return CLIENT_GONE
        if lctx is not None:
            lctx.reached(State.CATCH, error=seen)
        settled = None
        if lctx is not None and req is not None:
            try:
                settled = await self._caught(seen, request_id, watch, req, lctx, release)
            except _GoneError:
                return CLIENT_GONE
        if settled is None:
            settled = self._told(seen, request_id)
        if watch is not None and watch.answered:
            return STUCK.status
        if lctx is not None and watch is not None:
            if watch.task.cancelling():
                # A catch hook cancelled the request, and ended before it could see that.
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)
                _spared(watch)
            if settled.streams:
                self._deadlines.unbounded(watch)
            else:
                self._deadlines.leave(watch)
            # Past its deadline a request has no time left but for its answer.
            if not (settled.streams or isinstance(seen, DeadlineError)):
                lctx.reached(State.END)
                if lctx.pending:
                    await lctx.end(settled.status >= 400)
            lctx.reached(State.SEND, settled.status)
        more = [("x-request-id", request_id)]
        if self._fields:
            more.extend(self._fields[release])
        if req is not None and req.traced:
            more.append(("traceparent", req.trace.header))
        elif "traceparent" in headers:
            states = headers.get_all("tracestate")
            parents = headers.get_all("traceparent")
            more.append(("traceparent", continue_trace(parents, states).header))
        try:
            await send(proto, scope.method, settled, more)
        except StreamError as broken:
            return self._broken(broken, request_id)
        except asyncio.CancelledError:
            if watch is None or watch.fired != "gone":
                raise
            watch.settle()
            return CLIENT_GONE
        if lctx is None and not (watch is not None and watch.fired):
            await body.linger(proto, headers, self._deadlines)
        if watch is not None and watch.spared:
            watch.cancel_again()
        return settled.status

    def _broken(self, error: StreamError, request_id: str) -> int:
        self._blame("the stream of an answer failed", error.__cause__ or error, request_id)
        return 500

    def _seen(
        self, error: BaseException, watch: Watch | None, *, handling: bool
    ) -> BaseException | None:
        """What the error means; None when the client has gone."""
        if watch is not None and watch.fired:
            watch.settle()
            if watch.fired == "gone":
                return None
            if not handling:
                return body.stalled()
            return DeadlineError(f"`{self._route}` took longer than {self._timeout:g} s")
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            # Nobody cancelled this request, so the handler waited for something cancelled.
            if task is not None and not task.cancelling():
                return error
            raise error
        if _thrown_away(error, watch):
            raise error
        if isinstance(error, ProtocolClosed):
            return None if handling else body.truncated()
        return _alone(error)

    async def _caught(
        self,
        error: BaseException,
        request_id: str,
        watch: Watch | None,
        req: Request,
        lctx: RequestLife,
        release: int,
    ) -> Settled | None:
        """The answer of the catch hooks, local ones first; None when none answered."""
        if not (self._catch or lctx.catch_hooks):
            return None
        res = Response()
        due = lctx.deadline
        if watch is not None:
            watch.fired = ""
            self._deadlines.extend(watch, CATCH_GRACE)
            lctx.deadline = watch.due
        while lctx.catch_hooks:
            local = run_catch(lctx, error, req, res, self._gctx)
            await self._guarded(request_id, watch, res, local)
        for hook in self._catch:
            run = call(hook, error, req, res, self._gctx, lctx)
            await self._guarded(request_id, watch, res, run)
        lctx.deadline = due
        if not res.answered or self._answers is None:
            return None
        self._log_fault(error, request_id)
        try:
            return self._answers.settle(res, request_id, release)
        except (AnswerError, CarryError) as fault:
            self._blame("a catch hook's answer was refused", fault, request_id)
            return of_problem(_PROBLEMS[type(fault)](), request_id)

    async def _guarded(self, request_id: str, watch: Watch | None, res: Response, run: Any) -> None:
        """Runs a catch hook. An `HTTPError` that it raises is its answer; whatever else it raises
        is logged. The next one runs.
        """
        try:
            try:
                await run
            except HTTPError as error:
                res.problem(error.status, error.title, detail=error.detail)
        except asyncio.CancelledError as error:
            if watch is not None and watch.fired:
                watch.settle()
                if watch.fired == "gone":
                    raise _GoneError from None
                watch.fired = ""
            elif watch is not None:
                _spared(watch)
            self._blame("a catch hook was cancelled", error, request_id)
        except BaseException as error:
            if _thrown_away(error, watch):
                raise
            self._blame("a catch hook failed", error, request_id)

    def _told(self, error: BaseException, request_id: str) -> Settled:
        """The problem that the client is told of."""
        self._log_fault(error, request_id)
        if isinstance(error, ProblemError):
            return of_problem(error, request_id)
        if isinstance(error, HTTPError) and 400 <= error.status <= 599:
            if self._answers is None:
                return of_problem(self._scrubbed(error), request_id)
            members = {"title": error.title}
            if error.detail is not None:
                members["detail"] = error.detail
            return self._answers.problem(error.status, members, [], request_id)
        return of_problem(_PROBLEMS.get(type(error), _internal)(), request_id)

    def _scrubbed(self, error: HTTPError) -> ProblemError:
        text = self._log.output.scrubber.text
        detail = None if error.detail is None else text(error.detail)
        return of_http_error(HTTPError(error.status, text(error.title), detail=detail))

    def _log_fault(self, error: BaseException, request_id: str) -> None:
        if isinstance(error.__cause__, NotCrossedError):
            # Whose contract it is stands in the fault of an answer.
            told = f"{error}: " if isinstance(error, CarryError) else ""
            self._not_crossed(f"{told}{error.__cause__}", error.__cause__, request_id)
            return
        if isinstance(error, (HTTPError, ProblemError)):
            return
        if isinstance(error, (DeadlineError, HookTimeoutError, ModuleTimeoutError)):
            self._log.warning(str(error), request_id=request_id, route=self._route)
        elif isinstance(error, _PLAIN):
            self._log.error(str(error), request_id=request_id, route=self._route)
        elif isinstance(error, Invalid):
            self._log.error(against(error), request_id=request_id, route=self._route)
        else:
            self._blame("a handler raised", error, request_id)

    def _not_crossed(self, told: str, error: NotCrossedError, request_id: str) -> None:
        """A function of the project that carries values between versions may be at fault."""
        found: dict[str, str] = {}
        if error.__cause__ is not None:
            found["traceback"] = trace(error.__cause__)
        self._log.warning(told, request_id=request_id, route=self._route, **found)

    def _blame(self, message: str, error: BaseException, request_id: str) -> None:
        self._log.error(message, request_id=request_id, route=self._route, traceback=trace(error))


def _spared(watch: Watch) -> None:
    """Somebody cancelled the request but us: its own code, or who ends the worker. Its client is
    answered first; then it is cancelled again.
    """
    if not watch.fired and watch.task.cancelling():
        watch.settle()
        watch.spared = True


def _thrown_away(error: BaseException, watch: Watch | None) -> bool:
    """Whether the coroutine is closed by whoever has it: nothing can be awaited any more."""
    running = watch is not None and watch.task is asyncio.current_task()
    return isinstance(error, GeneratorExit) and not running


def _alone(error: BaseException) -> BaseException:
    """The `HTTPError` that a group of exceptions holds, if that is all it holds."""
    inner = error
    while isinstance(inner, BaseExceptionGroup) and len(inner.exceptions) == 1:
        inner = inner.exceptions[0]
    return inner if isinstance(inner, HTTPError) else error


def _internal() -> ProblemError:
    return ProblemError(500, "internal", "internal error")


def _answer_problem() -> ProblemError:
    return ProblemError(500, "bad-answer", "the answer was not what the route declares")


def _carry_problem() -> ProblemError:
    return ProblemError(
        502, "answer-not-carried", "the answer could not be carried back to this version"
    )


def _no_keys() -> ProblemError:
    return ProblemError(
        503,
        "unavailable",
        "credentials cannot be checked at the moment",
        headers=(("retry-after", "5"),),
    )


def _no_module() -> ProblemError:
    return ProblemError(
        503,
        "unavailable",
        "a part of the service is being started again",
        headers=(("retry-after", "1"),),
    )


def _late() -> ProblemError:
    return ProblemError(504, slug(504), "the request took too long")


_PLAIN = (
    AnswerError,
    CarryError,
    BadHeaderError,
    ModuleUnavailableError,
    SecretUnavailableError,
)
"""What says all there is to say: where it was raised helps nobody."""

_PROBLEMS: Mapping[type[BaseException], Callable[[], ProblemError]] = {
    AnswerError: _answer_problem,
    BadHeaderError: _answer_problem,
    Invalid: _answer_problem,
    CarryError: _carry_problem,
    DeadlineError: _late,
    HookTimeoutError: _late,
    ModuleTimeoutError: _late,
    ModuleUnavailableError: _no_module,
    SecretUnavailableError: _no_keys,
    MissingSecretsError: _no_keys,
}
