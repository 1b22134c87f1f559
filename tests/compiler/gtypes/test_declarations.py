"""Declarations read back as the types they were written from."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings

from gatid_compiler.gtypes.declarations import NotWrittenError, declarations, names
from gatid_compiler.gtypes.fingerprint import fingerprint
from gatid_compiler.gtypes.model import Any, Array, Field, Int, Never, Object, Ref, Schema, Tuple
from gatid_compiler.passes.report import Report
from gatid_compiler.passes.types import TypeReader
from gatid_dsl import syntax
from gatid_dsl.parse import parse
from gatid_dsl.source import Source
from tests.compiler.gtypes.inhabit import schemas


def read_back(text: str) -> tuple[dict, list]:
    """The definitions of a `.gati` text, and its diagnostics."""
    parsed = parse(Source("types.gati", text))
    report = Report()
    nodes = {n.name.text: n for n in parsed.file.declarations if isinstance(n, syntax.TypeDef)}
    defs: dict = {}
    TypeReader(nodes, report).read_all(defs)
    return defs, [*parsed.diagnostics, *report.sorted(())]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(schemas())
def test_there_and_back_is_the_identity(schema: Schema) -> None:
    defs = {"Root": schema.root, **schema.defs}
    assume("Tuple(items=()," not in repr(defs))  # is written as the list that is always empty
    try:
        text = declarations(defs)
    except NotWrittenError:
        assume(False)
    back, faults = read_back(text)
    assume("uninhabited-type" not in {f.code for f in faults})  # refused wherever it is written
    assert [(f.code, f.message) for f in faults if f.severity == "error"] == [], text
    for key in defs:
        one, other = Schema(Ref(key), defs), Schema(Ref(names(defs)[key]), back)
        assert fingerprint(one) == fingerprint(other), text


def test_names_are_free_and_distinct() -> None:
    defs = {"Email": Int(), "Page<A>": Int(), "Page_A": Int(), "_": Int()}
    assert names(defs) == {
        "Email": "Email_type", "Page_A": "Page_A", "Page<A>": "Page_A_2", "_": "_type",
    }  # fmt: skip
    _, faults = read_back(declarations(defs))
    assert faults == []


def test_never_is_refused_by_name() -> None:
    with pytest.raises(NotWrittenError, match=r"^Order: "):
        declarations({"Order": Object((Field("a", Never()),))})


def test_the_empty_tuple_is_the_empty_list() -> None:
    back, faults = read_back(declarations({"Nothing": Tuple(())}))
    assert (back, faults) == ({"Nothing": Array(Any(), 0, 0)}, [])
