"""A daemon carries what is in itself, merged, or spread over a path and headers."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gatid.daemon.running import Daemons

PROJECT = """
app desk {
  auth none
}

version 2025-01-01 as v1
version 2025-06-01 as v2

type Node    { name: string, children: Node[] }
type Base    { id: int }
type Invoice = Base & { total: int(1..) }
type Where   { shop: string, shelf: int }
type Heads   { "X-Trace"?: string }

route put_tree PUT /tree {
  body    Node
  returns Node
  handler code:same
}
route put_bill PUT /bill {
  body    { first: Invoice, more: (Base & { why: string })[] }
  returns { first: Invoice, more: (Base & { why: string })[] }
  handler code:same
}
route look GET /{shop}/{shelf} {
  params  Where
  headers Heads
  returns { shop: string, shelf: int, trace?: string }
  handler code:look
}

change v2 {
  type Node {
    each children {
      rename title -> name
    }
  }
  type Base {
    rename nr -> id
  }
  type Where {
    rename store -> shop
  }
  type Heads {
    rename "X-Tracing" -> "X-Trace"
  }
}
"""

CODE = """
async def same(req, res, gctx, lctx):
    return req.body

async def look(req, res, gctx, lctx):
    trace = {"trace": req.headers["x-trace"]} if "x-trace" in req.headers else {}
    return {**req.params, **trace}
"""


def ask(
    port: int, version: str, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    text = None if body is None else json.dumps(body)
    connection.request(method, path, text, {"X-Gati-Version": version, **fields})
    answer = connection.getresponse()
    read = answer.read()
    connection.close()
    return answer.status, json.loads(read) if read else None


@pytest.mark.prop(16)
def test_every_shape_is_carried(daemons: Daemons, folder: Path) -> None:
    entry = folder / "app.gati"
    entry.write_text(PROJECT)
    (folder / "code.py").write_text(CODE)
    port = daemons.start(entry).port

    # Every node has another name for what it is called, but for the one without a parent.
    leaf = {"title": "c", "children": []}
    tree = {"name": "a", "children": [{"title": "b", "children": [leaf, leaf]}]}
    assert ask(port, "v1", "PUT", "/tree", tree) == (200, tree)
    wrong = {"name": "a", "children": [{"title": "b", "children": [{"name": "c", "children": []}]}]}
    status, problem = ask(port, "v1", "PUT", "/tree", wrong)
    pointers = {error["pointer"] for error in problem["errors"]}
    assert (status, pointers) == (
        400,
        {"/children/0/children/0/name", "/children/0/children/0/title"},
    )
    assert ask(port, "v2", "PUT", "/tree", tree)[0] == 400

    # What is merged of a type changes with it, under a name or in place.
    bill = {"first": {"nr": 1, "total": 2}, "more": [{"nr": 3, "why": "so"}]}
    assert ask(port, "v1", "PUT", "/bill", bill) == (200, bill)
    status, problem = ask(port, "v1", "PUT", "/bill", {**bill, "first": {"nr": "1", "total": 0}})
    assert {error["pointer"] for error in problem["errors"]} == {"/first/nr", "/first/total"}
    now = {"first": {"id": 1, "total": 2}, "more": [{"id": 3, "why": "so"}]}
    assert ask(port, "v2", "PUT", "/bill", now) == (200, now)
    assert ask(port, "v2", "PUT", "/bill", bill)[0] == 400

    # Parameters and headers are those of the client's version.
    assert ask(port, "v1", "GET", "/mill/7", X_TRACING="t", X_Trace="no") == (
        200,
        {"shop": "mill", "shelf": 7, "trace": "t"},
    )
    assert ask(port, "v2", "GET", "/mill/7", x_tracing="no", x_TRACE="t") == (
        200,
        {"shop": "mill", "shelf": 7, "trace": "t"},
    )
    status, problem = ask(port, "v1", "GET", "/mill/x")
    assert (status, problem["errors"][0]["pointer"]) == (400, "/shelf")
