"""Property 9: what is written as Python is read back as the same type."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic_core import SchemaValidator, core_schema

from gatid_compiler.gtypes.fingerprint import fingerprint
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Default,
    Field,
    Format,
    Int,
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
)
from gatid_compiler.gtypes.normal import intersection, object_, union
from gatid_compiler.gtypes.python import extract, to_python, whole
from gatid_compiler.gtypes.rust import matcher
from tests.compiler.gtypes.inhabit import schemas
from tests.house.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLOW = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def imported(source: str, name: str = "written_types") -> Iterator[types.ModuleType]:
    """The source as a module that is there while it is looked at."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    try:
        exec(compile(source, f"{name}.py", "exec"), vars(module))  # noqa: S102 — our own text
        yield module
    finally:
        del sys.modules[name]


@pytest.mark.prop(9)
@SLOW
@given(schemas())
def test_there_and_back_is_the_identity(schema: Schema) -> None:
    source = to_python(schema)
    with imported(source) as module:
        back = extract(module.Root, module=module.__name__)
    assert fingerprint(back.schema) == fingerprint(schema), source
    assert back.notes == ()


EVERYTHING = Schema(
    Ref("Page<Order>"),
    {
        "Page<Order>": object_([Field("items", Array(Ref("Order"), 1, 9))]),
        "Order": object_(
            [
                Field("id", Format(Scalar.UUID), doc="assigned by\nthe server"),
                Field("x y", Int(0, 5, 5), False, Default(5), secret=True),
                Field("note", union(String(1, 3), Null()), False, Default(None)),
                Field("int", Number(0.1, None, 0.1), False, Default(0.5)),
                Field("None", Bytes(1, 2), False),
                Field("__a", Tuple(()), False),
                Field("at", union(*map(Format, Scalar), Bool()), False),
                Field("secret", Any(), False),
                Field("never", Never(), False),
            ],
            Ref("Email"),
        ),
        "Email": union(Literal("a'\"\\\n"), Literal(1), Literal(True), Ref("list")),
        "list": Array(Ref("Email"), unique=True),
        "1": object_([Field("a", String(patterns=(r"\d", r"a|b", r"[a-z&&[^b]]\w")))], Any()),
        "Any": Object((), object_([Field("int_", Ref("1"))])),
        "Both": intersection(Ref("Order"), Ref("1"), String(0, None, ("a",))),
    },
)
"""A schema with everything in it, and with names that are taken in Python."""


def test_everything_is_written_and_read_back() -> None:
    source = to_python(EVERYTHING, "Everything")
    with imported(source) as module:
        for key in EVERYTHING.defs:
            name = next(n for n in names_like(key) if hasattr(module, n))
            back = extract(getattr(module, name), module=module.__name__)
            schema = Schema(Ref(key), EVERYTHING.defs)
            assert fingerprint(back.schema) == fingerprint(schema), (key, source)
        order = extract(module.Order).schema.defs["Order"]
    assert isinstance(order, Object)
    assert order.field("id").doc == "assigned by\nthe server"
    assert order.field("x y") == EVERYTHING.defs["Order"].field("x y")


def names_like(key: str) -> tuple[str, ...]:
    """What a definition may be called in Python."""
    return {"Page<Order>": ("Page_Order",), "1": ("Type_1",)}.get(key, (f"{key}_2", key))


def test_the_source_passes_mypy_strict(tmp_path: Path) -> None:
    file = tmp_path / "everything.py"
    file.write_text(
        f"{to_python(EVERYTHING, 'Everything')}\n"
        "def first(page: Page_Order) -> Order:\n    return page['items'][0]\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--follow-imports=silent",
         "--config-file=", str(file)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "MYPYPATH": f"{ROOT / 'compiler'}:{ROOT / 'dsl'}"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr + file.read_text()


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("^a$", "a"),
        (r"\Aa\z", "a"),
        ("^(?:a|b)$", "a|b"),
        ("^(a|b)$", "(a|b)"),
        ("^[|)]$", "[|)]"),
        (r"^a\|b$", r"a\|b"),
        ("a", "(?s:.*)(?:a)(?s:.*)"),
        ("^a", "(?s:.*)(?:^a)(?s:.*)"),
        ("^a|b$", "(?s:.*)(?:^a|b$)(?s:.*)"),
        (r"^a\$", r"(?s:.*)(?:^a\$)(?s:.*)"),
        ("^(?m)a$", "(?s:.*)(?:^(?m)a$)(?s:.*)"),
        ("^(?:a)|(?:b)$", "(?s:.*)(?:^(?:a)|(?:b)$)(?s:.*)"),
    ],
)
def test_patterns_that_search_are_said_of_the_whole(text: str, pattern: str) -> None:
    assert whole.of_text(text).pattern == pattern
    found = SchemaValidator(core_schema.str_schema(pattern=text))
    for sample in ("", "a", "b", "ab", "ba", "a\n", "a\nb", "xa", "a|b", "a$", "|", ")"):
        assert found.isinstance_python(sample) == matcher(pattern)(sample), sample
