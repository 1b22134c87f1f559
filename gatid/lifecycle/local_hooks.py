"""The local hooks of a request, run between the declared ones. Only called when there are any.

The order is one rule: before hooks run global, route, local; after and catch hooks run in
exactly the reverse, so local ones come first, the last registered first of all.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

from gatid.lifecycle.hooks import settle

if TYPE_CHECKING:
    from gatid.lifecycle.hooks import BoundHook
    from gatid.lifecycle.local_context import LocalContext

AT_ONCE: Final = 100
"""How many run before others get a turn: hooks that register themselves again would never end,
and the deadline would never come.
"""


class Answering(Protocol):
    """What the controller reads of a response."""

    @property
    def answered(self) -> bool:
        """Whether somebody has answered through it."""


async def run_before(lctx: LocalContext, req: Any, res: Answering, gctx: Any) -> None:
    """Runs the local before hooks, also those that they register, until one answers."""
    ran = 0
    while lctx.before_hooks:
        hook, *lctx.before_hooks = lctx.before_hooks
        await call(hook, req, res, gctx, lctx)
        if res.answered:
            break
        ran = await _count(ran)
    lctx.before_open = False


async def run_after(lctx: LocalContext, req: Any, res: Any, gctx: Any) -> None:
    """Runs the local after hooks, the last registered first, also those that they register."""
    ran = 0
    while lctx.after_hooks:
        *lctx.after_hooks, hook = lctx.after_hooks
        await call(hook, req, res, gctx, lctx)
        ran = await _count(ran)


async def run_catch(
    lctx: LocalContext, error: BaseException, req: Any, res: Any, gctx: Any
) -> None:
    """Runs the local catch hooks, the last registered first, also those that they register."""
    ran = 0
    while lctx.catch_hooks:
        *lctx.catch_hooks, hook = lctx.catch_hooks
        await call(hook, error, req, res, gctx, lctx)
        ran = await _count(ran)


async def call(hook: BoundHook, *args: Any) -> None:
    """Runs one hook, local or declared."""
    done = hook.call(*args)
    if done is not None:
        await settle(done)


async def _count(ran: int) -> int:
    ran += 1
    if ran % AT_ONCE == 0:
        await asyncio.sleep(0)
    return ran
