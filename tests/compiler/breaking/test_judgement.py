"""Verdicts on generated pairs of types are right: what validators say of values agrees."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid_compiler.breaking import Change, changes, worst
from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.model import (
    Array,
    Definitions,
    Field,
    GType,
    Int,
    Literal,
    Null,
    Number,
    Object,
    Ref,
    Schema,
    String,
    Tuple,
)
from gatid_compiler.gtypes.normal import object_, union
from gatid_compiler.gtypes.textual import reader
from gatid_compiler.gtypes.validator import validator
from gatid_compiler.gtypes.values import member
from gatid_compiler.plan import (
    Answer,
    App,
    Code,
    Contract,
    Limits,
    NoAuth,
    Plan,
    PyHandler,
    PyRef,
    Route,
    Shape,
)
from tests.compiler.gtypes.inhabit import draw_leaf, draw_type, schemas, several

Draw = st.DrawFn

NOTHING = Shape(None, None, None, None, None, False, (Answer(200, None),))
HANDLER = PyHandler(PyRef("code", "get"))
SLOW = settings(max_examples=150, suppress_health_check=list(HealthCheck))


def plan(shape: Shape, defs: Definitions) -> Plan:
    """A plan of one route."""
    app = App("a", "", (), None, None, Limits(), {}, None)
    contract = Contract("", 1, 0, None, "POST", ("r",), shape, HANDLER, shape, None, ())
    route = Route("r", "", (NoAuth(),), None, (), 1000, 1000, (), (), (), (), (contract,))
    return Plan(app, (), {}, {}, {}, defs, (route,), Code({}, {}))


def _edited(draw: Draw, t: GType, defs: dict[str, GType]) -> GType:
    """The type with something changed, somewhere: a small step as people take them."""
    names = tuple(defs)
    match t:
        case Object() if t.fields and draw(st.integers(0, 3)):
            at = draw(st.integers(0, len(t.fields) - 1))
            field = t.fields[at]
            others = [f for f in t.fields if f is not field]
            match draw(st.integers(0, 4)):
                case 0:
                    return object_(others, t.rest)
                case 1:
                    return object_([*others, replace(field, required=not field.required)], t.rest)
                case _:
                    inner = _edited(draw, field.type, defs)
                    return object_([*others, replace(field, type=inner)], t.rest)
        case Object():
            if t.field("new") is None and draw(st.booleans()):
                new = Field("new", draw_leaf(draw), draw(st.booleans()))
                return object_([*t.fields, new], t.rest)
            return object_(t.fields, draw(st.sampled_from([None, Int(), draw_leaf(draw)])))
        case Array():
            if draw(st.booleans()):
                return replace(t, item=_edited(draw, t.item, defs))
            return replace(t, low=draw(st.integers(0, 2)), high=None, unique=not t.unique)
        case Tuple(items) if items:
            return Tuple((_edited(draw, items[0], defs), *items[1:]))
        case Int() | Number():
            return Int(draw(st.integers(-2, 2)), draw(st.integers(3, 12)))
        case String():
            return String(draw(st.integers(0, 2)), draw(st.sampled_from([None, 4])), t.patterns)
        case Literal():
            return union(t, draw_leaf(draw))
        case Ref(name):
            return _edited(draw, defs[name], defs)
        case _:
            return draw(
                st.sampled_from([union(t, Null()), t, draw_type(draw, 1, names), union(t, Int())])
            )


@st.composite
def pairs(draw: Draw) -> tuple[Schema, Schema]:
    """Two schemas: one a few steps from the other, or of no relation."""
    old = draw(schemas())
    if draw(st.integers(0, 4)) == 0:
        return old, draw(schemas())
    root, defs = old.root, dict(old.defs)
    for _ in range(draw(st.integers(1, 2))):
        root = _edited(draw, root, defs)
    if draw(st.booleans()):
        name = draw(st.sampled_from(sorted(defs)))
        defs[name] = _edited(draw, defs[name], defs)
    return old, Schema(root, defs)


def _is(value: Any, schema: Schema) -> bool:
    """Validator and reference interpreter, which must agree."""
    try:
        validator(schema).check(value)
    except Invalid:
        assert not member(value, schema)
        return False
    assert member(value, schema)
    return True


def _judged(found: tuple[Change, ...], sent: Schema, taken: Schema, values: list[Any]) -> None:
    """`sent` is what messages are of, `taken` what they must be of."""
    verdict = worst(found)
    outside = [v for v in values if _is(v, sent) and not _is(v, taken)]
    assert not (verdict == "compatible" and outside), outside
    for change in found:
        assert (change.witness is not None) == (change.verdict == "breaking")
        assert (change.reason is not None) == (change.verdict == "unknown")
        if change.witness is not None:
            assert _is(change.witness.value, sent)
            assert not _is(change.witness.value, taken)


@pytest.mark.prop(14)
@SLOW
@given(pairs(), st.data())
def test_requests_are_judged_as_validators_judge(
    pair: tuple[Schema, Schema], data: st.DataObject
) -> None:
    old, new = pair
    before = plan(replace(NOTHING, body=old.root), old.defs)
    after = plan(replace(NOTHING, body=new.root), new.defs)
    values = data.draw(several(old)) + data.draw(several(new))
    _judged(changes(before, after), old, new, values)


@pytest.mark.prop(14)
@SLOW
@given(pairs(), st.data())
def test_answers_are_judged_the_other_way_round(
    pair: tuple[Schema, Schema], data: st.DataObject
) -> None:
    old, new = pair
    before = plan(replace(NOTHING, answers=(Answer(200, old.root),)), old.defs)
    after = plan(replace(NOTHING, answers=(Answer(200, new.root),)), new.defs)
    values = data.draw(several(old)) + data.draw(several(new))
    _judged(changes(before, after), new, old, values)


TEXTS = ("", "0", "1", "12", "-1", "1.5", "1e3", "true", "false", "a", "abc", "2024-02-29")


@st.composite
def parameters(draw: Draw) -> Schema:
    """Types of a query: fields that are read from text."""
    fields = {}
    for name in draw(st.lists(st.sampled_from("pqr"), max_size=3)):
        leaf = union(*(draw_leaf(draw) for _ in range(draw(st.integers(1, 2)))))
        if draw(st.integers(0, 4)) == 0:
            leaf = Array(leaf, draw(st.integers(0, 2)), draw(st.sampled_from([None, 2])))
        fields[name] = Field(name, leaf, draw(st.booleans()))
    return Schema(object_(fields.values()), {})


@st.composite
def parameter_pairs(draw: Draw) -> tuple[Schema, Schema]:
    """Two types of a query, one a step from the other or of no relation."""
    old = draw(parameters())
    if draw(st.booleans()):
        return old, draw(parameters())
    assert isinstance(old.root, Object)
    fields = [
        replace(f, type=draw(st.sampled_from([String(), Int(), f.type, union(f.type, Int())])))
        for f in old.root.fields
    ]
    return old, Schema(object_(fields), {})


def _reads(schema: Schema, texts: dict[str, list[str]]) -> bool:
    try:
        reader(schema).read(texts)
    except Invalid:
        return False
    return True


@pytest.mark.prop(14)
@SLOW
@given(
    parameter_pairs(),
    st.lists(
        st.dictionaries(
            st.sampled_from("pqr"), st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3)
        ),
        max_size=8,
    ),
)
def test_parameters_are_judged_as_the_texts_they_are(
    pair: tuple[Schema, Schema], sent: list[dict[str, list[str]]]
) -> None:
    old, new = pair
    before = plan(replace(NOTHING, query=old.root), {})
    after = plan(replace(NOTHING, query=new.root), {})
    found = changes(before, after)
    refused = [texts for texts in sent if _reads(old, texts) and not _reads(new, texts)]
    assert not (worst(found) == "compatible" and refused), refused
    for change in found:
        if change.witness is not None:
            texts = {
                name: [_text(item) for item in (value if isinstance(value, list) else [value])]
                for name, value in change.witness.value.items()
            }
            assert _reads(old, texts)
            assert not _reads(new, texts)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@given(schemas())
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
def test_a_type_and_itself_have_no_changes(schema: Schema) -> None:
    shape = replace(NOTHING, body=schema.root, answers=(Answer(200, schema.root),))
    assert changes(plan(shape, schema.defs), plan(shape, schema.defs)) == ()
