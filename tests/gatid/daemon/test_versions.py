"""A daemon answers every version: routes that moved, swapped, were removed, or kept their code."""

from __future__ import annotations

import hashlib
import http.client
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gatid.daemon.running import Daemons

PROJECT = """
app desk { }

secret ring from env "RING"

version 2025-01-01 as v1
version 2025-06-01 as v2
version 2026-01-01 as v3

type Order { id: int, total: int }

route get_order GET /orders/{id: int} {
  auth    none
  returns Order
  handler code:get
}
route search POST /search {
  auth    none
  body    { words: string[1..] }
  returns { found: Order[], by: string }
  handler code:search
}
route left GET /left {
  auth    none
  returns { side: string }
  handler code:left
}
route right GET /right {
  auth    none
  returns { side: string }
  handler code:right
}

change v2 {
  type Order { rename sum -> total }
  route get_order {
    rename path.number -> path.id
    moved from GET /order/{id}
  }
  route left  { moved from GET /right }
  route right { moved from GET /left }
  route search {
    handler code:search_before
    query   { q: string }
    returns { by: string, first?: Order }
    moved from GET /search
  }
}
change v3 {
  route count removed {
    route count GET /count {
      auth key {
        header "X-API-Key"
        keys ring
      }
      returns { count: int, of: Order }
      handler code:count
    }
  }
  route get_order { moved from GET /orders/by-id/{id} }
}
"""

CODE = """
async def get(req, res, gctx, lctx):
    return {"id": req.params["id"], "total": 7}

def search(req, res, gctx, lctx):
    return {"found": [{"id": n, "total": 1} for n, _ in enumerate(req.body["words"])], "by": "now"}

def search_before(req, res, gctx, lctx):
    assert req.body is None
    return {"by": "before", "first": {"id": 1, "sum": len(req.query["q"])}}

async def left(req, res, gctx, lctx):
    return {"side": "left"}

async def right(req, res, gctx, lctx):
    return {"side": "right"}

async def count(req, res, gctx, lctx):
    return {"count": 3, "of": {"id": 1, "total": 2}}
"""

KEY = "key-of-ann"
RING = f"ann sha256:{hashlib.sha256(KEY.encode()).hexdigest()}"


def ask(
    port: int, version: str, method: str, path: str, body: Any = None, key: str | None = None
) -> tuple[int, Any, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"X-Gati-Version": version} | ({"X-API-Key": key} if key else {})
    text = None if body is None else json.dumps(body)
    connection.request(method, path, text, headers)
    answer = connection.getresponse()
    read = answer.read()
    connection.close()
    fields = {name.lower(): value for name, value in answer.getheaders()}
    return answer.status, json.loads(read) if read else None, fields


@pytest.mark.prop(16)
def test_every_version_is_up(daemons: Daemons, folder: Path) -> None:
    entry = folder / "app.gati"
    entry.write_text(PROJECT)
    (folder / "code.py").write_text(CODE)
    running = daemons.start(entry, env={"RING": RING})
    port = running.port

    # Where a route was, only its clients of that time find it.
    assert ask(port, "v1", "GET", "/order/5")[:2] == (200, {"id": 5, "sum": 7})
    assert ask(port, "v2", "GET", "/orders/by-id/5")[:2] == (200, {"id": 5, "total": 7})
    assert ask(port, "v3", "GET", "/orders/5")[:2] == (200, {"id": 5, "total": 7})
    for version, path in (("v1", "/orders/5"), ("v3", "/order/5"), ("v2", "/order/5")):
        status, problem, _ = ask(port, version, "GET", path)
        assert (status, problem["title"]) == (404, f"there is no such route in version {version}")
    status, _, fields = ask(port, "v3", "DELETE", "/order/5")
    assert (status, fields["allow"]) == (405, "GET, HEAD, OPTIONS")

    # Two routes that swapped their places.
    assert [ask(port, v, "GET", "/left")[1]["side"] for v in ("v1", "v2")] == ["right", "left"]
    assert [ask(port, v, "GET", "/right")[1]["side"] for v in ("v1", "v2")] == ["left", "right"]

    # Code that was kept sees and answers what it did, and is at its old place.
    old = {"by": "before", "first": {"id": 1, "sum": 3}}
    assert ask(port, "v1", "GET", "/search?q=abc")[:2] == (200, old)
    assert ask(port, "v1", "GET", "/search?words=abc")[0] == 400
    assert ask(port, "v1", "POST", "/search", {"words": ["a"]})[0] == 404
    new = {"by": "now", "found": [{"id": 0, "total": 1}]}
    assert ask(port, "v2", "POST", "/search", {"words": ["a"]})[:2] == (200, new)
    assert ask(port, "v3", "GET", "/search?q=abc")[0] == 404

    # A route that is gone has the policies that it had.
    assert ask(port, "v2", "GET", "/count")[0] == 401
    seen = {"count": 3, "of": {"id": 1, "total": 2}}
    assert ask(port, "v2", "GET", "/count", key=KEY)[:2] == (200, seen)
    seen = {"count": 3, "of": {"id": 1, "sum": 2}}
    assert ask(port, "v1", "GET", "/count", key=KEY)[:2] == (200, seen)
    assert ask(port, "v3", "GET", "/count")[0] == 401
    assert ask(port, "v3", "GET", "/count", key=KEY)[0] == 404
