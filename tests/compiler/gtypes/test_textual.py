"""Path, query, header and cookie values, read by their type."""

from __future__ import annotations

from typing import Any as Value

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Default,
    Field,
    Format,
    GType,
    Int,
    Literal,
    Null,
    Number,
    Ref,
    Scalar,
    Schema,
    String,
    Tuple,
)
from gatid_compiler.gtypes.normal import enum, object_, union
from gatid_compiler.gtypes.textual import reader, unreadable
from gatid_compiler.gtypes.values import member
from tests.compiler.gtypes.inhabit import draw_leaf, leaf_members

NOTHING = object()


def read(t: GType, *texts: str) -> Value:
    made = reader(Schema(object_([Field("x", t, False)]), {}))
    try:
        return made.read({"x": list(texts)})["x"]
    except Invalid as invalid:
        assert all(f.pointer.startswith("/x") for f in invalid.faults)  # noqa: PT017
        return NOTHING


@pytest.mark.parametrize(
    ("t", "texts", "value"),
    [
        (Int(), ["2"], 2),
        (Int(), ["-0"], 0),
        (Int(), [str(10**30)], 10**30),
        (Int(), ["2.0"], NOTHING),
        (Int(), ["1", "2"], NOTHING),
        (Int(0, 9), ["10"], NOTHING),
        (Number(), ["2"], 2),
        (Number(), ["2.50"], 2.5),
        (Number(), ["1e2"], 100.0),
        (Number(), ["1e999"], NOTHING),
        (Number(), [".5"], NOTHING),
        (Number(), ["NaN"], NOTHING),
        (Bool(), ["true"], True),
        (Bool(), ["false"], False),
        (Bool(), ["True"], NOTHING),
        (Bool(), ["1"], NOTHING),
        (String(), ["1"], "1"),
        (String(), [""], ""),
        (Literal("a"), ["a"], "a"),
        (Literal(5), ["5"], 5),
        (Literal(True), ["true"], True),
        (Literal(True), ["1"], NOTHING),
        (enum("a", "b"), ["c"], NOTHING),
        (union(Int(), String()), ["12"], 12),
        (union(Int(), String()), ["012"], "012"),
        (union(Int(0, 9), String()), ["12"], "12"),
        (union(Number(), Bool()), ["true"], True),
        (union(Bool(), Literal("yes")), ["yes"], "yes"),
        (union(Literal("1"), Int()), ["1"], 1),
        (union(String(), Null()), ["null"], "null"),
        (Array(Int()), ["1"], [1]),
        (Array(Int()), ["1", "2"], [1, 2]),
        (Array(Int(), 2), ["1"], NOTHING),
        (Array(Int(), unique=True), ["1", "1"], NOTHING),
        (Array(String()), ["1", "a"], ["1", "a"]),
        (union(Array(Int()), String()), ["a"], "a"),
        (union(Array(Int()), Int()), ["1"], 1),
        (union(Array(Int()), Int()), ["1", "2"], [1, 2]),
        (Format(Scalar.UUID), ["F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"],
         "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
        (Format(Scalar.DATE), ["2023-02-29"], NOTHING),
        (Ref("x"), [], None),
    ],
)  # fmt: skip
def test_text_is_read_by_its_type(t: GType, texts: list[str], value: Value) -> None:
    if not texts:
        assert unreadable(Array(Tuple((Int(),))), Schema(Int(), {})) is not None
        return
    found = read(t, *texts)
    assert found == value
    assert type(found) is type(value)


def test_names() -> None:
    made = reader(
        Schema(
            object_(
                [
                    Field("id", Int()),
                    Field("page", Int(1), False, Default(1)),
                    Field("key", String(3), False, secret=True),
                ]
            ),
            {},
        )
    )
    assert made.read({"id": ["7"]}) == {"id": 7, "page": 1}
    assert made.read({"id": ["7"], "page": []}) == {"id": 7, "page": 1}
    with pytest.raises(Invalid) as caught:
        made.read({"page": ["0"], "q": ["x"], "key": ["no"]})
    assert [(f.pointer, f.expected, f.found) for f in caught.value.faults] == [
        ("/page", "int(1..)", '"0"'),
        ("/q", "no parameter of this name", "***"),
        ("/key", "string(3..)", "***"),
        ("/id", "int", "nothing"),
    ]


def test_an_open_object_takes_other_names() -> None:
    made = reader(Schema(object_([Field("a", Int())], Any()), {}))
    assert made.read({"a": ["1"], "b": ["2"], "c": ["x", "y"]}) == {
        "a": 1,
        "b": "2",
        "c": ["x", "y"],
    }
    typed = reader(Schema(object_([], Int()), {}))
    assert typed.read({"b": ["2"]}) == {"b": 2}
    with pytest.raises(Invalid):
        typed.read({"b": ["x"]})


def test_only_objects_of_text_can_be_read() -> None:
    with pytest.raises(ValueError, match="object type"):
        reader(Schema(Int(), {}))
    schema = Schema(Int(), {"O": object_([])})
    for t in (Ref("O"), Array(Ref("O")), Array(Array(Int())), Tuple((Int(),))):
        assert unreadable(t, schema)
    for t in (Int(), union(Int(), Array(String()), Null()), Format(Scalar.URL)):
        assert unreadable(t, schema) is None


@settings(max_examples=300)
@given(st.data())
def test_what_is_written_of_a_leaf_is_read_back(data: st.DataObject) -> None:
    """A text that stands for a member is read as a member; what is read always is one."""
    leaf = draw_leaf(data.draw)
    if isinstance(leaf, Any | Null):
        return
    value = leaf.value if isinstance(leaf, Literal) else data.draw(leaf_members(leaf))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    found = read(leaf, text)
    schema = Schema(leaf, {})
    if member(value, schema) and not (isinstance(value, float) and "inf" in text):
        written_as_float = isinstance(value, float) and float(text) == value
        assert found is not NOTHING or (written_as_float and "." not in text and "e" not in text)
    if found is not NOTHING:
        assert member(found, schema)
