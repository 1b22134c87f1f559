"""Where annotations mean the same to pydantic, its strict JSON validation agrees.

The differences, each with its reason, stand in docs/extract.md and are left out here: texts of
dates, addresses, UUIDs, decimals and bytes; literals that are numbers; multiples of fractions;
unique items; what only a marker of ours can say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, NotRequired

import pytest
from annotated_types import Ge, Interval, Len, MultipleOf
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bytes,
    Format,
    GType,
    Intersection,
    Never,
    Number,
    Object,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.model import Field as FieldType
from gatid_compiler.gtypes.model import Literal as LiteralType
from gatid_compiler.gtypes.normal import object_, union
from gatid_compiler.gtypes.python import Extracted, extract, to_python
from gatid_compiler.gtypes.values import member
from tests.compiler.gtypes.inhabit import Members, draw_json, draw_near_miss, schemas, several
from tests.compiler.gtypes.python.test_round_trip import imported

if TYPE_CHECKING:
    from collections.abc import Mapping


class Status(StrEnum):
    NEW = "new"
    PAID = "paid"


class Point(NamedTuple):
    x: float
    y: int = 0


@dataclass(frozen=True)
class Line:
    __pydantic_config__ = ConfigDict(extra="forbid")

    sku: Annotated[str, Len(1, 3)]
    count: Annotated[int, Interval(gt=0, le=5)] = 1


class Card(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["card"]
    last: str = Field(pattern=r"[0-9]{2}")


class Invoice(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int]

    kind: Literal["invoice"] = "invoice"
    days: Annotated[int, MultipleOf(5)] | None = Field(None, ge=0, alias="the days")


class Order(TypedDict, closed=True):
    lines: Annotated[list[Line], Len(0, 2)]
    status: Status
    at: NotRequired[Point]
    paid: NotRequired[Annotated[Card | Invoice, Field(discriminator="kind")]]
    marks: NotRequired[dict[str, bool | None]]
    parent: NotRequired[Order]


HAND_WRITTEN = (
    Order,
    Card,
    Invoice,
    list[Point],
    tuple[int, Annotated[str, Field(pattern="^a|b$")]],
    Annotated[float, Ge(0.5)] | Annotated[str, Len(2)] | None,
    dict[str, Annotated[int, Field(lt=3)]],
)


@cache
def _read(index: int) -> tuple[Extracted, TypeAdapter]:
    return extract(HAND_WRITTEN[index], module=__name__), TypeAdapter(HAND_WRITTEN[index])


def _takes(adapter: TypeAdapter, value: object) -> bool:
    try:
        adapter.validate_json(json.dumps(value), strict=True)
    except ValidationError:
        return False
    return True


@pytest.mark.prop(9)
@settings(max_examples=300)
@given(st.sampled_from(range(len(HAND_WRITTEN))), st.data())
def test_classes_mean_what_pydantic_reads(index: int, data: st.DataObject) -> None:
    extracted, adapter = _read(index)
    schema = extracted.schema
    value = Members(schema).draw(data.draw, schema.root)
    match data.draw(st.integers(0, 3)):
        case 0:
            value = draw_json(data.draw)
        case 1 | 2:
            value = draw_near_miss(data.draw, value)
    _skip_traps(value)
    assert member(value, schema) == _takes(adapter, value), (extracted, value)


@pytest.mark.prop(9)
@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(schemas(), st.data())
def test_what_is_written_means_the_same_to_pydantic(drawn: Schema, data: st.DataObject) -> None:
    defs = {name: _shared(t) for name, t in drawn.defs.items()}
    schema = Schema(_shared(drawn.root), defs)
    source = to_python(schema)
    # Names are looked up from where the adapter is made.
    making = "from pydantic import TypeAdapter\nadapter = TypeAdapter(Root)\n"
    with imported(f"{source}\n{making}") as made:
        for value in data.draw(several(schema)):
            _skip_traps(value)
            assert member(value, schema) == _takes(made.adapter, value), source


def _skip_traps(value: object) -> None:
    """pydantic compares whole numbers with floats inexactly, past 2^53."""
    match value:
        case float() | int():
            assume(abs(value) < 2**53)
        case list():
            for each in value:
                _skip_traps(each)
        case dict():
            for each in value.values():
                _skip_traps(each)


def _shared(t: GType) -> GType:
    """The type with what the two read differently replaced by what they read alike."""
    match t:
        case Bytes() | Format() | Intersection() | Never():
            return String(0, 3)
        case LiteralType(value):
            return LiteralType(str(value))
        case Number(low, high):
            small = [end for end in (low, high) if end is not None and abs(end) < 2**53]
            return Number(min(small, default=None), max(small, default=None))
        case Array(item, low, high):
            return Array(_shared(item), low, high)
        case Object(fields, rest):
            inside = (FieldType(f.name, _shared(f.type), f.required) for f in fields)
            return object_(inside, None if rest is None else _shared(rest))
        case Tuple(parts):
            return Tuple(tuple(map(_shared, parts)))
        case Union(branches):
            return union(*map(_shared, branches))
        case _:
            return t


def test_the_names_of_this_module_are_found() -> None:
    read: Mapping[str, GType] = extract(Order).schema.defs
    assert set(read) == {"Order", "Line", "Status", "Point", "Card", "Invoice"}
    assert Any() not in read.values()
