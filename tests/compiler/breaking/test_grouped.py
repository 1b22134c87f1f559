"""A difference of a type that routes share is one change, unless they differ in what it does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gatid_compiler.breaking import changes
from gatid_compiler.breaking.render import render_json, render_markdown, render_text
from tests.compiler.breaking.cases import compiled

if TYPE_CHECKING:
    from pathlib import Path

    from gatid_compiler.breaking import Change

APP = """
app a {{ }}
type Order {{ id: int, status: {status} }}
type Page {{ items: Order[] }}
route alone GET /alone {{
  auth none
  returns 200 {{ order: Order, other: Order }}
  handler code:get
}}
{routes}
"""
ROUTE = """
route {name} GET /{name} {{
  auth none
  returns 200 {answer}
  handler code:get
}}
"""
NAMES = ("get", "last", "find", "first")
OLD, NEW = '"new" | "paid"', '"new" | "paid" | "shipped"'


def found(tmp_path: Path, answers: dict[str, str], old: str, new: str) -> tuple[Change, ...]:
    routes = "\n".join(ROUTE.format(name=name, answer=a) for name, a in answers.items())
    plans = [
        compiled(APP.format(status=status, routes=routes), tmp_path / side)
        for side, status in (("old", old), ("new", new))
    ]
    return changes(*plans)


def test_one_change_has_all_routes_that_it_reaches(tmp_path: Path) -> None:
    answers = {"list": "Page"} | dict.fromkeys(NAMES, "Order")
    (change,) = found(tmp_path, answers, OLD, NEW)
    assert change.routes == ("get", "alone", "list", "last", "find", "first")
    assert (change.pointer, change.status) == ("/status", 200)
    assert render_text([change]) == (
        "breaking  response-enum-widened  type Order /status\n"
        '    `"shipped"` can stand here too\n'
        "    reached by 6 routes: get, alone, list and 3 more\n"
        "    answered now, never before, by get answer 200:"
        ' {"id": 0, "status": "shipped"}\n'
        "1 change: 1 breaking\n"
    )
    assert "| type Order | /status | `response-enum-widened` |" in render_markdown([change])
    told = json.loads(render_json([change]))["changes"][0]
    assert told["routes"] == list(change.routes)
    assert (told["route"], told["type"], told["type_pointer"]) == ("get", "Order", "/status")


def test_two_places_of_one_route_are_two_changes(tmp_path: Path) -> None:
    told = found(tmp_path, {}, OLD, NEW)
    assert [(c.routes, c.pointer) for c in told] == [
        (("alone",), "/order/status"),
        (("alone",), "/other/status"),
    ]


def test_routes_that_it_does_not_break_are_told_apart(tmp_path: Path) -> None:
    # What could always be anything has had this status before.
    answers = {"get": "Order", "loose": "Order | { id: int, status: string }"}
    told = found(tmp_path, answers, OLD, NEW)
    assert {c.verdict: c.routes for c in told} == {
        "breaking": ("get", "alone"),
        "compatible": ("loose",),
    }
