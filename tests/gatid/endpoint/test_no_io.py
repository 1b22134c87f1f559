"""Once a generation is linked, requests look everything up in memory."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid.admin.app import Admin
from gatid.daemon.board import Board, Word
from gatid.endpoint.link import link
from gatid.endpoint.loading import load
from gatid.observe.logs import Log, Output
from gatid.observe.pages import MeterPages
from gatid.services.host import Host
from gatid_compiler.pipeline import compile_project
from tests.gatid.endpoint.wire import Ask, Wire
from tests.gatid.forks import fork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gatid_compiler.plan import Plan

CONFIG = """
app desk {
  auth none
  versions {
    header  "X-Api"
    param   "v"
    default latest
  }
}
version 2025-01-01 as v1
version 2025-06-01 as v2
version 2026-01-01 as v3

type Order { id: Uuid, customer: string(1..9), status: "new" | "paid", note?: string }

route put_order PUT /orders/{id: Uuid} {
  body    Order
  returns 200 Order, 404 Problem
  handler desk:put
}
route list_orders GET /orders {
  query   { most?: int(1..5) }
  returns 200 Order[]
  handler desk:list_all
}
route gone DELETE /orders {
  returns 204
  handler static 204
}
change v2 {
  type Order { rename name -> customer }
  route gone added
}
change v3 { type Order { map status { "open" -> "new" } } }
"""
HANDLERS = """
async def put(req, res, gctx, lctx):
    if req.body["customer"] == "none":
        return res.header("ETag", '"a"').problem(404)
    return req.body

async def list_all(req, res, gctx, lctx):
    one = {"id": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "customer": "Ann", "status": "new"}
    if req.query.get("most") == 4:
        open("/dev/null").close()
    return [one] * req.query.get("most", 2)
"""
ID = "01234567-89ab-7def-8123-456789abcdef"

VERSIONS = [
    "v1", "v2", "v3", "v9", "2025-03-01", "2025-06-01T12:00:00Z", "2000-01-01", "nonsense", "",
    "tsv:1735689600-put_order-1", "tsv:1748736000-put_order-2", "tsv:1-x-1",
]  # fmt: skip
bodies = st.fixed_dictionaries(
    {"id": st.just(ID), "status": st.sampled_from(["new", "open", "paid"])},
    optional={
        "customer": st.sampled_from(["Ann", "none", ""]),
        "name": st.sampled_from(["Ann", "none"]),
        "note": st.text(max_size=3),
    },
)
requests = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "PUT", "PUT", "PUT", "DELETE", "HEAD", "OPTIONS"]),
        "path": st.sampled_from(["/orders", f"/orders/{ID}", f"/orders/{ID}", "/orders/7", "/x"]),
        "where": st.sampled_from(["header", "param", "path", None]),
        "version": st.sampled_from(VERSIONS),
        "query": st.sampled_from(["", "most=3", "most=9", "other=1"]),
        "body": st.none() | bodies,
        "condition": st.sampled_from([None, '"a"', '"a;2025-01-01"', "*"]),
    }
)

# Those that happen in memory; all others are a file, a socket, a process or a module.
QUIET = ("object.", "builtins.id", "code.", "sys._getframe", "cpython.", "gc.", "sys.set_")


def asked(given_: dict[str, Any]) -> Ask:
    version, where = given_["version"], given_["where"]
    query, path = given_["query"], given_["path"]
    fields = []
    if where == "header":
        fields.append(("x-api", version))
    elif where == "param":
        query = f"{query}&v={version}".lstrip("&")
    elif where == "path":
        path = f"/{version}{path}"
    if given_["condition"] is not None:
        fields.append(("if-match", given_["condition"]))
    body = None
    if given_["body"] is not None:
        body = json.dumps(given_["body"]).encode()
        fields.append(("content-type", "application/json"))
    return Ask(given_["method"], path, query, tuple(fields), body)


class Desk:
    """A process that serves a generation, and tells what it did besides answering."""

    def __init__(self, folder: Path) -> None:
        entry = folder / "desk.gati"
        entry.write_text(CONFIG)
        (folder / "desk.py").write_text(HANDLERS)
        plan = compile_project(entry).plan
        assert plan is not None
        ours, theirs = os.pipe(), os.pipe()

        def serve() -> None:
            os.close(ours[1])
            os.close(theirs[0])
            _serve(plan, folder, ours[0], theirs[1])

        self._pid = fork(serve)
        os.close(ours[0])
        os.close(theirs[1])
        self._say = os.fdopen(ours[1], "w")
        self._hear = os.fdopen(theirs[0])

    def ask(self, given_: dict[str, Any]) -> dict[str, Any]:
        self._say.write(json.dumps(given_) + "\n")
        self._say.flush()
        answer: dict[str, Any] = json.loads(self._hear.readline())
        return answer

    def close(self) -> None:
        self._say.close()
        self._hear.close()
        assert os.waitpid(self._pid, 0)[1] == 0


def _serve(plan: Plan, folder: Path, hear: int, say: int) -> None:
    sink = os.open(os.devnull, os.O_WRONLY)
    host = Host.create(base=folder, log=Log(Output.to(sink)), threads=1)
    made = link(plan, 1, host, load(plan.code, 1, "", folder), clock=lambda: 1_780_000_000.0)
    board = Board()
    board[Word.READY] = board[Word.WORKERS] = 1
    admin = Admin(board, MeterPages.create(1))
    seen: list[str] = []
    armed = False

    def hook(event: str, _: object) -> None:
        if armed and not event.startswith(QUIET):
            seen.append(event)

    sys.addaudithook(hook)
    loop = asyncio.new_event_loop()

    def counted(call: Callable[[], Any]) -> tuple[Any, list[str], int]:
        """What a call gave, the events it raised, and how often it read or wrote."""
        nonlocal armed
        del seen[:]
        before = _calls()
        armed = True
        try:
            answer = call()
        finally:
            armed = False
        return answer, list(seen), _calls() - before

    quiet = counted(lambda: None)[2]

    def serve(given_: dict[str, Any]) -> Wire:
        wire = Wire((ask := asked(given_)).body or b"")
        loop.run_until_complete(made.dispatch(ask, wire))  # type: ignore[arg-type]
        return wire

    def health(path: str) -> Wire:
        wire = Wire()
        loop.run_until_complete(admin.__rsgi__(Ask("GET", path), wire))
        return wire

    with os.fdopen(hear) as asks, os.fdopen(say, "w") as answers:
        for line in asks:
            given_ = json.loads(line)
            serve(given_)
            wire, events, calls = counted(lambda: serve(given_))  # noqa: B023 - called at once
            for path in ("/healthz", "/readyz"):
                health(path)
                found, more, of_health = counted(lambda: health(path))  # noqa: B023
                events += more if found.status == 200 else [f"{path} {found.status}"]
                calls += of_health - quiet
            told = {"status": wire.status, "events": events, "calls": calls - quiet}
            answers.write(json.dumps(told) + "\n")
            answers.flush()
    host.close()


def _calls() -> int:
    """How many reads and writes this process has asked the kernel for, this reading included."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["syscr"]) + int(fields["syscw"])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("desk"))
    yield made
    made.close()


@pytest.mark.prop(36)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(requests)
def test_a_second_look_up_does_no_io(desk: Desk, given_: dict[str, Any]) -> None:
    """Whatever is asked, of whichever version: no file, no SQL, no import, no read, no write."""
    told = desk.ask(given_)
    assert told["status"]
    assert told["events"] == []
    assert told["calls"] == 0


def test_the_requests_go_everywhere(desk: Desk) -> None:
    """The property is about answers of every kind, and would see a file that is opened."""
    good = {"id": ID, "customer": "Ann", "status": "new"}
    old = {"id": ID, "name": "Ann", "status": "open"}
    base = {"method": "PUT", "path": f"/orders/{ID}", "where": "header", "query": "",
            "condition": None}  # fmt: skip
    for version, body, status in [
        ("v3", good, 200), ("v1", old, 200), ("v1", good, 400), ("v9", good, 400),
        ("v3", good | {"customer": "none"}, 404),
    ]:  # fmt: skip
        assert desk.ask({**base, "version": version, "body": body})["status"] == status
    gone = {**base, "method": "DELETE", "path": "/orders", "version": "v1", "body": None}
    assert desk.ask(gone)["status"] == 404
    assert desk.ask({**gone, "version": "v2"})["status"] == 204
    opened = desk.ask({**gone, "method": "GET", "query": "most=4"})
    assert (opened["status"], opened["events"]) == (200, ["open"])
