"""What runs a module, wherever it runs: what the pool asks of it, and what it may rely on.

There is one implementation for each word of `isolate`: `in_process` for `none`. The pool knows
nothing else of them, so whoever writes another one adds a row to `pool.KINDS`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from gatid.errors import ModuleError
from gatid.services.modules.context import ModuleContext
from gatid_compiler.plan import Module, Plan

Call = Callable[..., Awaitable[Any]]
"""A method of a module as it is called: with its arguments, and awaited."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A module that is to run.

    `cls` is its class where this process loads it, which is with `isolate none` alone; others
    load it elsewhere from `plan.code`, with `base`, the entry file's directory. `context` is its
    `mctx` here; it answers for what is declared and refuses all else, so one that runs elsewhere
    is given each capability by asking this one.
    """

    plan: Plan
    module: Module
    cls: type | None
    context: ModuleContext
    base: Path


class ElsewhereError(Exception):
    """What was raised in another process; the message names its type, the note its traceback."""


@dataclass(frozen=True, slots=True)
class Method:
    """A public method as the running code has it."""

    name: str
    kind: Literal["sync", "async", "generator"]
    idempotent: bool


class Running(Protocol):
    """One instance of a module: made, started, called, stopped, and never started again.

    All of it happens on one event loop. What is awaited here is bounded by whoever awaits it,
    by cancelling it: then it has ended all the same, and holds nothing any more.
    """

    calls: Calls
    """Counts what `call` and what `method` gives have under way, also where no one waits."""

    died: asyncio.Future[str]
    """Done when it has ended without having been asked to; says how: "it was killed by SIGKILL".
    All calls under way have then raised `ModuleCrashedError`, and each later one does. What has
    died holds nothing, and is not stopped."""

    methods: Mapping[str, Method]
    """The public methods by name, once it is started: what was loaded, not what was promised."""

    has_health: bool
    """Whether the class says how it is, once it is started."""

    async def start(self) -> None:
        """Builds the class and starts it. Raises whatever that raises; then nothing is left of it
        and `stop` is not called.
        """

    def method(self, name: str) -> Call:
        """The public method of this name, bound: it is looked up once and called often. What
        the method raises is raised; who is cancelled while waiting has cancelled it.
        """

    async def health(self) -> bool:
        """Whether it says that it is well; asked only where `has_health`."""

    async def stop(self) -> None:
        """Stops it, once: nothing calls it any more. Raises what its own `stop` raises, when it
        has ended.
        """


class Calls:
    """Counts the calls of one instance that have not ended, and refuses them once stopped."""

    __slots__ = ("_count", "_waiting", "module", "stopped")

    def __init__(self, module: str) -> None:
        self.module = module
        self.stopped = False
        self._count = 0
        self._waiting: asyncio.Event | None = None

    def __len__(self) -> int:
        return self._count

    def enter(self) -> None:
        """Begins a call; raises `ModuleError` after the module was stopped."""
        if self.stopped:
            raise ModuleError(self.module, "it was stopped with the last generation that used it")
        self._count += 1

    def leave(self) -> None:
        """Ends a call."""
        self._count -= 1
        if not self._count and self._waiting is not None:
            self._waiting.set()
            self._waiting = None

    async def idle(self) -> None:
        """Returns when no call is running."""
        while self._count:
            if self._waiting is None:
                self._waiting = asyncio.Event()
            await self._waiting.wait()
