"""JSON text read exactly: what the validation engine's own reader lets pass is caught here."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any, NoReturn

from gatid_compiler.gtypes.faults import Malformed, pointer

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"')
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_MOST_DIGITS = 4300
_TOO_MANY = "a number of more than 4,300 digits"
_DIGIT = re.compile("-?[0.]*[1-9]")
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def too_deep(data: bytes, depth: int) -> bool:
    """Valid JSON has more than `depth` containers inside one another."""
    if data.count(b"[") + data.count(b"{") <= depth:
        return False
    brackets = _STRINGS.sub(b"", data).translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(depth):
        # Each round takes away the innermost containers, one level of all.
        inner = brackets.replace(b"[]", b"")
        if not inner or len(inner) == len(brackets):
            return bool(inner)
        brackets = inner
    return bool(brackets)


def read(data: bytes, *, exact: bool = False, unique_keys: bool = False) -> Any:
    """The value of a JSON text; of repeated keys the last counts, or they are refused.

    With `exact`, numbers with a fraction or an exponent are `Decimal`s, where they are finite
    as doubles. Raises `Malformed`.
    """

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        return found if len(found) == len(items) else _Doubled(items)

    try:
        value = json.loads(
            data.decode(),
            parse_float=_every_digit if exact else None,
            parse_constant=_no_constant,
            object_pairs_hook=pairs if unique_keys else None,
        )
    except UnicodeDecodeError as error:
        raise Malformed(f"no UTF-8 at octet {error.start}") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"{error.msg} at line {error.lineno} column {error.colno}") from None
    except ValueError:
        raise Malformed(_TOO_MANY) from None
    except RecursionError:
        raise Malformed("nested too deeply") from None
    if unique_keys:
        _refuse_doubled(value, [])
    return value


def _every_digit(text: str) -> Decimal | float:
    """The number as written; one too large for a double is infinite."""
    if len(text) > _MOST_DIGITS:
        raise Malformed(_TOO_MANY)
    size = float(text)
    if not isfinite(size):
        return size
    try:
        return Decimal(text)
    except InvalidOperation:
        # An exponent that not even decimals have, of zero or of a number next to it.
        return Decimal("1e-999999").copy_sign(Decimal(size)) if _DIGIT.match(text) else Decimal(0)


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"`{name}` is no JSON")


class _Doubled(dict[str, Any]):
    """An object in whose text a key stood twice."""

    def __init__(self, items: list[tuple[str, Any]]) -> None:
        super().__init__(items)
        seen: set[str] = set()
        self.key = next(k for k, _ in items if k in seen or seen.add(k))  # type: ignore[func-returns-value]


def _refuse_doubled(value: Any, path: list[str | int]) -> None:
    if isinstance(value, _Doubled):
        raise Malformed("a key that stands twice", pointer([*path, value.key]))
    if not isinstance(value, dict | list):
        return
    for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
        path.append(step)
        _refuse_doubled(inner, path)
        path.pop()
