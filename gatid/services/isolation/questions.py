"""What the process of a module asks its worker for, answered as its `mctx` here would.

So what is not declared is denied where the module's code cannot reach. A question that is
answered with an exception is told which; one that is given up is cancelled.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from gatid.services.isolation.faults import told
from gatid.services.isolation.wire import AT_ONCE, Kind, Wire

if TYPE_CHECKING:
    from gatid.services.modules.context import ModuleContext


class Questions:
    """Those of one process that are open."""

    def __init__(self, context: ModuleContext, wire: Wire) -> None:
        self._context = context
        self._wire = wire
        self._open: dict[int, asyncio.Task[None]] = {}

    def ask(self, number: int, what: Any) -> None:
        """Begins to answer. Raises `ValueError` and its like for what no module of ours sends."""
        if number in self._open or len(self._open) > AT_ONCE:
            raise ValueError("it asks too much")
        word, *rest = what
        task = asyncio.create_task(self._answer(number, word, rest))
        self._open[number] = task
        task.add_done_callback(lambda _: self._open.pop(number, None))

    def give_up(self, number: int) -> bool:
        """Nobody waits for the answer any more; whether it was open."""
        task = self._open.get(number)
        return task is not None and task.cancel()

    def end(self) -> None:
        """Nobody waits for any."""
        for task in self._open.values():
            task.cancel()

    async def _answer(self, number: int, word: Any, rest: list[Any]) -> None:
        try:
            value = await self._found(word, rest)
            # Answers that nobody reads must not pile up here.
            await self._wire.room()
            self._wire.send(Kind.ANSWER, number, value)
        except asyncio.CancelledError as error:
            self._refuse(number, error)
            raise
        except Exception as error:  # noqa: BLE001 - whatever other modules raise is theirs to see
            self._refuse(number, error)

    def _refuse(self, number: int, error: BaseException) -> None:
        self._wire.send(Kind.REFUSAL, number, told(error, traced=False))

    async def _found(self, word: Any, rest: list[Any]) -> Any:
        if word == "secret":
            (name,) = rest
            return (await self._context.secrets.get(name)).reveal()
        if word == "call":
            module, method, args, kwargs = rest
            return await _method(self._context, module, method)(*args, **kwargs)
        if word == "publish":
            topic, value = rest
            return await self._context.publish(topic, value)
        raise ValueError("it asks for nothing that there is")


def _method(context: ModuleContext, module: Any, method: Any) -> Any:
    """A public method of another module; names that begin with `_` are none of ours to give."""
    for name in (module, method):
        if not isinstance(name, str) or name.startswith("_"):
            raise ValueError("it asks for nothing that there is")
    return getattr(getattr(context.modules, module), method)
