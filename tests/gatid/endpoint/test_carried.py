"""Whole projects, compiled and served: what old clients send and get where a hop may fail."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from gatid.endpoint.link import LinkError, link
from gatid.endpoint.loading import load
from gatid.observe.logs import Log, Output
from gatid.policies.rate import RateTable
from gatid.services.host import Host
from gatid_compiler import plan_json
from gatid_compiler.pipeline import compile_project
from gatid_dsl.render import render_text
from tests.gatid.endpoint.build import ask
from tests.gatid.endpoint.wire import Ask, Wire

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
app shop {
  listen "127.0.0.1:0"
  auth   none
}
version 2025-11-01 as v1
version 2026-03-01 as v2
version 2026-09-15 as v3
"""

ECHO = "async def put(req, res, gctx, lctx):\n    return req.body\n"


class Served:
    """A project that answers, and what its log says."""

    def __init__(self, folder: Path, gati: str, modules: dict[str, str]) -> None:
        (folder / "app.gati").write_text(HEAD + gati)
        for name, text in {"shop": ECHO, **modules}.items():
            (folder / f"{name}.py").write_text(text)
        result = compile_project(folder / "app.gati")
        assert result.plan is not None, render_text(result.diagnostics)
        data = plan_json.dumps(result.plan)
        plan = plan_json.loads(data)
        assert plan == result.plan
        self._log_file = folder / "log"
        sink = os.open(self._log_file, os.O_WRONLY | os.O_CREAT)
        self._rates = RateTable.create(64)
        log = Log(Output.to(sink))
        self._host = Host.create(base=folder, rates=self._rates, log=log, threads=1)
        self._code = load(plan.code, 1, plan_json.plan_id(data), folder)
        self._generation = link(plan, 1, self._host, self._code)

    def put(self, version: str, body: object) -> tuple[int, Any]:
        """The status, and the answer's body or the errors of a problem."""
        wire = self.answer(version, body)
        content = json.loads(wire.content)
        return wire.status, content.get("errors", []) if wire.status >= 400 else content

    def answer(self, version: str, body: object) -> Wire:
        asked = Ask("PUT", "/", f"version={version}", body=json.dumps(body).encode())
        wire = Wire(asked.body or b"")
        return asyncio.run(ask(self._generation, asked, wire))

    @property
    def log(self) -> str:
        return self._log_file.read_text()

    def close(self) -> None:
        self._code.unload()
        self._host.close()
        self._host.pages.close()
        self._rates.close()


ORDER = """
type Order { lines: Line[], byName?: { ...: Line }, buyer?: { who: Person } | null }
type Line { sku: string, parts: Line[], total: Money }
type Money { cents: int(0..) }
type Person { given: string(1..), family: string }
route put_order PUT / {
  body    Order
  returns 200 Order
  handler shop:put
}
change v2 {
  type Order { rename positions -> lines }
  type Person { was string via old:person_up, old:person_down }
  type Money { was string via old:money_up, old:money_down }
}
change v3 {
  type Line { rename amount -> total }
  type Money { rename minor -> cents }
  type Person {
    rename first -> given
    rename last  -> family
  }
}
"""

OLD = """
def money_up(text):
    whole, _, cents = text.partition(".")
    return {"minor": int(whole) * 100 + int(cents)}

def money_down(money):
    cents = money.pop("minor")       # it is a copy
    if cents == 13:
        return 13
    if cents == 14:
        raise RuntimeError("fourteen")
    return f"{cents // 100}.{cents % 100:02}"

def person_up(name):
    first, _, last = name.partition(" ")
    return {"first": first, "last": last}

def person_down(person):
    return f"{person['first']} {person['last']}".strip()
"""


CARRIED = "what can be carried to a newer version"


def row(number: str, net: str) -> dict[str, object]:
    return {"number": number, "net": net}


def line(amount: str, *parts: object) -> dict[str, object]:
    return {"sku": "a", "amount": amount, "parts": list(parts)}


def test_functions_of_the_project_carry_where_hops_cannot(tmp_path: Path) -> None:
    served = Served(tmp_path, ORDER, {"old": OLD})
    good = {
        "positions": [line("1.50", line("0.02"))],
        "byName": {"x": line("3.00")},
        "buyer": {"who": "Ada Lovelace"},
    }
    assert served.put("v1", good) == (200, good)
    assert served.put("v1", {"positions": [], "buyer": None})[0] == 200
    now = {"sku": "a", "total": {"cents": 150}, "parts": []}
    assert served.put("v3", {"lines": [now]}) == (200, {"lines": [now]})
    served.close()


@pytest.mark.parametrize(
    ("body", "pointer", "expected"),
    [
        # What `up` gave is not of the new type.
        ({"positions": [line("1.00"), line("-1.00")]}, "/positions/1/amount", "int(0..)"),
        (
            {"positions": [line("1.00", line("2.00"), line("-1.00"))]},
            "/positions/0/parts/1/amount",
            "int(0..)",
        ),
        ({"positions": [], "byName": {"a/b": line("-2.00")}}, "/byName/a~1b/amount", "int(0..)"),
        # `up` raised.
        (
            {"positions": [line("x")]},
            "/positions/0/amount",
            CARRIED,
        ),
        ({"positions": [], "buyer": {"who": ""}}, "/buyer/who", "string(1..)"),
    ],
)
def test_what_cannot_be_carried_is_told_in_the_names_of_the_client(
    tmp_path: Path, body: object, pointer: str, expected: str
) -> None:
    served = Served(tmp_path, ORDER, {"old": OLD.replace("first, _", "first, __")})
    status, errors = served.put("v1", body)
    assert (status, [(e["in"], e["pointer"]) for e in errors]) == (422, [("body", pointer)])
    assert errors[0]["expected"] == expected
    assert ("ValueError" in served.log) == ("can be carried" in expected)
    served.close()


@pytest.mark.parametrize("cents", [13, 14])
def test_an_answer_that_cannot_be_carried_back(tmp_path: Path, cents: int) -> None:
    served = Served(tmp_path, ORDER, {"old": OLD})
    status, errors = served.put("v1", {"positions": [line("1.00"), line(f"0.{cents}")]})
    assert (status, errors) == (502, [])
    assert "old:money_down" in served.log
    assert "/lines/1/total" in served.log
    assert "could not be carried back to `tsv:" in served.log
    assert ("fourteen" in served.log) == (cents == 14)
    served.close()


UNCHECKED = """
type Order { rows: { size: string(pattern '[0-9]+e[0-9]+') }[] }
route put_order PUT / {
  returns 200 Order
  handler shop:ok
}
change v2 {
  type Order {
    each lines { convert length: number -> string(pattern '[0-9]+e[0-9]+') by text }
    each lines { rename length -> measure }
  }
}
change v3 {
  type Order {
    rename lines -> rows
    each rows { rename measure -> size }
  }
}
"""


def test_the_log_says_where_an_answer_failed_in_both_names_and_whose_contract_it_is(
    tmp_path: Path,
) -> None:
    code = """
async def ok(req, res, gctx, lctx):
    return {"rows": [{"size": "1e2"}, {"size": "1e999"}]}
"""
    served = Served(tmp_path, UNCHECKED, {"shop": code})
    assert served.put("v3", None)[0] == 200
    assert served.put("v1", None) == (502, [])
    assert "the answer 200 could not be carried back to `tsv:" in served.log
    assert "-put_order-1`" in served.log
    assert "`/lines/1/length`, which is `/rows/1/size` now, is not number" in served.log
    served.close()


UNPROVED = """
# Nothing tells that the number after an `e` is one that no double has room for.
type Order {
  items: { count: Small, cost: { net: Small } }[]
  tree?: Node
  page:  Small
  first?: Small
}
type Small = number
type Node { at?: Small, kids: Node[], more?: { ...: Node } }
route put_order PUT / {
  query   { limit?: int }
  body    Order
  returns 200 { ok?: bool }
  handler shop:ok
}
change v2 {
  type Order {
    each rows {
      convert number: string(pattern '[0-9]+e[0-9]+') -> Small by text
      rename number -> count
      nest   net -> cost
      convert cost.net: string(pattern '[0-9]+e[0-9]+') -> Small by text
    }
    rename rows -> items
    unwrap first
    convert first: string(pattern '[0-9]+e[0-9]+') -> Small by text
  }
  type Node {
    rename sons -> kids
    convert pos: string(pattern '[0-9]+e[0-9]+') -> Small by text
  }
  route put_order {
    move query.page -> body.page
    convert body.page: string(pattern '[0-9]+e[0-9]+') -> Small by text
  }
}
change v3 {
  type Node {
    rename pos  -> at
    rename rest -> more
  }
}
"""


@pytest.mark.parametrize(
    ("query", "body", "where"),
    [
        ("", {"rows": [row("1e2", "2e0"), row("1e999", "2e0")]}, "body /rows/1/number"),
        ("", {"rows": [row("1e2", "2e0"), row("1e2", "1e999")]}, "body /rows/1/net"),
        ("", {"rows": [],
              "tree": {"sons": [{"pos": "1e2", "sons": [{"pos": "1e999", "sons": []}]}]}},
         "body /tree/sons/0/sons/0/pos"),
        ("", {"rows": [], "tree": {"sons": [], "rest": {"*": {"pos": "1e999", "sons": []}}}},
         "body /tree/rest/*/pos"),
        ("", {"rows": [], "first": ["1e999"]}, "body /first/0"),
        ("1e999", {"rows": []}, "query /page"),
        ("1e999", {"rows": [row("1e999", "1e999")]},
         "query /page, body /rows/0/net, body /rows/0/number"),
    ],
)  # fmt: skip
def test_a_check_after_a_hop_points_into_what_was_sent(
    tmp_path: Path, query: str, body: object, where: str
) -> None:
    served = Served(tmp_path, UNPROVED, {"shop": "async def ok(req, res, gctx, lctx): return {}\n"})
    good = {"rows": [row("1e2", "2e0")], "first": ["3e0"], "tree": {"sons": []}}
    assert served.put("v1&page=4e0", good) == (200, {})
    status, errors = served.put(f"v1&page={query or '5e0'}", body)
    assert (status, ", ".join(sorted(f"{e['in']} {e['pointer']}" for e in errors))) == (
        422,
        ", ".join(sorted(where.split(", "))),
    )
    served.close()


def test_a_function_has_to_be_there_when_a_plan_is_linked(tmp_path: Path) -> None:
    gati = """
    type Order { total: { cents: int } }
    route put_order PUT / {
      body    Order
      returns 200 Order
      handler shop:put
    }
    change v2 { type Order { was { total: string } via lazy:up, lazy:down } }
    """
    lazy = "globals()['up'] = globals()['down'] = None\ndef __getattr__(name): raise {}\n"
    with pytest.raises(LinkError, match=r"lazy:(up|down)"):
        Served(tmp_path, gati, {"lazy": lazy.format("AttributeError(name)")})


def test_answers_tell_that_a_version_ends(tmp_path: Path) -> None:
    gati = """
    version 2025-09-01 as v0 {
      sunset 2025-10-01
    }
    version 2025-10-01 as v0b {
      deprecated 2025-11-01 "https://shop.example/v0"
      sunset     2100-01-01
    }
    route put_order PUT / {
      body    { a: int }
      returns 200 { a: int }
      handler shop:put
    }
    """
    served = Served(tmp_path, gati, {})
    ends = ("deprecation", "sunset", "link")
    gone, old, new = (served.answer(v, {"a": 1}) for v in ("v0", "v0b", "v1"))
    assert (gone.status, gone.header("link")) == (410, '</?version=v0b>; rel="successor-version"')
    assert [old.header(name) for name in ends] == [
        "@1761955200",
        "Fri, 01 Jan 2100 00:00:00 GMT",
        '<https://shop.example/v0>; rel="deprecation"; type="text/html"',
    ]
    assert [new.header(name) for name in ends] == [None, None, None]
    served.close()
