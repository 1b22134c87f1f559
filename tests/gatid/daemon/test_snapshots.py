"""Snapshots of a real daemon: kept while workers are killed, found by the command line."""

from __future__ import annotations

import json
import os
import signal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from gatid.snapshots import asked, restore
from tests.cli.processes import gatid
from tests.gatid.daemon.running import request, until, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gatid.daemon.running import Daemons, Running

MORE = """
route keeps GET /keeps/{sku: string} {
  auth    none
  query   { token?: string }
  returns 200 { at: int }
  snapshot {
    sample 1
    errors on
    keep   1h
    redact "/query/token"
  }
  handler desk.handlers:keeps
}
"""
HANDLERS = """
import os
from desk.models import VALUE

async def answer(req, res, gctx, lctx):
    return {"value": VALUE, "pid": os.getpid()}

async def slow(req, res, gctx, lctx):
    return {"value": VALUE, "pid": os.getpid()}

async def keeps(req, res, gctx, lctx):
    lctx.set("skus", [req.params["sku"], (1, 2)])
    if req.params["sku"] == "none":
        raise ValueError("there is none")
    return {"at": len(req.params["sku"])}
"""


def _came_back(running: Running, killed: int) -> bool:
    pids = running.pids()
    return len(pids) == 2 and killed not in pids


@pytest.mark.prop(44)
def test_snapshots_survive_their_workers(daemons: Daemons, folder: Path) -> None:
    entry = write(folder, more=MORE, handlers=HANDLERS)
    running = daemons.start(entry, workers=2)
    address = ("127.0.0.1", running.port)
    answered = 0
    for _ in range(3):
        for i in range(40):
            status, _body = request(address, f"/keeps/{'x' * i}y?token=very-secret-token")
            answered += status == 200
        # Whatever it is writing, nothing torn is left where snapshots are.
        killed = running.pids()[0]
        os.kill(killed, signal.SIGKILL)
        until(partial(_came_back, running, killed))
    assert request(address, "/keeps/none")[0] == 500
    assert answered == 120

    state = ("--state", str(running.state))

    def listed() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            gatid("snapshot", "list", *state, "--format", "json").stdout
        )
        return found

    failed = until(lambda: [each for each in listed() if "failed" in each["why"]])
    assert [(each["route"], each["status"]) for each in failed] == [("keeps", 500)]
    rows = listed()
    assert len(rows) > 40
    assert [row["taken"] for row in rows] == sorted(row["taken"] for row in rows)
    folder_ = running.state / "snapshots"
    for path in folder_.glob("*.json"):
        assert path.stat().st_mode & 0o777 == 0o600
        data = path.read_bytes()
        assert b"very-secret" not in data
        document = json.loads(data)
        if document["why"] == ["sampled"]:
            sku = document["seen"]["params"]["sku"]
            assert asked(document).path == f"/keeps/{sku}"
            assert restore(document).data == {"skus": [sku, (1, 2)]}
            assert json.loads(document["answer"]["body"]["text"]) == {"at": len(sku)}

    id = failed[0]["id"]
    shown = gatid("snapshot", "show", id, *state)
    assert "ValueError" in shown.stdout
    assert "GET /keeps/none" in shown.stdout
    point = json.loads(
        gatid("snapshot", "show", id[:-1], "--point", "-1", *state, "--format", "json").stdout
    )
    assert point["state"] == "ended"
    assert point["local"] == {"skus": ["none", {"$t": [1, 2]}]}
    assert gatid("snapshot", "show", "ffffffff-", *state).returncode == 1
    assert gatid("snapshot", "rm", id, *state).returncode == 0
    assert id not in {row["id"] for row in listed()}
