"""Functions of the project that carry values between versions, and what holds of their results.

Nothing is proved of them: each gets a copy, and what it gives is validated before anything
else reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid.endpoint.callables import LinkError, accepted
from gatid.lifecycle.hooks import is_coroutine_function

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gatid.endpoint.loading import LoadedCode
    from gatid.endpoint.types import Types
    from gatid_compiler.plan import Call

_ARGUMENTS = ("value",)


class Crossings:
    """The functions that generated sources call, as one generation has loaded them."""

    def __init__(self, code: LoadedCode, types: Types) -> None:
        self._code = code
        self._types = types

    def bound(self, calls: Sequence[Call]) -> Mapping[str, Callable[[Any], Any]]:
        """The functions by the names that a source calls them; raises `LinkError`, `LoadError`."""
        return {call.name: self._bound(call) for call in calls}

    def _bound(self, call: Call) -> Callable[[Any], Any]:
        function = accepted(call.target, self._code.resolve(call.target), _ARGUMENTS)
        if is_coroutine_function(function):
            raise LinkError(f"`{call.target}` is async, and carries values without being awaited")
        check = self._types.validator(call.type).check

        def carried(value: Any) -> Any:
            made = function(_copied(value))
            check(made)
            return made

        return carried


def _copied(value: Any) -> Any:
    """Plain data that the function may write to: others read the original."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
