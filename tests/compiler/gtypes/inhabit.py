"""Hypothesis strategies of types, of their members, and of values that nearly are members."""

from __future__ import annotations

import base64
import copy
from dataclasses import replace
from functools import cache
from typing import Any as Value

from hypothesis import strategies as st

from gatid_compiler.gtypes import scalars
from gatid_compiler.gtypes.emptiness import Inhabitants
from gatid_compiler.gtypes.expand import Expansion
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
    Keys,
    Literal,
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
from gatid_compiler.gtypes.normal import intersection, object_, union
from gatid_compiler.gtypes.tuples import tuple_

NAMES = ("a", "b", "kind", "x y", "a/b", "~")
PATTERNS = (
    r"[A-Z]{3}-\d{4}",
    r"^[a-c]+$",
    r"\w*",
    r"a|bc?",
    r"\d{1,3}(\.\d\d)?",
    r"[^x]y?",
    r"\S+",
    r"(foo|ba[rz])*",
    r".{2,4}",
)
EDGES = (0, 1, -1, 2, 3, 5, 10, 2**31, 2**53, 2**53 + 1, -(2**63), 2**63, 10**30)
REALS = (0.0, 0.1, 0.3, 0.5, 1.5, -0.5, 1e16, 1e-7, 2.5, 100.0, 1e300)
TEXTS = ("", "a", "b", "bc", "foo", "ABC-1234", "é", "😀", "true", "1", "a\n", "٣", "x" * 7)
SAMPLES = {
    Scalar.UUID: ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"),
    Scalar.EMAIL: ("a@b", "a.b+c@example.org", '"a b"@[127.0.0.1]'),
    Scalar.URL: ("https://a.b/c?d#e", "urn:x", "http://u@[::1]:80/%20"),
    Scalar.DATE: ("2024-02-29", "1900-12-31", "0000-02-29"),
    Scalar.TIME: ("23:59:60Z", "00:00:00.5+01:00", "01:29:60+01:30"),
    Scalar.DATETIME: ("2024-02-29T12:00:00Z", "1998-12-31t23:59:60z"),
    Scalar.DURATION: ("P1Y2M3DT4H5M6.7S", "PT0S", "P3W"),
    Scalar.DECIMAL: ("0", "-1.50", "007"),
    Scalar.IP: ("127.0.0.1", "::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"),
}


Draw = st.DrawFn

# Strategies are made once: drawing from a fresh deep one costs more than what is tested.
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(EDGES),
    st.sampled_from(REALS),
    st.sampled_from(TEXTS),
    st.sampled_from([text for texts in SAMPLES.values() for text in texts]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
_SMALL = st.integers(0, 3)
_NAME = st.sampled_from(NAMES)
_LENGTHS = st.sampled_from([(0, None), (0, 3), (1, None), (2, 2), (1, 4), (0, 0)])
_INT_EDGE = st.sampled_from([None, *EDGES])
_REAL_EDGE = st.sampled_from([None, None, *EDGES, *REALS])
_PLAIN = st.sampled_from([Any(), Null(), Bool(), Int(), Number(), String(), Bytes()])
_LITERALS = st.sampled_from([*EDGES, *TEXTS, True, False])
_KEYS = st.sampled_from(
    [String(0, 1), String(2), String(patterns=("x.*",)), String(patterns=("[a-b]+",)),
     String(patterns=(r".*\d",)), Format(Scalar.DECIMAL)]
)  # fmt: skip
_TAGS = st.sampled_from([("card", "invoice", "cash"), (1, 2, 3), ("card", "card", "b")])


def _ordered(low: Value, high: Value) -> tuple[Value, Value]:
    return (low, high) if low is None or high is None or low <= high else (high, low)


def draw_leaf(draw: Draw) -> GType:
    """A type without parts."""
    match draw(st.integers(0, 8)):
        case 0:
            bounds = _ordered(draw(_INT_EDGE), draw(_INT_EDGE))
            return Int(*bounds, draw(st.sampled_from([None, None, 1, 2, 5, 10**20])))
        case 1:
            bounds = _ordered(draw(_REAL_EDGE), draw(_REAL_EDGE))
            return Number(*bounds, draw(st.sampled_from([None, None, 0.1, 0.01, 2, 2.5, 1e-7])))
        case 2:
            return String(*draw(_LENGTHS))
        case 3:
            return String(patterns=(draw(st.sampled_from(PATTERNS)),))
        case 4:
            return Bytes(*draw(_LENGTHS))
        case 5:
            return Format(draw(st.sampled_from(list(Scalar))))
        case 6:
            return Literal(draw(_LITERALS))
        case _:
            return draw(_PLAIN)


def draw_object(draw: Draw, size: int, names: tuple[str, ...]) -> GType:
    """An object type, closed or open."""
    fields = {
        name: Field(name, draw_type(draw, size - 1, names), draw(st.booleans()))
        for name in (draw(_NAME) for _ in range(draw(_SMALL)))
    }
    rest: GType | None = None
    match draw(st.integers(0, 4)):
        case 0:
            rest = Any()
        case 1:
            rest = draw_type(draw, size - 1, names)
    return object_(fields.values(), rest)


def _draw_tagged(draw: Draw, size: int, names: tuple[str, ...]) -> GType:
    tags = draw(_TAGS)[: 2 + draw(st.integers(0, 1))]
    return union(
        *(
            object_(
                [
                    Field("kind", Literal(tag)),
                    Field(draw(st.sampled_from("ab")), draw_type(draw, size - 1, names)),
                ]
            )
            for tag in tags
        )
    )


def draw_type(draw: Draw, size: int, names: tuple[str, ...]) -> GType:
    """A type of any kind, nested no deeper than `size`; `names` are what references name."""
    choice = draw(st.integers(0, 9 if size > 0 else 2))
    if choice == 0 and names:
        return Ref(draw(st.sampled_from(names)))
    match choice:
        case 3 | 4:
            return draw_object(draw, size, names)
        case 5:
            return _draw_tagged(draw, size, names)
        case 6:
            item = draw_type(draw, size - 1, names)
            return Array(item, *draw(_LENGTHS), draw(st.booleans()))
        case 7:
            return Tuple(tuple(draw_type(draw, size - 1, names) for _ in range(draw(_SMALL))))
        case 8:
            return union(*(draw_type(draw, size - 1, names) for _ in range(1 + draw(_SMALL))))
        case 9:
            return intersection(*(draw_type(draw, size - 1, names) for _ in range(2)))
        case _:
            return draw_leaf(draw)


@st.composite
def types(draw: Draw, size: int = 3) -> GType:
    """Types of all kinds, without references."""
    return draw_type(draw, size, ())


@st.composite
def schemas(draw: Draw, size: int = 3) -> Schema:
    """Schemas, recursive ones among them; every cycle passes through an object or array."""
    names = ("A", "B")
    defs: dict[str, GType] = {
        "A": draw_object(draw, 2, names),
        "B": Array(draw_type(draw, 1, names), *draw(_LENGTHS))
        if draw(st.booleans())
        else draw_object(draw, 2, names),
    }
    return Schema(draw_type(draw, size, names), defs)


@st.composite
def json_schemas(draw: Draw, size: int = 2) -> Schema:
    """Schemas with what only JSON Schema has: kinds of keys, their number, tuples that go on."""
    schema = draw(schemas(size))
    return Schema(
        _told(draw, schema.root), {name: _told(draw, t) for name, t in schema.defs.items()}
    )


def _told(draw: Draw, t: GType) -> GType:
    match t:
        case Object(fields, rest):
            kinds = _SMALL if draw(st.booleans()) else st.just(0)
            keys = [Keys(draw(_KEYS), draw_type(draw, 1, ())) for _ in range(draw(kinds))]
            counted = draw(_LENGTHS) if draw(st.booleans()) else (0, None)
            inside = (replace(f, type=_told(draw, f.type)) for f in fields)
            return object_(inside, None if rest is None else _told(draw, rest), keys, *counted)
        case Array(item, _, _, False) if draw(st.booleans()):
            places = [draw_type(draw, 1, ()) for _ in range(1 + draw(st.integers(0, 1)))]
            return tuple_([*places, _told(draw, item)], replace(t, item=_told(draw, item)))
        case Array(item):
            return replace(t, item=_told(draw, item))
        case Tuple(items):
            return Tuple(tuple(_told(draw, item) for item in items))
        case Union(branches):
            return union(*(_told(draw, branch) for branch in branches))
        case _:
            return t


def draw_json(draw: Draw, depth: int = 2) -> Value:
    """A JSON value of any kind."""
    choice = draw(st.integers(0, 5))
    if depth > 0 and choice == 0:
        return [draw_json(draw, depth - 1) for _ in range(draw(_SMALL))]
    if depth > 0 and choice == 1:
        return {draw(_NAME): draw_json(draw, depth - 1) for _ in range(draw(_SMALL))}
    return draw(_SCALARS)


@st.composite
def any_json(draw: Draw) -> Value:
    """JSON values of all kinds."""
    return draw_json(draw)


class Members:
    """Draws members of one schema's types. They may miss: judge what they give."""

    def __init__(self, schema: Schema) -> None:
        self._expansion = Expansion.of(schema)
        self._inhabitants = Inhabitants(self._expansion)

    def draw(self, draw: Draw, t: GType, depth: int = 3) -> Value:
        """A value of the type, containers no deeper than about `depth` where it may stop."""
        atoms = [a for a in self._expansion.atoms(t) if self._inhabitants.has_any(a)]
        if depth <= 0:
            flat = [a for a in atoms if not isinstance(a, Object | Array | Tuple)]
            atoms = flat or atoms
        if not atoms or depth < -5:
            return draw_json(draw)
        return self._of(draw, draw(st.sampled_from(atoms)), depth)

    def _of(self, draw: Draw, t: GType, depth: int) -> Value:
        match t:
            case Any():
                return draw_json(draw)
            case Null():
                return None
            case Literal(value):
                return value
            case Object():
                return self._object(draw, t, depth)
            case Array():
                most = t.low + 3 if t.high is None else min(t.low + 3, t.high)
                size = draw(st.integers(t.low, most)) if depth > 0 else t.low
                return [self.draw(draw, t.item, depth - 1) for _ in range(size)]
            case Tuple(items, rest):
                more = [] if rest is None else self._of(draw, rest, depth)
                return [*(self.draw(draw, item, depth - 1) for item in items), *more]
            case Intersection(parts):
                flat = [p for p in parts if p != Array(Any(), unique=True)]
                return self._of(draw, draw(st.sampled_from(flat)), depth)
            case _:
                return draw(leaf_members(t))

    def _object(self, draw: Draw, t: Object, depth: int) -> Value:
        made = {}
        for field in t.fields:
            possible = self._inhabitants.has_any(field.type)
            if field.required or (possible and depth > 0 and draw(st.booleans())):
                made[field.name] = self.draw(draw, field.type, depth - 1)
        for kind in t.keys:
            if depth > 0 and draw(st.booleans()):
                name = draw(st.sampled_from(["x1", "x22", "ab", *NAMES]))
                made[name] = self.draw(draw, kind.type, depth - 1)
        if t.rest is not None and depth > 0 and draw(st.booleans()):
            declared = {f.name for f in t.fields}
            free = [n for n in (*NAMES, "extra") if n not in declared]
            made[draw(st.sampled_from(free))] = self.draw(draw, t.rest, depth - 1)
        return made


@cache
def leaf_members(t: GType) -> st.SearchStrategy[Value]:
    """Members of a type without parts, its boundary values among them."""
    match t:
        case Bool():
            return st.booleans()
        case Int():
            return _integers(t)
        case Number():
            return _integers(t) | _reals(t)
        case Bytes(low, high):
            octets = st.binary(min_size=low, max_size=high if high is not None else low + 4)
            return octets.map(lambda o: base64.b64encode(o).decode())
        case Format(scalar):
            return st.sampled_from(SAMPLES[scalar]) | _matching(scalars.PATTERNS[scalar])
        case String(low, high, patterns):
            if patterns:
                return _matching(patterns[0])
            return st.text(min_size=low, max_size=high if high is not None else low + 4)
        case _:
            raise AssertionError(t)


def _matching(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(f"(?a:{pattern})", fullmatch=True)


def _integers(t: Int | Number) -> st.SearchStrategy[int]:
    step = t.multiple if isinstance(t.multiple, int) else 1
    low = None if t.low is None else -(-int(t.low) // step)
    high = None if t.high is None else int(t.high) // step
    if low is not None and high is not None and low > high:
        low, high = high, low
    edges = [edge for edge in (low, high) if edge is not None] or [0]
    return (st.integers(low, high) | st.sampled_from(edges)).map(lambda n: n * step)


def _reals(t: Number) -> st.SearchStrategy[float]:
    if t.multiple is not None:
        return st.integers(-1000, 1000).map(lambda n: round(n * t.multiple, 9))
    edges = [float(edge) for edge in (t.low, t.high) if edge is not None]
    wide = st.floats(allow_nan=False, allow_infinity=False)
    return wide | st.sampled_from(edges or [0.5])


def draw_near_miss(draw: Draw, value: Value) -> Value:
    """The value with one thing changed, somewhere."""
    top: Value = [copy.deepcopy(value)]
    holder, key = top, 0
    while isinstance(holder[key], list | dict) and holder[key] and draw(_SMALL):
        holder = holder[key]
        steps = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = draw(st.sampled_from(steps))
    holder[key] = _changed(draw, holder[key])
    return top[0]


def _changed(draw: Draw, value: Value) -> Value:
    match value:
        case bool():
            return draw(st.sampled_from([int(value), float(value), str(value).lower(), not value]))
        case int():
            near = [value + 1, value - 1, bool(value), str(value), -value]
            return draw(st.sampled_from(near + ([float(value)] if abs(value) < 10**300 else [])))
        case float():
            return draw(
                st.sampled_from([value + 0.5, value / 3, value * 2 if value < 1e300 else 0])
            )
        case str():
            near = [value + "\n", value + "a", value[:-1], value.upper(), value + "٣", f"-{value}"]
            return draw(st.sampled_from(near))
        case list():
            near = [value[:-1], [*value, None], value + value[:1], dict.fromkeys(map(str, value))]
            return draw(st.sampled_from(near))
        case dict():
            smaller = dict(list(value.items())[1:])
            name = draw(st.sampled_from([*NAMES, "extra"]))
            return draw(
                st.sampled_from([smaller, {**value, name: None}, {**value, name: 1}, [value]])
            )
        case _:
            return draw_json(draw)


@st.composite
def schemas_and_values(draw: Draw) -> tuple[Schema, Value]:
    """A schema, and a value that is of it, nearly of it, or anything."""
    schema = draw(schemas())
    if draw(st.integers(0, 6)) == 0:
        return schema, draw_json(draw)
    value = Members(schema).draw(draw, schema.root)
    return schema, draw_near_miss(draw, value) if draw(st.booleans()) else value


@st.composite
def several(draw: Draw, schema: Schema) -> list[Value]:
    """Values that are, or nearly are, of one schema."""
    members = Members(schema)
    values = [members.draw(draw, schema.root) for _ in range(1 + draw(_SMALL))]
    return values + [draw_near_miss(draw, value) for value in values]
