"""A GType as a schema of the validation engine (pydantic-core).

Strictness, finiteness and refusal of unknown keys are said at every node: the engine's
settings do not reach into typed dictionaries. Literals are held to their kind first, since
the engine counts `true` and `1.0` as `1`.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, inf, isfinite, nextafter
from typing import TYPE_CHECKING
from typing import Literal as Choice

from pydantic_core import CoreSchema, core_schema

from gatid_compiler.gtypes import checks, rust, scalars
from gatid_compiler.gtypes.keys import is_plain
from gatid_compiler.gtypes.leaves import exact
from gatid_compiler.gtypes.literals import fresh
from gatid_compiler.gtypes.meet_texts import is_text
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Composite,
    Field,
    Format,
    GType,
    Int,
    Intersection,
    Literal,
    Null,
    Number,
    Object,
    Scalar,
    String,
    Tuple,
)
from gatid_compiler.gtypes.normal import is_named
from gatid_compiler.gtypes.tuples import lengths
from gatid_compiler.gtypes.unions import discriminator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.gtypes.expand import Expansion
    from gatid_compiler.gtypes.model import JsonLiteral
from gatid_compiler.gtypes.expand import inside
from gatid_compiler.gtypes.explain import Explainer

Mode = Choice["json", "data", "plain"]
"""`json` reads bytes and fills defaults, `data` reads Python data and fills defaults, `plain`
reads Python data and fills nothing.
"""

_EXACT = 1 << 53
"""Integers below are doubles, too."""

_LARGE = 2000
"""Schemas of more nodes than this share what they name more than once."""


_LEAF = Bool | Int | Number | String | Bytes | Format

_ALONE = Bool | Int | Number | String | Format | Object | Array | Tuple


def build(root: GType, expansion: Expansion, mode: Mode) -> CoreSchema:
    """The engine's schema of a type. Raises `KeyError` for a name that is not defined."""
    builder = _Builder(expansion, mode, share=False)
    schema = builder.node(root)
    if builder.size > _LARGE:
        builder = _Builder(expansion, mode, share=True)
        schema = builder.node(root)
    if not builder.definitions:
        return schema
    return core_schema.definitions_schema(schema, list(builder.definitions.values()))


class _Builder:
    """Builds one schema; types met inside themselves become definitions."""

    def __init__(self, expansion: Expansion, mode: Mode, *, share: bool) -> None:
        self._expansion = expansion
        self._mode = mode
        self._share = share
        self._open: dict[GType, str] = {}
        self._heads: set[GType] = set()
        self._leaves: dict[GType, CoreSchema] = {}
        self._done: dict[GType, CoreSchema] = {}
        self._weight: dict[GType, int] = {}
        self.size = 0
        self.definitions: dict[GType, CoreSchema] = {}

    def node(self, t: GType) -> CoreSchema:
        """The schema of a type, at any place."""
        if isinstance(t, _LEAF):
            self.size += 1
            if t not in self._leaves:
                self._leaves[t] = self._atom(t)
            return self._leaves[t]
        if not is_named(t):
            return self._union(self._expansion.atoms(t))
        if t in self._open:
            self._heads.add(t)
            return core_schema.definition_reference_schema(self._open[t])
        if t in self._done:
            self.size += self._weight[t]
            return self._done[t]
        before = self.size
        reference = f"t{len(self._open)}.{len(self._done)}"
        self._open[t] = reference
        schema = self._union(self._expansion.atoms(t))
        del self._open[t]
        if t in self._heads or self._share:
            self.definitions[t] = {**schema, "ref": reference}
            schema = core_schema.definition_reference_schema(reference)
        self._weight[t] = self.size - before
        self._done[t] = schema
        return schema

    def _union(self, atoms: tuple[GType, ...]) -> CoreSchema:
        self.size += 1
        if len(atoms) == 1 and isinstance(atoms[0], _ALONE):
            return self._atom(atoms[0])
        if any(isinstance(a, Any) for a in atoms):
            return self._any()
        some: list[GType] = [a for a in atoms if not isinstance(a, Null)]
        arrays = [a for a in some if isinstance(a, Array | Tuple | Intersection) and not is_text(a)]
        flat = [a for a in some if a not in arrays and not isinstance(a, Literal | Object)]
        choices = [*self._literals(some), *map(self._atom, flat)]
        choices += [self._containers(arrays)] if arrays else []
        choices += self._objects([a for a in some if isinstance(a, Object)])
        inner = _one_of(choices)
        if len(some) == len(atoms):
            return inner
        return core_schema.nullable_schema(inner) if some else core_schema.none_schema()

    def _literals(self, atoms: list[GType]) -> list[CoreSchema]:
        values = [a.value for a in atoms if isinstance(a, Literal)]
        strings = [v for v in values if isinstance(v, str)]
        truths = [v for v in values if isinstance(v, bool)]
        whole = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
        small = [v for v in whole if -(1 << 63) <= v < 1 << 63]
        schemas: list[CoreSchema] = []
        if strings:
            schemas.append(core_schema.literal_schema(list[object](strings)))
        if small:
            literal = core_schema.literal_schema(list[object](small))
            schemas.append(core_schema.chain_schema([core_schema.int_schema(strict=True), literal]))
        if truths:
            literal = core_schema.literal_schema(list[object](truths))
            boolean = core_schema.bool_schema(strict=True)
            schemas.append(core_schema.chain_schema([boolean, literal]))
        schemas.extend(
            core_schema.int_schema(strict=True, ge=v, le=v) for v in whole if v not in small
        )
        return schemas

    def _objects(self, objects: list[Object]) -> list[CoreSchema]:
        found = discriminator(objects, self._expansion)
        if found is None:
            return [self._containers(objects)] if objects else []
        choices = {tag: self._containers(leads) for tag, leads in found.branches.items()}
        return [core_schema.tagged_union_schema(dict(choices), found.field)]

    def _containers(self, atoms: Sequence[GType]) -> CoreSchema:
        """One of the containers. Where nothing tells them apart and they are inside themselves,
        trying one after the other would take twice as long with each level: which one it is
        is then found first.
        """
        built = [self._atom(a) for a in atoms]
        if len(atoms) == 1 or not self._recursive(atoms):
            return _one_of(built)
        explainer = Explainer(self._expansion)
        fixed = tuple(atoms)
        choices = dict(enumerate(built))
        return core_schema.tagged_union_schema(
            dict(choices), discriminator=lambda value: explainer.first(value, fixed)
        )

    def _recursive(self, atoms: Sequence[GType]) -> bool:
        waiting = [part for a in atoms for part in inside(a)]
        reached = set(waiting)
        while waiting:
            for atom in self._expansion.atoms(waiting.pop()):
                if atom in atoms:
                    return True
                new = set(inside(atom)) - reached
                reached |= new
                waiting += new
        return False

    def _atom(self, t: GType) -> CoreSchema:
        match t:
            case Bool():
                return core_schema.bool_schema(strict=True)
            case Int():
                return core_schema.int_schema(
                    strict=True, ge=t.low, le=t.high, multiple_of=t.multiple
                )
            case Number():
                return _number(t)
            case String():
                return _one_after_another([self._string(p, t) for p in t.patterns or (None,)])
            case Bytes():
                return _bytes(t)
            case Format():
                return _format(t.scalar)
            case Object():
                return self._object(t)
            case Array():
                return self._array(t)
            case Tuple():
                return self._tuple(t)
            case Intersection(parts):
                return self._parts(parts)
            case _:
                return core_schema.no_info_plain_validator_function(checks.never)

    def _any(self) -> CoreSchema:
        if self._mode == "json":
            return core_schema.any_schema()
        read = checks.json_data if self._mode == "plain" else checks.read_data
        return core_schema.no_info_plain_validator_function(read)

    def _string(self, pattern: str | None, t: String) -> CoreSchema:
        return core_schema.str_schema(
            strict=True,
            pattern=None if pattern is None else rust.whole(pattern),
            # Any constraint makes the engine look at the characters of a Python string.
            min_length=t.low or (None if self._mode == "json" else 0),
            max_length=t.high,
        )

    def _array(self, t: Array) -> CoreSchema:
        schema = core_schema.list_schema(
            self.node(t.item),
            min_length=t.low or None,
            max_length=t.high,
            strict=True,
            fail_fast=True,
        )
        if not t.unique:
            return schema
        return core_schema.no_info_after_validator_function(checks.unique, schema)

    def _tuple(self, t: Tuple) -> CoreSchema:
        least, most = lengths(t)
        kinds = [self.node(item) for item in t.items]
        items = core_schema.tuple_schema(
            kinds if t.rest is None else [*kinds, self.node(t.rest.item)],
            variadic_item_index=None if t.rest is None else len(kinds),
            min_length=None if t.rest is None else least,
            max_length=None if t.rest is None else most,
            strict=self._mode == "json",
        )
        as_list = core_schema.no_info_after_validator_function(list, items)
        if self._mode == "json":
            return as_list
        # A lax tuple takes sets and iterators too; only lists may come so far.
        lists = core_schema.list_schema(min_length=least, max_length=most, strict=True)
        return core_schema.chain_schema([lists, as_list])

    def _object(self, t: Object) -> CoreSchema:
        self.size += len(t.fields)
        if not is_plain(t):
            return self._keyed(t)
        key = core_schema.str_schema(strict=True, min_length=None if self._mode == "json" else 0)
        if t.rest is not None and not t.fields:
            return core_schema.dict_schema(key, self.node(t.rest), strict=True)
        rest: CoreSchema | None = None
        if t.rest is not None and not (self._mode == "json" and isinstance(t.rest, Any)):
            rest = self.node(t.rest)
        return core_schema.typed_dict_schema(
            {f.name: self._field(f) for f in t.fields},
            strict=True,
            extra_behavior="forbid" if t.rest is None else "allow",
            extras_schema=rest,
        )

    def _keyed(self, t: Object) -> CoreSchema:
        """Splits the object by what its keys are, and puts together what became of the parts."""
        text = core_schema.str_schema(strict=True, min_length=0)
        kinds = [
            core_schema.dict_schema(text, self.node(k.type), strict=True, fail_fast=True)
            for k in t.keys
        ]
        parts = [self._object(Object(t.fields, t.rest)), *kinds]
        fields = {str(n): core_schema.typed_dict_field(part) for n, part in enumerate(parts)}
        return core_schema.chain_schema(
            [
                core_schema.no_info_plain_validator_function(checks.split(t)),
                core_schema.typed_dict_schema(fields, strict=True),
                core_schema.no_info_plain_validator_function(checks.together),
            ]
        )

    def _field(self, f: Field) -> core_schema.TypedDictField:
        schema = self.node(f.type)
        if f.default is not None and not f.required and self._mode != "plain":
            schema = _filled(schema, f.default.value)
        return core_schema.typed_dict_field(schema, required=f.required)

    def _parts(self, parts: tuple[GType, ...]) -> CoreSchema:
        tuples = [p for p in parts if isinstance(p, Tuple)]
        if tuples:
            return core_schema.no_info_after_validator_function(
                checks.unique, self._tuple(tuples[0])
            )
        # UUIDs last: what they turn into lower case must not meet a pattern after it.
        ordered = sorted(parts, key=lambda p: isinstance(p, Format))
        return _one_after_another(
            [self._atom(p) for p in sorted(ordered, key=lambda p: p == Format(Scalar.UUID))]
        )


def _one_of(choices: list[CoreSchema]) -> CoreSchema:
    if not choices:
        return core_schema.no_info_plain_validator_function(checks.never)
    if len(choices) == 1:
        return choices[0]
    return core_schema.union_schema(list(choices), mode="left_to_right")


def _one_after_another(steps: list[CoreSchema]) -> CoreSchema:
    return steps[0] if len(steps) == 1 else core_schema.chain_schema(steps)


def _number(t: Number) -> CoreSchema:
    """Integers stay integers, so that none loses a digit; everything else is a double."""
    step = None if t.multiple is None else exact(t.multiple).numerator
    whole = core_schema.int_schema(
        strict=True,
        ge=None if t.low is None else ceil(t.low),
        le=None if t.high is None else floor(t.high),
        multiple_of=step,
    )
    real: CoreSchema = core_schema.float_schema(
        strict=True,
        allow_inf_nan=False,
        ge=None if t.low is None else _double_from(t.low),
        le=None if t.high is None else -_double_from(-t.high),
    )
    if t.multiple is not None:
        check = checks.multiple_of(t.multiple)
        real = core_schema.no_info_before_validator_function(check, real)
    elif any(b is not None and abs(b) >= _EXACT for b in (t.low, t.high)):
        # The engine would round an integer that it has just refused, and find it fitting.
        real = core_schema.no_info_before_validator_function(checks.no_integer, real)
    return core_schema.union_schema([whole, real], mode="left_to_right")


def _double_from(low: float) -> float:
    """The least double that is not below."""
    try:
        near = float(low)
    except OverflowError:
        return inf if low > 0 else -inf
    return near if not isfinite(near) or Fraction(near) >= low else nextafter(near, inf)


def _bytes(t: Bytes) -> CoreSchema:
    text = core_schema.str_schema(strict=True, pattern=rust.whole(scalars.BASE64))
    if t.low == 0 and t.high is None:
        return text
    return core_schema.no_info_after_validator_function(checks.octets(t.low, t.high), text)


def _format(scalar: Scalar) -> CoreSchema:
    pattern = rust.whole(scalars.PATTERNS[scalar])
    text = core_schema.str_schema(
        strict=True, pattern=pattern, to_lower=True if scalar is Scalar.UUID else None
    )
    leap = scalars.LEAP_PATTERNS.get(scalar)
    if leap is None:
        return text
    written = core_schema.str_schema(strict=True, pattern=rust.whole(leap))
    second = core_schema.no_info_after_validator_function(checks.leap_second, written)
    return core_schema.union_schema([text, second], mode="left_to_right")


def _filled(schema: CoreSchema, value: JsonLiteral) -> CoreSchema:
    """A field that is filled where it is absent, each time with a value of its own."""
    if not isinstance(value, Composite):
        return core_schema.with_default_schema(schema, default=value)
    return core_schema.with_default_schema(schema, default_factory=lambda: fresh(value))
