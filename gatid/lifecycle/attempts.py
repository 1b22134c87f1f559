"""How a call that failed is tried again."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, TypeVar

from gatid.errors import HTTPError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_T = TypeVar("_T")

_FIRST = 0.01
_LONGEST = 1.0


async def attempts(
    call: Callable[[], Awaitable[_T]], retries: int, deadline: float | None = None
) -> _T:
    """The result of `call`, made again up to `retries` times while it raises.

    Between attempts it waits 10 ms, then twice as long each time up to a second, less a random
    half, so that many callers do not come back together. Where the wait would go past the
    `deadline`, in the loop's time, there is no other attempt. `HTTPError` is an answer, not a
    failure, and passes at once; so does cancellation.
    """
    wait = _FIRST
    for _ in range(retries):
        try:
            return await call()
        except HTTPError:
            raise
        except Exception:  # whatever it raises, the last attempt lets it out
            pause = wait * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
            if deadline is not None and asyncio.get_running_loop().time() + pause >= deadline:
                raise
            await asyncio.sleep(pause)
            wait = min(wait * 2, _LONGEST)
    return await call()
