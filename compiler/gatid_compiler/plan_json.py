"""A plan as canonical JSON, and back.

Canonical means: keys sorted, no white space, every field written whether it has its default
or not, ASCII only. So the same plan is the same bytes on every machine, and the SHA-256 of
the bytes is the plan's id. Reading is by the types of the fields, and takes nothing else:
another format, a missing or an unknown key, or a value of another kind is refused.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union

from gatid_compiler import plan
from gatid_compiler.gtypes import model, serial

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[Any], Any]


class BadPlanError(ValueError):
    """The bytes are no plan that this gatid can serve; the message says why."""


BadPlan = BadPlanError

_KIND = "is"
"""The key that tells which class of a union of classes an object is."""

_GTYPES = frozenset(typing.get_args(model.GType))


def dumps(value: plan.Plan) -> bytes:
    """The canonical bytes of a plan."""
    data = {"format": plan.FORMAT, "plan": _plain(value)}
    text = json.dumps(
        data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return text.encode("ascii")


def loads(data: bytes) -> plan.Plan:
    """The plan that `data` holds. Raises `BadPlanError`."""
    try:
        outer = json.loads(
            data,
            object_pairs_hook=_distinct,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise BadPlanError(f"a plan is JSON: {error}") from error
    if not isinstance(outer, dict) or "format" not in outer:
        raise BadPlanError("it is no plan: it names no format")
    if outer["format"] != plan.FORMAT:
        raise BadPlanError(
            f"it has the format {outer['format']!r}, and this gatid reads {plan.FORMAT}"
        )
    if set(outer) != {"format", "plan"}:
        raise BadPlanError("it is no plan: it has unknown keys, or no plan in it")
    read: plan.Plan = _reader(plan.Plan)(outer["plan"])
    return read


def plan_id(data: bytes) -> str:
    """The id of a plan: the SHA-256 of its bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _plain(value: object) -> object:
    """A value of a plan as JSON data."""
    if type(value) in _GTYPES:
        return serial.to_json(value)  # type: ignore[arg-type]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        if type(value) in _TAGGED:
            found[_KIND] = type(value).__name__
        return found
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


_UNIONS: tuple[object, ...] = (plan.Auth, plan.Handler)
_TAGGED = frozenset(cls for union in _UNIONS for cls in typing.get_args(union))


@cache
def _reader(kind: Any) -> Read:
    """What reads JSON data as a value of a field's type."""
    origin = typing.get_origin(kind)
    if origin is Literal:
        return _one_of(typing.get_args(kind))
    if origin in (Union, types.UnionType):
        return _union(typing.get_args(kind))
    if origin is tuple:
        return _tuple(_reader(typing.get_args(kind)[0]))
    if origin is Mapping:
        return _mapping(_reader(typing.get_args(kind)[1]))
    if dataclasses.is_dataclass(kind):
        return _object(kind)
    return _exactly(kind)


def _object(cls: Any) -> Read:
    hints = typing.get_type_hints(cls)
    readers = {field.name: _reader(hints[field.name]) for field in dataclasses.fields(cls)}
    tag = {_KIND} if cls in _TAGGED else set()
    keys = set(readers) | tag

    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            raise BadPlanError(f"{cls.__name__} is an object, not {data!r:.40}")
        if set(data) != keys:
            odd = sorted(set(data) ^ keys)
            raise BadPlanError(f"{cls.__name__} has unknown or missing keys: {', '.join(odd)}")
        return cls(**{name: reader(data[name]) for name, reader in readers.items()})

    return read


def _union(kinds: tuple[Any, ...]) -> Read:
    # `GType | None` is flattened by `typing`; types are read by a form of their own.
    if set(kinds) >= _GTYPES:
        return _gtype_or_none if type(None) in kinds else _gtype
    if float in kinds:
        return _json
    plain = {kind: _reader(kind) for kind in kinds if kind in (str, int, bool, type(None))}
    classes = {str(kind.__name__): _reader(kind) for kind in kinds if kind not in plain}

    def read(data: Any) -> Any:
        if type(data) in plain:
            return data
        if isinstance(data, dict) and classes:
            name = data.get(_KIND) if len(classes) > 1 else next(iter(classes))
            if name in classes:
                return classes[name](data)
        raise BadPlanError(f"{data!r:.40} is none of what may stand there")

    return read


def _tuple(item: Read) -> Read:
    def read(data: Any) -> Any:
        if not isinstance(data, list):
            raise BadPlanError(f"a list is missing: {data!r:.40}")
        return tuple(item(part) for part in data)

    return read


def _mapping(item: Read) -> Read:
    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            raise BadPlanError(f"an object is missing: {data!r:.40}")
        return {key: item(part) for key, part in data.items()}

    return read


def _one_of(choices: tuple[Any, ...]) -> Read:
    def read(data: Any) -> Any:
        if data not in choices:
            raise BadPlanError(f"{data!r:.40} is none of {', '.join(map(repr, choices))}")
        return data

    return read


def _exactly(kind: type) -> Read:
    def read(data: Any) -> Any:
        if type(data) is not kind:
            raise BadPlanError(f"{data!r:.40} is no {kind.__name__}")
        return data

    return read


def _gtype(data: Any) -> Any:
    try:
        return serial.from_json(data)
    except ValueError as error:
        raise BadPlanError(f"a type cannot be read: {error}") from error


def _gtype_or_none(data: Any) -> Any:
    return None if data is None else _gtype(data)


def _json(data: Any) -> Any:
    if isinstance(data, list):
        return tuple(_json(item) for item in data)
    if isinstance(data, dict):
        return {key: _json(item) for key, item in data.items()}
    return data


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadPlanError("an object names a key twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BadPlanError(f"{text:.40} is too large a number")
    return number


def _no_constant(text: str) -> Any:
    raise BadPlanError(f"a plan has no {text}")
