"""What authors of modules mark their methods with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])

_MARK = "__gatid_idempotent__"


def idempotent(method: _F) -> _F:
    """Says that running this method twice does no more than running it once.

    Only such methods are tried again when they raise or time out, up to the `retries` of the
    module's declaration; all others are called exactly once, whatever is declared.
    """
    setattr(method, _MARK, True)
    return method


def is_idempotent(method: Callable[..., Any]) -> bool:
    """Whether `method` was marked with `idempotent`."""
    return getattr(method, _MARK, False) is True
