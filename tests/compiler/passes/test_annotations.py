"""Annotations are read from the source: the same types as running it gives, and nothing runs."""

from __future__ import annotations

import ast
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from gatid_compiler.gtypes.fingerprint import fingerprint
from gatid_compiler.gtypes.python import to_python
from gatid_compiler.gtypes.text import show
from gatid_compiler.passes.annotations import Annotations, Known, Opaque
from gatid_compiler.passes.python import PythonFile, PythonProject
from gatid_compiler.passes.report import Report
from tests.compiler.gtypes.inhabit import schemas

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import Schema

MODELS = """
from __future__ import annotations
import os
import typing as t
import pydantic
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Generic, Literal, NewType, NotRequired, TypedDict
from typing import TypeVar
from uuid import UUID
from annotated_types import Ge, Len
from pydantic import BaseModel, Field
if TYPE_CHECKING:
    from desk.other import Other

{boom}
T = TypeVar("T")
Sku = NewType("Sku", str)
Kind = Literal["a", "b"]

class Status(StrEnum):
    NEW = "new"
    PAID = "paid"

class Line(TypedDict):
    sku: Sku
    count: Annotated[int, Ge(1)]
    of: NotRequired[Order]
    other: NotRequired[Other]

class Order(TypedDict, total=False):
    id: UUID
    lines: list[Line]
    status: Status
    at: datetime | None

class Page(TypedDict, Generic[T]):
    items: list[T]

@dataclass
class Data:
    a: int
    b: list[str] = field(default_factory=list)
    c: str = {boom}
    def total(self) -> int:
        {boom}

class Model(BaseModel):
    a: int = Field(ge=1, default=3)
    b: t.Optional[str] = None
    c: pydantic.AnyUrl

class Judged(BaseModel):
    a: int
    @pydantic.field_validator("a")
    def judge(cls, value):
        return value

class Called(TypedDict):
    a: {boom}

class Text(TypedDict):
    a: "{boom}"

class Deep(TypedDict):
    a: list["{boom}"]

Hidden = "{boom}"

class Aliased(TypedDict):
    a: Hidden

def make() -> Order: ...
Made = {boom}
"""

OTHER = """
from desk.models import Line
class Other:
    def __init__(self): ...
    x: int
"""


def project(folder: Path, files: dict[str, str]) -> PythonProject:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return PythonProject(folder, Report())


def read(annotations: Annotations, made: PythonProject, module: str, text: str) -> str:
    file = made.find(module)
    assert isinstance(file, PythonFile)
    found = annotations.read(file, ast.parse(text, mode="eval").body)
    return show(found.schema.root) if isinstance(found, Known) else found.reason


@pytest.mark.prop(9)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(schemas())
def test_what_is_written_is_read_from_its_source(schema: Schema) -> None:
    source = to_python(schema)
    with tempfile.TemporaryDirectory() as folder:
        made = project(Path(folder), {"written.py": source})
        file = made.find("written")
        assert isinstance(file, PythonFile)
        found = Annotations(made).read(file, ast.parse("Root", mode="eval").body)
    assert isinstance(found, Known), (found, source)
    assert fingerprint(found.schema) == fingerprint(schema), source


def test_nothing_of_the_project_runs(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    boom = f"__import__('pathlib').Path({str(ran)!r}).touch()"
    made = project(
        tmp_path,
        {
            "desk/__init__.py": boom,
            "desk/models.py": MODELS.format(boom=boom),
            "desk/other.py": OTHER,
        },
    )
    before = set(sys.modules)
    annotations = Annotations(made)
    for text, wanted in [
        ("Order", "Order"),
        ("list[Order] | None", "Order[] | null"),
        ("t.Any", "any"),
        ("Page[Line]", "Page<Line>"),
        ("Model", "Model"),
        ("Data", "Data"),
        ("Annotated[str, Len(1, 3)]", "string(1..3)"),
        ("dict[str, Kind]", '{ ...: "a" | "b" }'),
        ("'Order'", "Order"),
    ]:
        if text in ("Order", "list[Order] | None", "Page[Line]", "'Order'"):
            # `Other` decides in its `__init__` what it holds, and `Order` reaches it.
            assert "Other" in read(annotations, made, "desk.models", text)
        else:
            assert read(annotations, made, "desk.models", text) == wanted
    for text in ("Judged", "Called", "Text", "Deep", "Aliased", "Made", "os", "make", "boom()"):
        found = read(annotations, made, "desk.models", text)
        assert "`" in found, (text, found)
    assert not ran.exists()
    assert not [name for name in set(sys.modules) - before if name.startswith("gatid_read")]


def test_modules_that_import_one_another(tmp_path: Path) -> None:
    made = project(
        tmp_path,
        {
            "a.py": "from __future__ import annotations\nfrom typing import TypedDict\n"
            "from b import B\nclass A(TypedDict):\n    b: B | None\n",
            "b.py": "from __future__ import annotations\nfrom typing import TypedDict\n"
            "from a import A\nclass B(TypedDict):\n    a: list[A]\n",
            "c.py": "from pack import A as Renamed\n",
            "pack/__init__.py": "from .inner import *\nfrom .inner import A\n",
            "pack/inner.py": "from a import A\n",
        },
    )
    annotations = Annotations(made)
    assert read(annotations, made, "b", "A") == "A"
    assert read(annotations, made, "a", "B") == "B"
    assert read(annotations, made, "c", "Renamed") == "A"


def test_a_file_that_is_no_python_has_no_types(tmp_path: Path) -> None:
    made = project(tmp_path, {"bad.py": "def"})
    file = made.find("bad")
    assert isinstance(file, PythonFile)
    found = Annotations(made).read(file, ast.parse("int", mode="eval").body)
    assert found == Opaque("the file cannot be read")
