"""`gatid extract` writes what the language reads, or says why it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.processes import gatid
from tests.compiler.gtypes.test_declarations import read_back

if TYPE_CHECKING:
    from pathlib import Path

MODELS = """
from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Generic, Literal, NotRequired, TypedDict, TypeVar
from uuid import UUID

from annotated_types import Ge, Len

T = TypeVar("T")


class Status(StrEnum):
    NEW = "new"
    PAID = "paid"


@dataclass
class Line:
    sku: Annotated[str, Len(1, 12)]
    count: Annotated[int, Ge(1)] = 1


class Page(TypedDict, Generic[T]):
    items: list[T]


class Order(TypedDict):
    id: UUID
    lines: Annotated[list[Line], Len(1)]
    status: Status
    parent: NotRequired[Order | None]


class _Hidden(TypedDict):
    a: int


Orders = Page[Order]
Answer = Literal["yes", "no"]
"""

WRITTEN = """\
type Status = "new" | "paid"

type Line {
  count?: int(1..) = 1
  sku: string(1..12)
}

type Order {
  id: Uuid
  lines: Line[1..]
  parent?: Order | null
  status: Status
}

type Page_Order {
  items: Order[]
}

type Orders = Page_Order

type Answer = "no" | "yes"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/models.py").write_text(MODELS)
    return tmp_path


def test_a_module_is_written(folder: Path) -> None:
    ran = gatid("extract", "shop.models", cwd=folder)
    assert (ran.returncode, ran.stdout) == (0, WRITTEN)
    assert ran.stderr == "note: `Page<Order>` is called `Page_Order` in .gati\n"
    defs, faults = read_back(ran.stdout)
    assert (set(defs), faults) == (
        {"Status", "Line", "Order", "Page_Order", "Orders", "Answer"},
        [],
    )


def test_what_is_written_is_checked_in_a_project(folder: Path) -> None:
    types = gatid("extract", "shop.models:Order", cwd=folder).stdout
    assert "Answer" not in types
    (folder / "types.gati").write_text(types)
    (folder / "app.gati").write_text(
        'include "types.gati"\napp a { }\nroute r POST / {\n  auth none\n  body Order\n'
        "  returns 204\n  handler static 204\n}\n"
    )
    ran = gatid("check", "app.gati", cwd=folder)
    assert ran.returncode == 0, ran.stderr


def test_every_fault_is_told_and_nothing_is_written(folder: Path) -> None:
    (folder / "bad.py").write_text(
        "from typing import TypedDict\nclass Good(TypedDict):\n    a: int\n"
        "class Bad(TypedDict):\n    b: complex\n    c: dict[int, str]\n"
    )
    ran = gatid("extract", "bad", cwd=folder)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert [line.partition(";")[0] for line in ran.stderr.splitlines()] == [
        "error: Bad.b: `complex` is no type of JSON data",
        "error: Bad.c: `dict[int, str]` has keys that are not any string",
    ]


def test_a_type_that_holds_nothing_is_refused(folder: Path) -> None:
    (folder / "bad.py").write_text(
        "from typing import Annotated, Never\nfrom annotated_types import Interval, MultipleOf\n"
        "Odd = Annotated[int, Interval(ge=1, le=1), MultipleOf(2)]\n"
    )
    ran = gatid("extract", "bad", cwd=folder)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "uninhabited-type" in ran.stderr
    assert "Odd" in ran.stderr


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("no.such.module", "there is no module `no.such.module`"),
        ("shop.models:Oder", "the module `shop.models` has no `Oder`"),
        ("keyword", "the module `keyword` declares no types"),
        (".models", "`.models` is not the name of a module"),
        ("", "is not the name of a module"),
    ],
)
def test_misuse(reference: str, says: str, folder: Path) -> None:
    ran = gatid("extract", reference, cwd=folder)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert says in ran.stderr


def test_a_module_that_raises_is_the_users_fault(folder: Path) -> None:
    (folder / "raises.py").write_text("1 / 0\n")
    ran = gatid("extract", "raises", cwd=folder)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "ZeroDivisionError" in ran.stderr
    assert "raises.py" in ran.stderr
    assert "importlib" not in ran.stderr


def test_the_help_says_that_code_runs() -> None:
    assert "its code runs" in " ".join(gatid("extract", "--help").stdout.split())
