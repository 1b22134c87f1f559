"""Types to JSON Schema 2020-12."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any as Data

from gatid_compiler.gtypes.expand import Expansion, inside, is_atom
from gatid_compiler.gtypes.json_schema.document import escaped
from gatid_compiler.gtypes.json_schema.ecma import searched
from gatid_compiler.gtypes.json_schema.kinds import joined
from gatid_compiler.gtypes.json_schema.numbers import after, before
from gatid_compiler.gtypes.json_schema.write_keys import keys
from gatid_compiler.gtypes.literals import fresh
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Field,
    Format,
    GType,
    Int,
    Intersection,
    Literal,
    Never,
    Null,
    Number,
    Object,
    Ref,
    Scalar,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.tuples import lengths

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORMATS = {
    Scalar.UUID: "uuid",
    Scalar.EMAIL: "email",
    Scalar.URL: "uri",
    Scalar.DATE: "date",
    Scalar.TIME: "time",
    Scalar.DATETIME: "date-time",
    Scalar.DURATION: "duration",
    Scalar.DECIMAL: "decimal",
    Scalar.IP: "ip",
}


def to_json_schema(schema: Schema) -> dict[str, Data]:
    """The type as a JSON Schema 2020-12, its definitions under `$defs`.

    Read back with `formats="assert"` it is the same type, but for what JSON Schema has no word
    for: an `int` is an `integer`, which `1.0` is too, and a `secret` field is `writeOnly`.
    """
    return _Writer(schema).document()


class _Writer:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._expansion = Expansion.of(schema)
        self._open: set[GType] = set()
        self._names: dict[GType, str] = {}
        self._merged: dict[str, Data] = {}

    def document(self) -> dict[str, Data]:
        written = self._written(self._schema.root)
        root = {} if written is True else {"not": {}} if written is False else written
        named = {n: self._written(self._schema.defs[n]) for n in _named(self._schema)}
        if named or self._merged:
            root = {**root, "$defs": named | self._merged}
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **root}

    def _written(self, t: GType) -> Data:
        match t:
            case Any():
                return True
            case Never():
                return False
            case Null():
                return {"type": "null"}
            case Bool():
                return {"type": "boolean"}
            case Number(low, high, multiple) if (
                low is not None and low == high and multiple is None
            ):
                return {"const": low}
            case Number(low, high, 1):
                return _with({"type": "integer"}, minimum=low, maximum=high)
            case Number(low, high, multiple):
                return _with({"type": "number"}, **_bounds(low, high), multipleOf=multiple)
            case Int(low, high, multiple):
                return _with({"type": "integer"}, minimum=low, maximum=high, multipleOf=multiple)
            case String(low, high, patterns):
                return _string(low, high, patterns)
            case Bytes():
                return _bytes(t)
            case Format(scalar):
                return {"type": "string", "format": _FORMATS[scalar]}
            case Literal(value):
                return {"const": value}
            case Object():
                return self._object(t)
            case Array(item, low, high, unique):
                return _with(
                    {"type": "array"},
                    items=self._items(item),
                    minItems=low or None,
                    maxItems=high,
                    uniqueItems=unique or None,
                )
            case Tuple(items, more):
                least, most = lengths(t)
                return _with(
                    {"type": "array", "prefixItems": [self._written(i) for i in items]},
                    items=None if more is None else self._items(more.item),
                    minItems=least,
                    maxItems=most,
                )
            case Union(branches):
                return self._union(branches)
            case Intersection() if not is_atom(t):
                return self._intersection(t)
            case Intersection(parts):
                return {"allOf": [self._written(p) for p in parts]}
            case Ref(name):
                return {"$ref": f"#/$defs/{escaped(name)}"}

    def _intersection(self, t: Intersection) -> Data:
        """Objects of the language merge where `allOf` would exclude. What is met inside itself
        becomes a definition.
        """
        name = self._names.get(t)
        if t in self._open and name is None:
            unused = (f"Both{n}" for n in range(1, len(self._schema.defs) + len(self._names) + 2))
            taken = {*self._schema.defs, *self._names.values()}
            name = self._names[t] = next(n for n in unused if n not in taken)
        if name is not None:
            return {"$ref": f"#/$defs/{name}"}
        self._open.add(t)
        written = self._written(joined(self._expansion.atoms(t)))
        self._open.discard(t)
        if t not in self._names:
            return written
        self._merged[self._names[t]] = written
        return {"$ref": f"#/$defs/{self._names[t]}"}

    def _items(self, t: GType) -> Data:
        return None if isinstance(t, Any) else self._written(t)

    def _object(self, t: Object) -> Data:
        properties = {f.name: self._field(f) for f in t.fields}
        rest: Data = None
        if not isinstance(t.rest, Any):
            rest = False if t.rest is None else self._written(t.rest)
        told = _with(
            {"type": "object"},
            properties=properties or None,
            required=[f.name for f in t.fields if f.required] or None,
            additionalProperties=rest,
            minProperties=t.low or None,
            maxProperties=t.high,
        )
        if not t.keys:
            return told
        named = keys(t, self._schema.defs, self._written)
        if "propertyNames" in named:
            told.pop("additionalProperties")
        return told | named

    def _field(self, f: Field) -> Data:
        written = self._written(f.type)
        said = _with({}, description=f.doc or None, writeOnly=f.secret or None)
        if f.default is not None:
            said["default"] = fresh(f.default.value)
        if not said:
            return written
        return {**({} if written is True else {"not": {}} if written is False else written), **said}

    def _union(self, branches: Sequence[GType]) -> Data:
        words: list[Data] = [b.value for b in branches if isinstance(b, Literal)]
        if words and Null() in branches:
            words.append(None)
        others = [b for b in branches if not isinstance(b, Literal | Null if words else Literal)]
        written = [self._written(b) for b in others]
        if words:
            written.insert(0, {"enum": words} if len(words) > 1 else {"const": words[0]})
        return written[0] if len(written) == 1 else {"anyOf": written}


def _with(base: dict[str, Data], **members: Data) -> dict[str, Data]:
    """The object with the members that are given."""
    return base | {word: value for word, value in members.items() if value is not None}


def _bounds(low: float | None, high: float | None) -> dict[str, float | None]:
    """The bounds, exclusive ones where these are plainer: above 0 instead of from 5e-324."""
    under = None if low is None else before(low)
    over = None if high is None else after(high)
    below = under is not None and len(repr(under)) + 2 < len(repr(low))
    above = over is not None and len(repr(over)) + 2 < len(repr(high))
    return {
        "minimum": None if below else low,
        "exclusiveMinimum": under if below else None,
        "maximum": None if above else high,
        "exclusiveMaximum": over if above else None,
    }


def _string(low: int, high: int | None, patterns: tuple[str, ...]) -> Data:
    searches = [searched(p) for p in patterns]
    return _with(
        {"type": "string"},
        minLength=low or None,
        maxLength=high,
        pattern=searches[0] if len(searches) == 1 else None,
        allOf=[{"pattern": s} for s in searches] if len(searches) > 1 else None,
    )


def _bytes(t: Bytes) -> Data:
    """Base64 of so many octets; the pattern counts groups of three octets and what is left."""
    written = {"type": "string", "contentEncoding": "base64", "format": "byte"}
    if not t.low and t.high is None:
        return written
    branches: list[str] = []
    for left, end in enumerate(("", "[A-Za-z0-9+/]{2}==", "[A-Za-z0-9+/]{3}=")):
        least = max(0, -(-(t.low - left) // 3))
        most = "" if t.high is None else str((t.high - left) // 3)
        if t.high is None or (t.high >= left and int(most) >= least):
            branches.append(f"(?:[A-Za-z0-9+/]{{4}}){{{least},{most}}}{end}")
    return {**written, "pattern": f"^(?:{'|'.join(branches)})$"}


def _named(schema: Schema) -> list[str]:
    """The definitions that the type needs, in the order of their names."""
    found: set[str] = set()
    unread: list[GType] = [schema.root]
    while unread:
        t = unread.pop()
        if isinstance(t, Ref) and t.name not in found:
            found.add(t.name)
            unread.append(schema.defs[t.name])
        unread.extend(_inside(t))
    return sorted(found)


def _inside(t: GType) -> Sequence[GType]:
    match t:
        case Object():
            return inside(t)
        case Array() | Tuple():
            return inside(t)
        case Union(types) | Intersection(types):
            return types
        case _:
            return []
