"""Exceptions as they cross to another process: by name and text, never as objects.

Those of `gatid.errors` come out as what they were; any other is a `ModuleError` that says what
was raised, with the traceback of the other side as a note.
"""

from __future__ import annotations

import asyncio
from typing import Any

from gatid.errors import (
    DeniedError,
    HTTPError,
    ModuleCrashedError,
    ModuleError,
    ModuleTimeoutError,
    ModuleUnavailableError,
    NotSupportedError,
)
from gatid.observe.capture import trace

_LONGEST = 8 << 10
_LONGEST_TRACE = 32 << 10

_OF_MODULES = {
    cls.__name__: cls
    for cls in (ModuleError, ModuleTimeoutError, ModuleCrashedError, ModuleUnavailableError)
}


def told(error: BaseException, *, traced: bool) -> list[Any]:
    """What crosses of an exception: a kind, its parts, and its traceback if it is `traced`."""
    shown = trace(error)[-_LONGEST_TRACE:] if traced else ""
    match error:
        case asyncio.CancelledError():
            return ["cancelled", "", "", ""]
        case HTTPError():
            return [
                "http",
                error.status,
                _short(error.title),
                error.detail and _short(error.detail),
            ]
        case DeniedError():
            return ["denied", _short(str(error)), "", shown]
        case NotSupportedError():
            return ["unsupported", _short(str(error)), "", shown]
        case ModuleError() if type(error).__name__ in _OF_MODULES:
            text = str(error).removeprefix(f"module `{error.module}`: ")
            return [type(error).__name__, error.module, _short(text), shown]
        case _:
            return ["other", type(error).__qualname__, _short(_text(error)), shown]


def raised(module: str, what: str, parts: Any) -> BaseException:
    """The exception that `told` took apart; `what` of `module` raised it.

    Raises `ValueError` and its like for what `told` never makes.
    """
    kind, first, second, third = parts
    if kind == "cancelled":
        return asyncio.CancelledError()
    if kind == "http":
        return HTTPError(first, _str(second), None if third is None else _str(third))
    error: BaseException
    if kind == "denied":
        error = DeniedError(_str(first))
    elif kind == "unsupported":
        error = NotSupportedError(_str(first))
    elif kind in _OF_MODULES:
        error = _OF_MODULES[kind](_str(first), _str(second))
    else:
        said = f"{_str(first)}: {second}" if second else _str(first)
        error = ModuleError(module, f"{what} raised {said}")
    if third:
        error.add_note(f"in the process of module `{module}`:\n{_str(third)}")
    return error


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failed:  # noqa: BLE001 - a stranger's `__str__` may raise anything
        return f"<its text raised {type(failed).__name__}>"


def _short(text: object) -> str:
    return str(text)[:_LONGEST]


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("it is no text")
    return value
