"""What a handler is annotated to return: refused where the route does not answer with it, alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatid_compiler.pipeline import Result

    Compile = Callable[[Mapping[str, str]], Result]
    Faults = Callable[[Result], list[tuple[str, str]]]

APP = """\
app desk {
  auth none
}

route get GET /get {
  returns { sku: string, tags: string[] }
  handler desk:get
}
"""

HANDLER = """\
import dataclasses
import typing
from typing import NotRequired, Optional, TypedDict, Union

import pydantic


class Order(TypedDict):
    sku: str
    tags: list[str]


class Less(TypedDict):
    sku: str
    tags: NotRequired[list[str]]


@dataclasses.dataclass
class Record:
    sku: str = "TEA-1"
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Wrong:
    sku: int = 3
    tags: list[str] = dataclasses.field(default_factory=list)


class Model(pydantic.BaseModel):
    sku: str = "TEA-1"
    tags: list[str] = pydantic.Field(default_factory=list)


async def get(req, res, gctx, lctx) -> RETURNS: ...
"""


@pytest.mark.prop(9)
@pytest.mark.parametrize(
    "returns",
    [
        "Order",
        "Order | None",
        "Optional[Order]",
        "typing.Optional[Order]",
        "Union[Order, None]",
        '"Optional[Order]"',
        "Record",
        "Optional[Record]",
        "Model",
    ],
)
def test_what_the_route_answers_with_is_not_refused(
    compiled: Compile, faults: Faults, returns: str
) -> None:
    result = compiled({"app.gati": APP, "desk.py": HANDLER.replace("RETURNS", returns)})
    assert faults(result) == []


@pytest.mark.prop(9)
@pytest.mark.parametrize(
    "returns", ["Less", "Optional[Less]", "Union[Order, int]", "Wrong", "Union[Wrong, None]"]
)
def test_what_it_does_not_answer_with_is_refused(
    compiled: Compile, faults: Faults, returns: str
) -> None:
    result = compiled({"app.gati": APP, "desk.py": HANDLER.replace("RETURNS", returns)})
    assert faults(result) == [("handler-type", returns)]
