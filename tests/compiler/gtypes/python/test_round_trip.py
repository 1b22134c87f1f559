"""Property 9: what is written as Python is read back as the same type."""

from __future__ import annotations

import sys
import types
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from gatid_compiler.gtypes.fingerprint import fingerprint
from gatid_compiler.gtypes.python import extract, to_python
from tests.compiler.gtypes.inhabit import schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.gtypes.model import Schema

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
