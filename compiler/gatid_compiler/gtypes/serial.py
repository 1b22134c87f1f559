"""Types as JSON data, for plans: `from_json(to_json(t)) == t`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any as Data

from gatid_compiler.gtypes.literals import fresh, frozen
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Default,
    Field,
    Format,
    GType,
    Int,
    Intersection,
    Keys,
    Literal,
    Never,
    Null,
    Number,
    Object,
    Ref,
    Scalar,
    String,
    Tuple,
    Union,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN: dict[str, GType] = {"any": Any(), "never": Never(), "null": Null(), "bool": Bool()}
_NAMES: dict[type[GType], str] = {type(t): name for name, t in _PLAIN.items()}


def to_json(t: GType) -> Data:
    """Plain data: a string for types without parts, else an object with its `kind`.

    What is at its default is left out.
    """
    match t:
        case Int():
            return _kind("int", low=t.low, high=t.high, multiple=t.multiple)
        case Number():
            return _kind("number", low=t.low, high=t.high, multiple=t.multiple)
        case String():
            patterns = list(t.patterns) or None
            return _kind("string", low=t.low or None, high=t.high, patterns=patterns)
        case Bytes():
            return _kind("bytes", low=t.low or None, high=t.high)
        case Format(scalar):
            return str(scalar)
        case Literal(value):
            return {"kind": "literal", "value": value}
        case Object():
            rest = None if t.rest is None else to_json(t.rest)
            keys = [[to_json(k.names), to_json(k.type)] for k in t.keys] or None
            fields = [_field(f) for f in t.fields]
            return _kind(
                "object", fields=fields, rest=rest, keys=keys, low=t.low or None, high=t.high
            )
        case Array():
            return _kind(
                "array",
                item=to_json(t.item),
                low=t.low or None,
                high=t.high,
                unique=t.unique or None,
            )
        case Tuple(items, more):
            written = None if more is None else to_json(more)
            return _kind("tuple", items=[to_json(i) for i in items], rest=written)
        case Union(branches):
            return {"kind": "union", "branches": [to_json(b) for b in branches]}
        case Intersection(parts):
            return {"kind": "intersection", "parts": [to_json(p) for p in parts]}
        case Ref(name):
            return {"kind": "ref", "name": name}
        case _:
            return _NAMES[type(t)]


def from_json(data: Data) -> GType:
    """The type that `to_json` wrote. Raises `ValueError` on anything else."""
    try:
        return _read(data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a type: {data!r}") from error


def _read(data: Data) -> GType:
    if isinstance(data, str):
        plain = _PLAIN.get(data)
        return plain if plain is not None else _named(data)
    kind = data["kind"]
    match kind:
        case "int":
            return Int(data.get("low"), data.get("high"), data.get("multiple"))
        case "number":
            return Number(data.get("low"), data.get("high"), data.get("multiple"))
        case "string":
            return String(data.get("low", 0), data.get("high"), tuple(data.get("patterns", ())))
        case "bytes":
            return Bytes(data.get("low", 0), data.get("high"))
        case "literal":
            return Literal(data["value"])
        case "object":
            rest = data.get("rest")
            fields = tuple(_read_field(f) for f in data["fields"])
            keys = tuple(Keys(_read(names), _read(of)) for names, of in data.get("keys", ()))
            held = None if rest is None else _read(rest)
            return Object(fields, held, keys, data.get("low", 0), data.get("high"))
        case "array":
            return _array(data)
        case "tuple":
            more = data.get("rest")
            items = tuple(map(_read, data["items"]))
            return Tuple(items, None if more is None else _array(more))
        case "union":
            return Union(tuple(map(_read, data["branches"])))
        case "intersection":
            return Intersection(tuple(map(_read, data["parts"])))
        case "ref":
            return Ref(data["name"])
        case _:
            raise ValueError(f"no kind of type is named {kind!r}")


def _array(data: Mapping[str, Data]) -> Array:
    item = _read(data["item"])
    return Array(item, data.get("low", 0), data.get("high"), data.get("unique", False))


def _named(name: str) -> GType:
    simple: dict[str, GType] = {
        "int": Int(),
        "number": Number(),
        "string": String(),
        "bytes": Bytes(),
    }
    return simple[name] if name in simple else Format(Scalar(name))


def _kind(kind: str, **members: Data) -> Data:
    given = {key: value for key, value in members.items() if value is not None}
    return {"kind": kind, **given} if given else kind


def _field(f: Field) -> dict[str, Data]:
    data: dict[str, Data] = {"name": f.name, "type": to_json(f.type)}
    if not f.required:
        data["optional"] = True
    if f.default is not None:
        data["default"] = fresh(f.default.value)
    if f.secret:
        data["secret"] = True
    if f.doc:
        data["doc"] = f.doc
    return data


def _read_field(data: Mapping[str, Data]) -> Field:
    return Field(
        data["name"],
        _read(data["type"]),
        not data.get("optional", False),
        Default(frozen(data["default"])) if "default" in data else None,
        data.get("secret", False),
        data.get("doc", ""),
    )
