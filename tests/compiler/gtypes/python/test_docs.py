"""The examples of docs/extract.md are what comes out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.declarations import declarations
from gatid_compiler.gtypes.python import extract_module, type_names
from tests.compiler.gtypes.python.test_round_trip import imported
from tests.house.repository import ROOT

if TYPE_CHECKING:
    import pytest

TEXT = (ROOT / "docs/extract.md").read_text()
CODE = re.findall(r"^```python\n(.*?)^```$", TEXT, re.M | re.S)
GATI = re.findall(r"^```gati\n(.*?)^```$", TEXT, re.M | re.S)


def test_the_example_is_written_as_it_says() -> None:
    with imported(CODE[0]) as module:
        extracted = extract_module(module, type_names(module))
    assert declarations(extracted.schema.defs) == GATI[0]
    assert extracted.notes == ()


def test_the_way_back_runs(capsys: pytest.CaptureFixture[str]) -> None:
    heads = "from typing import Annotated, TypedDict\nfrom annotated_types import Ge\n"
    with imported(heads + CODE[1]):
        pass
    written = capsys.readouterr().out
    assert "class Order(TypedDict, closed=True):\n    count: Annotated[int, Ge(1)]\n" in written


def test_every_marker_is_named() -> None:
    from gatid_compiler.gtypes.python import markers

    for name in re.findall(r"^class (\w+)", (ROOT / markers.__file__).read_text(), re.M):
        assert f"`{name}(" in TEXT
