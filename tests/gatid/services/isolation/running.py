"""One module in a process of its own, for tests that call it."""

from __future__ import annotations

import asyncio
import gc
import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatid.services.modules.instance import Pace
from gatid_compiler import plan as p
from tests.gatid.services.plans import module, plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gatid.services.modules.instance import Instance
    from gatid.services.modules.pool import Lease
    from tests.gatid.services.conftest import Hosted

STRICT = p.Isolation(strict=True)

RUNS = '''
import asyncio

class Module:
    """Runs what it is given, and says what came of it."""

    def __init__(self, mctx):
        self.names = {"mctx": mctx, "asyncio": asyncio}

    def run(self, source):
        names = {**self.names}
        exec("def work():\\n" + "\\n".join("    " + line for line in source.splitlines()), names)
        return names["work"]()

    async def echo(self, *args, **named):
        return args, named

    def echo_sync(self, *args, **named):
        return args, named

    async def await_(self, source):
        names = {**self.names}
        lines = "\\n".join("    " + line for line in source.splitlines())
        exec("async def work():\\n" + lines, names)
        return await names["work"]()
'''


@asynccontextmanager
async def leased(
    hosted: Hosted,
    source: str = RUNS,
    *more: p.Module,
    name: str = "m",
    secrets: tuple[p.Secret, ...] = (),
    files: dict[str, str] | None = None,
    allow_files: tuple[p.AllowedFile, ...] = (),
    allow_secrets: tuple[str, ...] = (),
    **options: Any,
) -> AsyncIterator[Lease]:
    """A started lease on a module `m` of the class `Module` in `m_code.py`, and on `more`."""
    allowed = {"files": allow_files, "secrets": allow_secrets}
    one = module(name, **{"isolation": STRICT, **allowed, **options})
    sources = {"m_code.py": source, **(files or {})}
    hosted.host.modules._pace = Pace(first=0.01, longest=0.01)
    lease = hosted.host.modules.lease(
        plan(*more, one, files=sources, secrets=secrets), _no_class if not more else _classes(more)
    )
    await lease.start()
    try:
        yield lease
    finally:
        await lease.stop()


def _classes(more: tuple[p.Module, ...]) -> Any:
    return {each.target: each.config["class"] for each in more}.__getitem__


def _no_class(ref: p.PyRef) -> object:
    raise AssertionError(f"`{ref}` was loaded where nothing confines it")


def pid_of(lease: Lease, at: int = -1) -> int:
    """The process of a module of a lease."""
    instance: Instance = lease._held[at][1]
    pid = getattr(instance._running, "pid", None)
    assert isinstance(pid, int)
    return pid


def descriptors() -> int:
    """How many this process has open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def children() -> set[int]:
    """The processes that this one has started, those that nobody collected too."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found.update(int(pid) for pid in (task / "children").read_text().split())
    return found


async def nothing_left(before: tuple[int, set[int]]) -> None:
    """Waits until there is no more than `held` has counted before; the loop closes in its turn."""
    await until(lambda: descriptors() <= before[0] and children() <= before[1])


async def held() -> tuple[int, set[int]]:
    """What this process holds, when all that nobody needs is gone."""
    await asyncio.sleep(0.05)
    gc.collect()
    return descriptors(), children()


async def until(holds: Any, patience: float = 30.0) -> Any:
    """Waits for something that nobody announces."""
    async with asyncio.timeout(patience):
        while not (found := holds()):  # noqa: ASYNC110 - nobody would set the event
            await asyncio.sleep(0.01)
    return found
