"""`gatid routes`: the table, one route with all its settings, its code."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.cli.processes import EXAMPLES, gatid

if TYPE_CHECKING:
    from pathlib import Path

SHOP = EXAMPLES / "shop.gati"


def test_the_table_has_a_line_a_route() -> None:
    lines = [line.split() for line in gatid("routes", SHOP).stdout.splitlines()]
    assert [line[:3] for line in lines[1:]] == [
        ["ping", "GET", "/ping"],
        ["create_order", "POST", "/orders"],
        ["list_orders", "GET", "/orders"],
        ["get_order", "GET", "/orders/{id}"],
        ["pay_order", "POST", "/orders/{id}/payment"],
        ["list_articles", "GET", "/catalogue"],
        ["get_stock", "GET", "/catalogue/{sku}/stock"],
        ["put_article", "PUT", "/catalogue/{sku}"],
        ["export_articles", "GET", "/catalogue.txt"],
    ]
    assert lines[2][-5:] == ["v1", "|", "v2", "|", "v3"]
    assert lines[3][-1] == "v3"


def test_a_route_shows_settings_with_their_places() -> None:
    text = gatid("routes", SHOP, "create_order").stdout
    lines = [" ".join(line.split()) for line in text.splitlines()]
    source = SHOP.read_text().splitlines()

    def line(words: str) -> int:
        return next(n for n, each in enumerate(source, 1) if words in " ".join(each.split()))

    assert f"timeout 5s from app, shop.gati:{line('timeout 5s')}" in lines
    assert (
        f"roles any(customer, clerk) from policy customer, shop.gati:{line('roles any')}" in lines
    )
    assert any(
        each.startswith("before shop.hooks:check_stock, timeout 500ms from") for each in lines
    )
    assert "rate 600/min per subject, burst 100 from policy customer" in lines
    assert "depth 16 limits of the app" in lines
    assert "versions v1" in lines


def test_defaults_are_shown_as_such(tmp_path: Path) -> None:
    entry = tmp_path / "app.gati"
    entry.write_text("app bare {}\nroute r GET / {\n  returns 204\n  handler static 204\n}\n")
    ran = gatid("routes", entry, "r")
    lines = [" ".join(line.split()) for line in ran.stdout.splitlines()]
    assert "timeout 30s the default" in lines
    assert "max_body 1MiB limits of the app" in lines
    assert "auth open: nobody said who may call" in lines
    assert ran.stderr == ""


def test_a_plan_shows_the_same_routes(tmp_path: Path) -> None:
    plan = tmp_path / "shop.plan"
    assert gatid("compile", SHOP, "-o", plan).returncode == 0
    assert gatid("routes", plan).stdout == gatid("routes", SHOP).stdout
    of_plan = gatid("routes", plan, "pay_order").stdout
    assert "timeout         5s" in of_plan


def test_code_is_python_of_every_contract() -> None:
    code = gatid("routes", SHOP, "get_order", "--code").stdout
    assert len(ast.parse(code).body) >= 3
    for tag in ("v1", "v2", "v3"):
        assert repr(tag) in code
