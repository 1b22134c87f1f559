"""Arguments and results of annotated methods are of their types, or the call is a fault.

Checked is what could travel: data of the kinds that JSON has. A Python object that is none of
these (a date, a set, an instance) is left to Python, which does not look at annotations; where
a module runs in another process it is refused or carried there. Nothing is converted or filled.
What is not annotated, or not with a type of JSON data, costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gatid.errors import ModuleTypeError
from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.model import Schema
from gatid_compiler.gtypes.validator import DEEPEST, Validator, validator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatid.services.modules.running import Call
    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.plan import Method

_Check = Callable[[Any], None]


def typed(module: str, method: Method, types: Mapping[str, GType], call: Call) -> Call:
    """The call, between checks of what goes in and what comes out."""
    arguments = _arguments(module, method, types)
    result = _check(module, f"`{method.name}` returns", method.result, types)
    if arguments is None and result is None:
        return call

    async def checked(*args: Any, **kwargs: Any) -> Any:
        if arguments is not None:
            arguments(args, kwargs)
        value = await call(*args, **kwargs)
        if result is not None:
            result(value)
        return value

    return checked


def _arguments(
    module: str, method: Method, types: Mapping[str, GType]
) -> Callable[[Sequence[Any], Mapping[str, Any]], None] | None:
    """What looks at the arguments; how many there must be is left to Python."""
    placed: list[_Check | None] = []
    named: dict[str, _Check] = {}
    rest: _Check | None = None
    others: _Check | None = None
    for each in method.parameters:
        check = _check(module, f"`{method.name}` takes as `{each.name}`", each.type, types)
        if each.kind in ("positional", "either"):
            placed.append(check)
        if each.kind in ("either", "named") and check is not None:
            named[each.name] = check
        if each.kind == "rest":
            rest = check
        if each.kind == "names":
            others = check
    if rest is None and others is None and not named and not any(placed):
        return None
    count = len(placed)
    known = {each.name for each in method.parameters if each.kind in ("either", "named")}

    def look(args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        for check, value in zip(placed, args, strict=False):
            if check is not None:
                check(value)
        if rest is not None:
            for value in args[count:]:
                rest(value)
        for name, value in kwargs.items():
            check = named.get(name)
            if check is not None:
                check(value)
            elif others is not None and name not in known:
                others(value)

    return look


def _check(module: str, what: str, type: GType | None, types: Mapping[str, GType]) -> _Check | None:
    if type is None:
        return None
    wanted: Validator = validator(Schema(type, types), depth=DEEPEST)

    def check(value: Any) -> None:
        if wanted.accepts(value) or not _is_data(value):
            return
        try:
            wanted.check(value)
        except Invalid as error:
            raise ModuleTypeError(module, f"{what} {_expected(error)}") from None

    return check


def _expected(error: Invalid) -> str:
    """What was expected where. The values found stay out: they may be secret."""
    return "; ".join(
        f"`{fault.expected}` at `{fault.pointer}`" if fault.pointer else f"`{fault.expected}`"
        for fault in error.faults[:5]
    )


def _is_data(value: Any, depth: int = DEEPEST) -> bool:
    """Whether it is what a JSON text could say, in Python's own kinds and no others."""
    match value:
        case dict() if type(value) is dict and depth:
            keys = all(type(key) is str for key in value)
            return keys and all(_is_data(item, depth - 1) for item in value.values())
        case list() if type(value) is list and depth:
            return all(_is_data(item, depth - 1) for item in value)
        case float() if type(value) is float:
            return math.isfinite(value)
        case _:
            return value is None or type(value) in (str, int, bool)
