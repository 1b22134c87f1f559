"""The page of snapshots is true: its configuration keeps them, its lines read them."""

from __future__ import annotations

import asyncio
import json
import os
import re
from typing import TYPE_CHECKING, Any

from gatid.endpoint.link import link
from gatid.endpoint.loading import load
from gatid.observe.logs import Log, Output
from gatid.policies.rate import RateTable
from gatid.services.host import Host
from gatid.snapshots import Store
from gatid_compiler.pipeline import compile_project
from tests.cli.processes import gatid
from tests.gatid.endpoint.build import ask
from tests.gatid.endpoint.wire import Ask
from tests.house.repository import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (ROOT / "docs/snapshots.md").read_text()
CODE = """
async def pay(req, res, gctx, lctx):
    lctx.set("card", req.body["card"])
    raise ValueError("no money")
"""


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_page_is_true(tmp_path: Path) -> None:
    (tmp_path / "app.gati").write_text(block("gati"))
    (tmp_path / "code.py").write_text(CODE)
    result = compile_project(tmp_path / "app.gati")
    assert result.plan is not None
    assert result.diagnostics == ()
    [route] = result.plan.routes
    assert route.snapshots is not None
    # The defaults that the reference names are those that are written out here.
    assert (route.snapshots.max_size, route.snapshots.keep) == (256 << 10, 7 * 86_400_000)

    null = os.open(os.devnull, os.O_WRONLY)
    host = Host.create(base=tmp_path, rates=RateTable.create(64), log=Log(Output.to(null)))
    state = tmp_path / "state"
    store = Store(state, host.log, host.meters.snapshots, host.meters.snapshots_dropped)
    code = load(result.plan.code, 1, "0" * 64, tmp_path)
    made = link(result.plan, 1, host, code, keeper=store)
    body = {"card": {"number": "4111-1111", "holder": "Ada"}, "pin": "98765"}
    sent = Ask(
        "POST", "/pay/7", "", (("content-type", "application/json"),), json.dumps(body).encode()
    )
    wire = asyncio.run(ask(made, sent))
    assert wire.status == 500
    store.close()
    [entry] = store.directory.entries()

    names: dict[str, Any] = {"path": entry.path}
    exec(block("python"), names)  # noqa: S102  # the code of the page
    assert names["state"].data == {"card": {"number": "***", "holder": "Ada"}}
    assert json.loads(names["request"].body) == {
        "card": {"number": "***", "holder": "Ada"},
        "pin": "***",
    }
    document = names["document"]
    for name in document:
        assert f"`{name}`" in TEXT or name == "format", name
    for name in document["points"][0]:
        assert f"`{name}`" in TEXT, name
    for line in block("console").splitlines():
        words = line.removeprefix("$ gatid ").replace("0199f0c2", entry.id).split()
        words[-1] = str(state)
        done = gatid(*words)
        assert done.returncode == 0, done.stderr
    assert store.directory.entries() == []
    code.unload()
    host.close()
