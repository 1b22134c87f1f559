"""A local context as the controller has it: it adopts tasks, ends with its request, and closes."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from gatid.lifecycle.ending import GRACE, Ending, failure
from gatid.lifecycle.local_context import CLOSED, ENDED_DATA, LocalContext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid.lifecycle.controller import State
    from gatid.lifecycle.ending import Function, What
    from gatid.lifecycle.local_context import Asked, Surroundings
    from gatid.lifecycle.tasks import Made


class RequestLife(LocalContext):
    """What the generated code makes for each request. Handlers know it as a `LocalContext`."""

    __slots__ = ("_ending",)

    def __init__(self, request: Asked, around: Surroundings, deadline: float | None = None) -> None:
        super().__init__(request, around, deadline)
        self._ending: Ending | None = None

    def adopt(self, task: asyncio.Task[Any], made: Made) -> None:
        """Is told of every task that this request makes, by the loop's task factory."""
        if self._data is ENDED_DATA:
            task.cancel()
            self.outlived(task, made)
            return
        if self._tasks is None:
            self._tasks = {}
            self.pending = True
        self._tasks[task] = made
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        if self._tasks is not None:
            self._tasks.pop(task, None)

    async def end(self, failed: bool) -> None:
        """Begins the end before the answer is sent, and waits for it as long as there is time."""
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # Its code cancelled it, and has not seen that yet: it fails here, before it ends.
            await asyncio.sleep(0)
        ending = self._begin(failed, GRACE)
        done = ending.at_once()
        if task is not None and task.cancelling():
            # A cleanup cancelled it, which is too late to change the answer.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
            while task.cancelling():
                task.uncancel()
        if not done:
            left = self.remaining
            await ending.until_answer(GRACE if left is None else left)

    async def finish(self, failed: bool, grace: float = GRACE) -> None:
        """Ends the request: compensation in reverse if it failed, then cleanup in reverse.

        Its tasks are cancelled first, those that these functions make at last. All of it may
        take `grace` seconds. If the caller is cancelled, what is left still runs first.
        """
        ending = self._begin(failed, grace)
        cancelled = False if ending.at_once() else await ending.whole()
        self.close()
        if cancelled:
            raise asyncio.CancelledError

    def close(self) -> None:
        """The request has ended: whoever still holds its context is refused from now on."""
        self._data = ENDED_DATA
        self._listeners = self._tasks = None
        self._undo = self._compensations = CLOSED
        self.pending = False

    def reached(
        self, state: State, status: int | None = None, error: BaseException | None = None
    ) -> None:
        """Of a request that nobody watches nothing is told."""

    def began(self, what: What, name: str) -> None:
        """Compensation or cleanup is about to be called."""

    def ran(self, what: What, name: str, error: BaseException | None) -> None:
        """Compensation or cleanup has ended; a fault of it is logged and counted."""
        if error is None:
            return
        message, fields = failure(what, name, error)
        counts = self._around.counts
        counts.local_faults.add()
        if what == "compensation":
            # What was done for a request that failed still stands: somebody must look.
            counts.compensation_faults.add()
            self.log.alert(message, **fields)
        else:
            self.log.error(message, **fields)

    def outlived(self, task: asyncio.Task[Any], made: Made) -> None:
        """A task was cancelled, because it outlived its request."""
        self._around.counts.outlived_tasks.add()
        self.log.warning(
            "a task outlived its request and was cancelled",
            task=made.function,
            name=task.get_name(),
            made=made.place,
        )

    def outlived_too(self, count: int) -> None:
        """More tasks were cancelled for the same reason, too many to name."""
        self._around.counts.outlived_tasks.add(count)
        self.log.warning("more tasks outlived their request and were cancelled", count=count)

    def stubborn(self, made: Made) -> None:
        """A cancelled task did not end."""
        self.log.error(
            "a task ignores its cancellation and was left behind",
            task=made.function,
            made=made.place,
        )

    def _begin(self, failed: bool, grace: float) -> Ending:
        if self._ending is None:
            functions = tuple(self._functions(failed))
            self._undo = self._compensations = CLOSED
            self._ending = Ending(self, functions, grace)
        return self._ending

    def _functions(self, failed: bool) -> Iterator[Function]:
        if failed and self._compensations is not None:
            for fn in reversed(self._compensations):
                yield "compensation", fn
        if self._undo is not None:
            for fn in reversed(self._undo):
                yield "cleanup", fn
