"""What each annotation is as a GType, and what is refused by name."""

from __future__ import annotations

import datetime
import enum
import ipaddress
import re
import typing
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from decimal import Decimal
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Required,
    TypeVar,
)

import annotated_types as at
import pydantic
import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints
from typing_extensions import Doc, ReadOnly, TypeAliasType, TypedDict

from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.python import (
    Also,
    Matches,
    NotExtractableError,
    Secret,
    Unique,
    extract,
)
from gatid_compiler.gtypes.text import show
from gatid_compiler.gtypes.validator import validator

T = TypeVar("T")
UserId = NewType("UserId", int)
Tree = TypeAliasType("Tree", "dict[str, Tree] | None")
Pair = TypeAliasType("Pair", tuple[T, T], type_params=(T,))
Loop = TypeAliasType("Loop", "Loop | int")


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Bits(enum.Flag):
    A = 1


class Odd(enum.Enum):
    HALF = 0.5


class Point(NamedTuple):
    x: int
    y: int = 0
    label: str = ""


class Base(TypedDict, total=False):
    a: int
    b: Required[str]


class Extended(Base):
    c: ReadOnly[bool]
    d: NotRequired[Annotated[int, Field(default=3)]]


Quoted = TypedDict("Quoted", {"x y": "NotRequired[Quoted]", "class": int})


class Open(TypedDict, closed=False):
    a: int


class Rest(TypedDict, extra_items=int):
    a: int


class Page(TypedDict, Generic[T]):
    items: list[T]
    next: NotRequired["Page[T]"]  # noqa: UP037 — in quotes on purpose


@dataclass
class Box(Generic[T]):
    held: T


@dataclass
class IntBox(Box[int]):
    more: str | None = None
    made: list[int] = field(default_factory=list)
    colour: Colour = Colour.RED


class Account(BaseModel):
    name: str = Field(min_length=1, max_length=9, description="as it is shown")
    age: int | None = Field(None, ge=0, lt=150)
    pin: pydantic.SecretStr = Field(alias="the-pin")


class Anything(BaseModel, extra="allow"):
    __pydantic_extra__: dict[str, bool]
    a: int


class Names(RootModel[Annotated[list[str], at.Len(1)]]):
    pass


class Boxed(BaseModel, Generic[T], extra="forbid"):
    held: T


KINDS = [
    (str, "string"),
    (float, "number"),
    (None, "null"),
    (object, "any"),
    (Any, "any"),
    (bytes, "bytes"),
    (typing.Never, "never"),
    (uuid.UUID, "Uuid"),
    (datetime.date, "Date"),
    (datetime.time, "Time"),
    (datetime.datetime, "DateTime"),
    (datetime.timedelta, "Duration"),
    (Decimal, "Decimal"),
    (ipaddress.IPv4Address | ipaddress.IPv6Address | None, "Ip | null"),
    (ipaddress.IPv4Address, "Ip & string(pattern '[0-9.]+')"),
    (pydantic.EmailStr, "Email"),
    (pydantic.AnyUrl, "Url"),
    (pydantic.PositiveInt, "int(1..)"),
    (Literal["a", 1, True, None], 'true | 1 | "a" | null'),
    (Literal[Colour.RED], '"red"'),
    (typing.Optional[int], "int | null"),  # noqa: UP045 — people write it
    (int | str | bool, "bool | int | string"),
    (list, "any[]"),
    (list["UserId"], "UserId[]"),
    (Sequence[int], "int[]"),
    (set[int], "int[unique]"),
    (frozenset[str], "string[unique]"),
    (tuple[int, ...], "int[]"),
    (tuple[int, str], "[int, string]"),
    (dict, "{ ... }"),
    (Mapping[str, int], "{ ...: int }"),
    (Annotated[int, at.Gt(0), at.Lt(9.5)], "int(1..9)"),
    (Annotated[int, at.Ge(0), at.Ge(5), at.MultipleOf(5)], "int(5.., multiple 5)"),
    (Annotated[float, at.Interval(ge=0, le=Decimal("0.1"))], "number(0..0.1)"),
    (Annotated[str, at.Len(2, 4)], "string(2..4)"),
    (Annotated[str, StringConstraints(pattern="^a+$")], "string(pattern 'a+')"),
    (Annotated[str, Field(pattern="a|b")], "string(pattern '(?s:.*)(?:a|b)(?s:.*)')"),
    (Annotated[str, Field(pattern=re.compile(r"\A(?:\d)\Z", re.ASCII))], r"string(pattern '\d')"),
    (Annotated[str, Matches("a|b")], "string(pattern 'a|b')"),
    (Annotated[bytes, at.MaxLen(3)], "bytes(..3)"),
    (Annotated[list[int], at.MinLen(1), Unique()], "int[1.., unique]"),
    (Annotated[int | None, at.Ge(1)], "int(1..) | null"),
    (Annotated[UserId, at.Ge(1)], "int(1..)"),
    (Annotated[uuid.UUID, Also(pydantic.EmailStr)], "Email & Uuid"),
    (Annotated[int, "any object", object()], "int"),
]  # fmt: skip


@pytest.mark.parametrize(("annotation", "text"), KINDS, ids=[text for _, text in KINDS])
def test_kinds(annotation: object, text: str) -> None:
    assert show(extract(annotation, module=__name__).schema.root) == text


NAMED = [
    (UserId, {"UserId": "int"}),
    (Tree, {"Tree": "{ ...: Tree } | null"}),
    (Pair[int], {"Pair<int>": "[int, int]"}),
    (Colour, {"Colour": '"green" | "red"'}),
    (Level, {"Level": "1 | 2"}),
    (Point, {"Point": "[int, int, string] | [int, int] | [int]"}),
    (Extended, {"Extended": "{ a?: int, b: string, c: bool, d?: int = 3 }"}),
    (Quoted, {"Quoted": '{ class: int, "x y"?: Quoted }'}),
    (Open, {"Open": "{ a: int, ... }"}),
    (Rest, {"Rest": "{ a: int, ...: int }"}),
    (Page[int], {"Page<int>": "{ items: int[], next?: Page<int> }"}),
    (
        IntBox,
        {
            "IntBox": '{ colour?: Colour = "red", held: int, made?: int[], '
            "more?: string | null = null }",
            "Colour": '"green" | "red"',
        },
    ),
    (
        Account,
        {
            "Account": "{ age?: int(0..149) | null = null, name: string(1..9), "
            '"the-pin": secret string }'
        },
    ),
    (Anything, {"Anything": "{ a: int, ...: bool }"}),
    (Names, {"Names": "string[1..]"}),
    (Boxed[int], {"Boxed<int>": "{ held: int }"}),
]


@pytest.mark.parametrize(("annotation", "texts"), NAMED, ids=[next(iter(t)) for _, t in NAMED])
def test_definitions(annotation: object, texts: dict[str, str]) -> None:
    defs = extract(annotation).schema.defs
    assert {name: show(t) for name, t in defs.items()} == texts


def test_documentation_is_kept() -> None:
    class Told(TypedDict):
        a: Annotated[int, Doc("how many")]

    assert extract(Told).schema.defs["Told"].field("a").doc == "how many"
    assert extract(Account).schema.defs["Account"].field("name").doc == "as it is shown"


def test_classes_of_a_function_are_found_by_their_names() -> None:
    class Inner(TypedDict):
        again: NotRequired[Inner]

    class Outer(TypedDict):
        inner: Inner

    with pytest.raises(NotExtractableError, match="names `Inner`, which is not defined"):
        extract(Outer)
    assert set(extract(Outer, names=locals()).schema.defs) == {"Outer", "Inner"}


class _Inside(TypedDict):
    a: int


class _Endless(TypedDict):
    again: NotRequired[_Endless]


class Public(TypedDict):
    one: _Inside
    two: list[_Inside]
    three: _Endless


def test_private_classes_are_written_out_where_they_stand() -> None:
    defs = extract(Public).schema.defs
    assert {name: show(t) for name, t in defs.items()} == {
        "Public": "{ one: { a: int }, three: _Endless, two: { a: int }[] }",
        "_Endless": "{ again?: _Endless }",
    }


class Add(BaseModel, extra="forbid"):
    op: Literal["add"] = "add"
    left: Expression


class _Number(BaseModel, extra="forbid"):
    op: Literal["number"] = "number"


Expression = Annotated[Add | _Number, Field(discriminator="op")]


def test_the_tag_of_a_discriminated_union_is_required() -> None:
    Add.model_rebuild()
    extracted = extract(Expression)
    assert {name: show(t) for name, t in extracted.schema.defs.items()} == {
        "Add": '{ left: { op: "number" } | { op: any, ... } & Add, op?: "add" = "add" }'
    }
    read = validator(extracted.schema)
    for text in ('{"op": "number"}', '{"op": "add", "left": {"op": "number"}}'):
        read.json(text.encode())
    for text in ("{}", '{"left": {"op": "number"}}', '{"op": "add", "left": {}}'):
        with pytest.raises(Invalid):
            read.json(text.encode())


def test_classes_of_one_name_are_kept_apart() -> None:
    one = TypedDict("Same", {"a": int})  # noqa: UP013 — two classes of one name
    other = TypedDict("Same", {"a": str})  # noqa: UP013
    defs = extract(tuple[one, other, one]).schema.defs
    assert {name: show(t) for name, t in defs.items()} == {
        "Same": "{ a: int }", "Same_2": "{ a: string }",
    }  # fmt: skip


class Validated(BaseModel):
    a: int

    @pydantic.field_validator("a")
    @classmethod
    def _check(cls, value: int) -> int:
        return value


class Computed(BaseModel):
    @pydantic.computed_field
    @property
    def b(self) -> int:
        return 1


class TwoNames(BaseModel):
    a: int = Field(validation_alias="b")
    c: int = Field(validation_alias="d", serialization_alias="e")


class Ignoring(BaseModel, extra="ignore"):
    a: int


class Stripping(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)
    a: str


@dataclass
class Hidden:
    a: int = field(init=False)


@dataclass
class Given:
    a: InitVar[int]


class WrongDefault(BaseModel):
    a: int = None


@dataclass
class Twice(Box[list[T]], Generic[T]):
    own: T


REFUSED = [
    (complex, "complex", "tuple[float, float]"),
    (dict[int, str], "keys that are not any string", "dict[str, …]"),
    (Annotated[float, at.Gt(0)], "excludes its bound 0", "`Ge(0)`"),
    (Annotated[float, at.Lt(0.5)], "excludes its bound 0.5", "`Le(0.5)`"),
    (Annotated[int, at.MultipleOf(0.5)], "multiple of 0.5", "whole multiple"),
    (Annotated[int, at.Ge(float("inf"))], "bound `inf`", "handler"),
    (Annotated[int, at.Ge(5), at.Lt(5)], "holds no value", "at most"),
    (Annotated[str, at.Len(3, 2)], "holds no value", "at most"),
    (Annotated[int, at.MinLen(1)], "cannot have this constraint", "handler"),
    (Annotated[int | str, at.Ge(1)], "cannot have this constraint", "handler"),
    (Annotated[Decimal, at.Ge(1)], "cannot have this constraint", "handler"),
    (Annotated[Decimal, Field(max_digits=3)], "max_digits", "handler"),
    (Annotated[str, at.Predicate(str.isupper)], "code and no type", "handler"),
    (Annotated[str, pydantic.AfterValidator(str)], "AfterValidator", "handler"),
    (Annotated[str, StringConstraints(to_lower=True)], "to_lower", "handler"),
    (Annotated[str, Field(pattern="(?=a)b")], "linear time", "look-around"),
    (Annotated[str, Field(pattern=re.compile("a$"))], "last newline", "re.ASCII"),
    (Annotated[str, Field(pattern=re.compile("a", re.IGNORECASE))], "has flags", "re.ASCII"),
    (pydantic.UUID4, "UuidVersion", "handler"),
    (pydantic.HttpUrl, "some schemes", "AnyUrl"),
    (pydantic.PastDate, "no type of JSON data", "`date`"),
    (Literal[b"a"], "b'a'", "strings"),
    (list[pydantic.SecretStr], "only a field", "whole field"),
    (list[Annotated[int, Secret()]], "only a field", "whole field"),
    (Bits, "flags", "list of the names"),
    (Odd, "0.5", "whole numbers"),
    (Page, "type parameter", "Page[Order]"),
    (Loop, "stands for itself", "object or a list"),
    (Validated, "`_check`", "handler"),
    (Computed, "`b`", "without it"),
    (TwoNames, "`c` several names", "one `alias`"),
    (Ignoring, "drops fields", "extra='forbid'"),
    (Stripping, "str_strip_whitespace", "beside each field"),
    (Hidden, "no caller gives", "init=False"),
    (Given, "InitVar", "a field"),
    (WrongDefault, "default outside its type", "… | None"),
    (Twice[int], "two things", "TypeVar of its own"),
    ("Nowhere", "names `Nowhere`", "TYPE_CHECKING"),
]


@pytest.mark.parametrize(
    ("annotation", "reason", "help"), REFUSED, ids=[reason for _, reason, _ in REFUSED]
)
def test_what_cannot_be_said_is_refused_by_name(annotation: object, reason: str, help: str) -> None:
    with pytest.raises(NotExtractableError) as caught:
        extract(annotation, module=__name__)
    text = str(caught.value)
    assert reason in text
    assert help in caught.value.faults[0].help


def test_a_fault_names_the_place() -> None:
    class Deep(TypedDict):
        lines: list[dict[str, complex]]

    with pytest.raises(NotExtractableError) as caught:
        extract(Deep)
    assert caught.value.faults[0].path == "Deep.lines[]{}"


def test_notes_tell_of_a_narrower_meaning() -> None:
    class Noted(BaseModel):
        sku: str = Field(pattern=r"^\d+$")
        tags: list[str] = ["a"]
        sizes: dict[str, set[int]] = {"a": {1}}

    assert 'tags?: string[] = ["a"]' in show(extract(Noted).schema.defs["Noted"])
    assert [str(note) for note in extract(Noted).notes] == [
        "Noted: pydantic passes over fields it does not know; the GType refuses them",
        r"Noted.sku: in the pattern `\d+`, \d \w \s \b are ASCII here, not Unicode",
        "Noted.sizes: the default is filled by Python alone",
    ]
