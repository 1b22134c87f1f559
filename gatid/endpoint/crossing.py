"""Functions of the project that carry values between versions, and what holds of their results.

Nothing is proved of them: each gets a copy, and what it gives is validated before anything
else reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid.endpoint.callables import LinkError, accepted
from gatid.lifecycle.hooks import is_coroutine_function
from gatid_compiler.gtypes.faults import Invalid, pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gatid.endpoint.loading import LoadedCode
    from gatid.endpoint.types import Types
    from gatid_compiler.gtypes.faults import Fault
    from gatid_compiler.plan import Call, PyRef

_ARGUMENTS = ("value",)


class NotCrossedError(Exception):
    """A function of the project did not carry the value at `way`. `faults` are those of what it
    gave; where there are none, it raised, and the cause is what.
    """

    def __init__(
        self, target: PyRef, way: tuple[str | int, ...], faults: tuple[Fault, ...] = ()
    ) -> None:
        told = "; ".join(f"`{f.pointer or '/'}` is not {f.expected}" for f in faults)
        why = f"gave what is not of its type: {told}" if faults else "raised"
        super().__init__(f"`{target}`, for what is at `{pointer(way[1:]) or '/'}`, {why}")
        self.way = [str(step) for step in way]
        self.faults = faults


class Crossings:
    """The functions that generated sources call, as one generation has loaded them."""

    def __init__(self, code: LoadedCode, types: Types) -> None:
        self._code = code
        self._types = types

    def bound(self, calls: Sequence[Call]) -> Mapping[str, Callable[..., Any]]:
        """The functions by the names that a source calls them; raises `LinkError`, `LoadError`."""
        return {call.name: self._bound(call) for call in calls}

    def _bound(self, call: Call) -> Callable[..., Any]:
        function = accepted(call.target, self._code.resolve(call.target), _ARGUMENTS)
        if is_coroutine_function(function):
            raise LinkError(f"`{call.target}` is async, and carries values without being awaited")
        check = self._types.validator(call.type).check

        def carried(value: Any, way: tuple[str | int, ...]) -> Any:
            try:
                made = function(_copied(value))
            except Exception as error:
                raise NotCrossedError(call.target, way) from error
            try:
                check(made)
            except Invalid as error:
                raise NotCrossedError(call.target, way, error.faults) from None
            return made

        return carried


def _copied(value: Any) -> Any:
    """Plain data that the function may write to: others read the original."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
