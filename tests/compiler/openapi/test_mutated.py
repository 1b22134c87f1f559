"""Documents and what becomes of them by small edits: all of them are compared, and what is said
to break is shown by a message that one side's validator takes and the other's refuses.
"""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gatid.cli.projects import compared
from gatid_compiler.breaking import changes
from gatid_compiler.breaking.render import render_json, render_markdown, render_text
from gatid_compiler.gtypes import validator
from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.model import Schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.breaking import Change
    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.plan import Plan, Route, Shape

Draw = st.DrawFn
Node = dict[str, Any]
NAMES = ("Alpha", "Beta")
FIELDS = ("id", "note", "kind")
LEAVES: tuple[Node, ...] = (
    {"type": "string"},
    {"type": "string", "maxLength": 5},
    {"type": "string", "minLength": 2, "nullable": True},
    {"type": "string", "format": "date"},
    {"type": "string", "pattern": "^[a-c]+$"},
    {"type": "string", "enum": ["a", "b"]},
    {"type": "string", "enum": ["b", "c"]},
    {"type": "integer"},
    {"type": "integer", "minimum": 3, "maximum": 9},
    {"type": "number", "multipleOf": 0.5},
    {"type": "boolean"},
    {},
)
LEAF = st.sampled_from(LEAVES).map(copy.deepcopy)
LINK = st.sampled_from(NAMES).map(lambda name: {"$ref": f"#/components/schemas/{name}"})
WITHOUT = ("response-status-added", "response-body-removed", "request-body-added")
"""What breaks by being there or not, whatever the message is."""


def objects(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Objects of some fields, required or not, open, closed or silent. What leads to another
    schema may be absent: of objects that must hold themselves there are none.
    """
    return st.builds(
        lambda fields, required, more: {
            "type": "object",
            "properties": fields,
            "required": [n for n, t in fields.items() if n in required and "$ref" not in str(t)],
            **more,
        },
        st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
        st.sets(st.sampled_from(FIELDS)),
        st.sampled_from(({}, {"additionalProperties": False}, {"additionalProperties": True})),
    )


SCHEMA = st.recursive(
    LEAF | LINK,
    lambda inner: (
        objects(inner)
        | inner.map(lambda item: {"type": "array", "items": item})
        | st.lists(inner, min_size=2, max_size=2).map(lambda both: {"anyOf": both})
    ),
    max_leaves=4,
)
"""An object, an array, a union, a link, or a leaf."""


@st.composite
def operations(draw: Draw) -> Node:
    """An operation, perhaps with a body, a parameter, and an id that others may have too."""
    made: Node = {"responses": {draw(st.sampled_from(("200", "201"))): _answer(draw(SCHEMA))}}
    if draw(st.booleans()):
        made["operationId"] = draw(st.sampled_from(("one", "two", "three")))
    if draw(st.booleans()):
        content = {"application/json": {"schema": draw(SCHEMA)}}
        made["requestBody"] = {"required": draw(st.booleans()), "content": content}
    if draw(st.booleans()):
        made["parameters"] = [
            {"name": "q", "in": "query", "required": draw(st.booleans()), "schema": draw(LEAF)}
        ]
    return made


def _answer(schema: Node) -> Node:
    return {"description": "ok", "content": {"application/json": {"schema": schema}}}


@st.composite
def documents(draw: Draw) -> Node:
    """A document of a few operations and two schemas that may lead to one another."""
    items = st.dictionaries(st.sampled_from(("get", "post")), operations(), min_size=1)
    return {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": draw(st.dictionaries(st.sampled_from(("/x", "/y")), items, min_size=1)),
        "components": {"schemas": {name: draw(objects(SCHEMA)) for name in NAMES}},
    }


@st.composite
def edited(draw: Draw) -> tuple[Node, Node]:
    """A document, and the same with one to three of its schemas or operations written anew."""
    old = draw(documents())
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(list(_places(new))))
        is_operation = "responses" in holder[key]
        holder[key] = (
            draw(operations()) if is_operation else draw(SCHEMA if key == "schema" else LEAF)
        )
    return old, new


def _places(document: Node) -> Iterator[tuple[Node, str]]:
    """Where a schema or an operation stands."""
    for item in document["paths"].values():
        yield from ((item, method) for method in item)
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        # A schema of the components stays an object, so that links lead somewhere.
        yield from ((schema["properties"], name) for name in schema["properties"])
    for item in document["paths"].values():
        for operation in item.values():
            for answer in operation["responses"].values():
                yield answer["content"]["application/json"], "schema"


def plan_of(document: Node) -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "openapi.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return compared(str(path)).plan


@settings(max_examples=100)
@given(edited())
def test_what_breaks_is_shown_and_nothing_crashes(pair: tuple[Node, Node]) -> None:
    old, new = (plan_of(document) for document in pair)
    assert changes(old, old) == ()
    found = changes(old, new)
    for render in (render_text, render_json, render_markdown):
        assert render(found)
    for change in found:
        if change.part not in ("body", "answer") or change.rule in WITHOUT:
            continue
        assert (change.witness is not None) == (change.verdict == "breaking"), change
        if change.witness is not None:
            assert _confirmed(change, old, new), change


def _confirmed(change: Change, old: Plan, new: Plan) -> bool:
    """The message was right and is not any more, in the route that the change is told of."""
    assert change.witness is not None
    value = change.witness.value
    (is_,) = (route for route in new.routes if route.name == change.route)
    named = [route for route in old.routes if route.name == is_.name]
    (was,) = named or [route for route in old.routes if _place(route) == _place(is_)]
    before = Schema(_part(was.contracts[-1].shape, change), old.types)
    after = Schema(_part(is_.contracts[-1].shape, change), new.types)
    if change.part == "answer":
        before, after = after, before
    return _takes(before, value) and not _takes(after, value)


def _place(route: Route) -> tuple[str, object]:
    return route.contracts[-1].method, route.contracts[-1].path


def _part(shape: Shape, change: Change) -> GType:
    found = shape.body
    if change.part == "answer":
        found = next(answer.type for answer in shape.answers if answer.status == change.status)
    assert found is not None
    return found


def _takes(schema: Schema, value: Any) -> bool:
    try:
        validator(schema).python(value)
    except Invalid:
        return False
    return True
