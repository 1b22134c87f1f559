"""Lists and objects that fill fields, served: no request gets what another one holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gatid.endpoint.test_carried import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOXES = """
type Box { name: string, tags: Tag[], size?: { w: int, h: int } = { w: 1, h: 2 } }
type Tag { label: string }
route put_box PUT / {
  query   { sort?: string[] = ["name"] }
  body    Box
  returns 200 { tags: Tag[], size?: { w: int, h: int }, sort: string[], old: int[] }
  handler shop:put
}
change v2 {
  type Box { add tags: Tag[] = [{ word: "new" }] }
  route put_box {
    add  response.body.sort: string[]
    drop response.body.gone: { at: int[] } = { at: [1, 2] }
  }
}
change v3 {
  type Tag { rename word -> label }
  route put_box { require response.body.old = [7] }
}
"""

GREEDY = """
import copy

async def put(req, res, gctx, lctx):
    got = copy.deepcopy({**req.body, "sort": req.query["sort"], "old": []})
    del got["name"]
    req.body["tags"].append({"label": "mine"})
    req.body["tags"][0]["label"] = "changed"
    req.body["size"]["w"] = 99
    req.query["sort"].append("more")
    return got
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path, BOXES, {"shop": GREEDY})
    yield made
    made.close()


def test_each_request_gets_its_own(served: Served) -> None:
    for _ in range(3):
        status, body = served.put("v1", {"name": "a"})
        assert status == 200
        assert body == {
            "tags": [{"word": "new"}],
            "size": {"w": 1, "h": 2},
            "old": [],
            "gone": {"at": [1, 2]},
        }
        status, body = served.put("v3", {"name": "a", "tags": [{"label": "b"}]})
        assert body == {
            "tags": [{"label": "b"}],
            "size": {"w": 1, "h": 2},
            "sort": ["name"],
            "old": [],
        }
