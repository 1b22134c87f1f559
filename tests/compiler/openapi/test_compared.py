"""Documents that are compared: what clients see of them, also what a project cannot serve."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from gatid.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def schema(*names: str, required: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    properties = {name: {"type": "string"} for name in names} | more
    return {"type": "object", "properties": properties, "required": list(required)}


def document(form: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    ok = {"description": "ok", "content": {"application/json": {"schema": answer}}}
    body = {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}}
    post = {"operationId": "update", "requestBody": body, "responses": {"200": ok}}
    return {
        "openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {"/x": {"post": post}},
    }  # fmt: skip


def compared(tmp_path: Path, old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, ...]]:
    files = [tmp_path / "old.json", tmp_path / "new.json"]
    for file, said in zip(files, (old, new), strict=True):
        file.write_text(json.dumps(said), encoding="utf-8")
    args = ["diff", *map(str, files), "--format", "json", "--fail-on", "never"]
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 0, result.output
    changes = json.loads(result.stdout)["changes"]
    return sorted((c["verdict"], c["rule"], c["part"], c["pointer"]) for c in changes)


def test_fields_of_forms_are_compared(tmp_path: Path) -> None:
    old = document(schema("Sid", "Status"), schema("sid"))
    new = document(schema("Sid", "Note", "Key", required=("Key",)), schema("sid"))
    assert compared(tmp_path, old, new) == [
        ("breaking", "request-field-added-required", "body", "/Key"),
        ("breaking", "request-field-removed", "body", "/Status"),
        ("compatible", "request-field-added", "body", "/Note"),
    ]


def test_what_answers_no_longer_have_is_told(tmp_path: Path) -> None:
    old = document(schema("Sid"), schema("sid", "validated", risk={"nullable": True}))
    new = document(schema("Sid"), schema("sid", "more"))
    assert compared(tmp_path, old, new) == [
        ("breaking", "response-field-removed", "answer", "/validated"),
        ("compatible", "response-field-added", "answer", "/more"),
        ("unknown", "response-field-removed", "answer", "/risk"),
    ]


def test_one_type_of_requests_and_answers_is_read_for_each(tmp_path: Path) -> None:
    shared = {"$ref": "#/components/schemas/Thing"}
    old, new = document(shared, shared), document(shared, shared)
    old["components"] = {"schemas": {"Thing": schema("a", "b")}}
    new["components"] = {"schemas": {"Thing": schema("b", "c")}}
    assert compared(tmp_path, old, new) == [
        ("breaking", "request-field-removed", "body", "/a"),
        ("breaking", "response-field-removed", "answer", "/a"),
        ("compatible", "request-field-added", "body", "/c"),
        ("compatible", "response-field-added", "answer", "/c"),
    ]


def request(schema: Any, **parameter: Any) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    post = {"operationId": "put", "requestBody": body, "responses": {"204": {"description": ""}}}
    asked = {"name": "q", "in": "query", "schema": parameter}
    return {
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
        "paths": {"/x": {"post": post | ({"parameters": [asked]} if parameter else {})}},
        "components": {"schemas": {"Map": {"type": "object", "minProperties": 2}}},
    }  # fmt: skip


def tuple_(rest: str, **more: Any) -> dict[str, Any]:
    return {"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": rest}} | more


MAP = {"$ref": "#/components/schemas/Map"}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
PREFIXED = {
    "type": "object", "patternProperties": {"^x": {"type": "string"}},
    "additionalProperties": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (schema("a", "b") | {"minProperties": 2}, schema("a", "b"), "compatible"),
        (TEXTS | {"minProperties": 2}, TEXTS | {"minProperties": 3}, "breaking"),
        (TEXTS | {"maxProperties": 2}, TEXTS | {"maxProperties": 3}, "compatible"),
        (MAP, MAP | {"minProperties": 3}, "breaking"),
        (schema(m=MAP), schema(m=MAP | {"minProperties": 3}), "breaking"),
        (PREFIXED, TEXTS, "compatible"),
        (TEXTS, PREFIXED, "breaking"),
        (tuple_("string"), tuple_("null"), "breaking"),
        (tuple_("string", minItems=1), tuple_("string"), "compatible"),
        (schema(t=tuple_("null")), schema(t=tuple_("string")), "breaking"),
        (
            schema(m={"anyOf": [MAP, {"type": "null"}], "default": None}),
            schema(m={"anyOf": [MAP, {"type": "null"}], "default": None}, n={}),
            "compatible",
        ),
    ],
)
def test_what_a_project_has_no_words_for_is_compared(
    tmp_path: Path, old: Any, new: Any, verdict: str
) -> None:
    found = compared(tmp_path, request(old), request(new))
    # The verdicts by their names: breaking, compatible, unknown.
    assert min(change[0] for change in found) == verdict
    assert compared(tmp_path, request(old), request(old)) == []


def test_a_parameter_that_is_an_object_is_text_all_the_same(tmp_path: Path) -> None:
    said = request({"type": "integer"}, type="object", minProperties=1)
    assert compared(tmp_path, said, said) == []
