"""Files: what `include` brings in, and which Python a plan carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatid_compiler.pipeline import Result

    Compile = Callable[[Mapping[str, str]], Result]

APP = """\
app shop {
  listen "127.0.0.1:8080"
  auth   none
}
"""
ROUTE = "route {0} GET /{0} {{\n  returns 204\n  handler shop.{0}:get\n}}\n"
GET = "def get(req, res, gctx, lctx):\n    pass\n"


def test_included_files_share_one_namespace_in_sorted_order(compiled: Compile) -> None:
    result = compiled(
        {
            "app.gati": 'include "routes/**/*.gati"\n' + APP,
            "routes/b.gati": ROUTE.format("b") + 'include "../types/t.gati"\n',
            "routes/a.gati": ROUTE.format("a") + 'include "../types/t.gati"\n',
            "routes/deep/c.gati": ROUTE.format("c"),
            "routes/.hidden.gati": "no syntax at all",
            "types/t.gati": "type T { id: Uuid }\n",
            **{f"shop/{name}.py": GET for name in "abc"},
        }
    )
    assert result.diagnostics == ()
    assert result.plan is not None
    assert [route.name for route in result.plan.routes] == ["a", "b", "c"]


def test_code_is_whole_packages_that_are_reached(compiled: Compile) -> None:
    result = compiled(
        {
            "app.gati": APP + ROUTE.format("orders"),
            "shop/orders.py": "import importlib\nfrom desk.models import Book\n"
            "importlib.import_module('tools.late')\n" + GET,
            "shop/unused.py": "import types\n",
            "shop/data.json": "{}",
            "shop/__pycache__/x.py": "",
            "shop/.cache/y.py": "",
            "desk/__init__.py": "",
            "desk/models.py": "import single\nclass Book: pass\n",
            "single.py": "x = 1\n",
            "tools/late.py": "",
            "types/order.gati": "",
            "never/__init__.py": "",
            "setup.py": "raise SystemExit\n",
        }
    )
    assert result.plan is not None
    assert list(result.plan.code.files) == [
        "desk/__init__.py",
        "desk/models.py",
        "shop/orders.py",
        "shop/unused.py",
        "single.py",
        "tools/late.py",
    ]


def test_installed_distributions_are_named_with_their_versions(compiled: Compile) -> None:
    from importlib.metadata import version

    imports = (
        "import json\nimport orjson\nfrom dateutil_is_not_here import x\nimport gatid.errors\n"
    )
    result = compiled({"app.gati": APP + ROUTE.format("orders"), "shop/orders.py": imports + GET})
    assert result.plan is not None
    assert result.plan.code.installed == {"orjson": version("orjson")}


def test_sources_are_carried_as_text_whatever_their_encoding(compiled: Compile) -> None:
    source = "# -*- coding: utf-8 -*-\nNAME = 'Zoë'\n" + GET
    result = compiled(
        {"app.gati": APP + ROUTE.format("orders"), "shop/orders.py": "\ufeff" + source}
    )
    assert result.plan is not None
    assert result.plan.code.files["shop/orders.py"] == source


@pytest.mark.parametrize("name", ["types", "json"])
def test_a_folder_without_python_hides_no_module(compiled: Compile, name: str) -> None:
    result = compiled(
        {
            "app.gati": APP + ROUTE.format("orders"),
            "shop/orders.py": f"import {name}\n" + GET,
            f"{name}/order.gati": "",
        }
    )
    assert result.diagnostics == ()


def test_columns_in_python_count_characters(compiled: Compile) -> None:
    source = "def get(req, res, gctx, lctx):\n    é = 'üü'; return gctx.modules.stör\n"
    result = compiled({"app.gati": APP + ROUTE.format("orders"), "shop/orders.py": source})
    (fault,) = result.diagnostics
    assert fault.span.text == "stör"
