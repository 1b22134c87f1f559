"""Histories such as public APIs had, written as changes, against adapters written by hand.

Over HTTP, with a real daemon: what an old client sends is to reach the handler as the adapters
make it, and what the handler answers is to reach the client as they make that.
"""

from __future__ import annotations

import http.client
import json
import shutil
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.processes import gatid
from tests.examples.running import free_ports, started
from tests.gatid.daemon.lived import issues_by_hand, payments_by_hand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gatid.daemon.lived.history import Call, Lived

LIVED = Path(__file__).with_name("lived")
HISTORIES = [payments_by_hand.LIVED, issues_by_hand.LIVED]
VERSIONS = range(1, 6)


@contextmanager
def _served(name: str, folder: Path) -> Iterator[http.client.HTTPConnection]:
    for suffix in ("gati", "py"):
        shutil.copy(LIVED / f"{name}.{suffix}", folder)
    (port,) = free_ports(1)
    with (
        started(folder / f"{name}.gati", folder, port),
        closing(http.client.HTTPConnection("127.0.0.1", port)) as connection,
    ):
        yield connection


@pytest.mark.parametrize("lived", HISTORIES, ids=lambda lived: lived.name)
def test_nothing_in_it_stays_unproved(lived: Lived) -> None:
    ran = gatid("check", "--strict", LIVED / f"{lived.name}.gati")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("lived", HISTORIES, ids=lambda lived: lived.name)
def test_every_version_is_carried_as_adapters_by_hand_would(lived: Lived, tmp_path: Path) -> None:
    with _served(lived.name, tmp_path) as connection:

        @settings(max_examples=250, suppress_health_check=list(HealthCheck), deadline=None)
        @given(st.sampled_from(VERSIONS).flatmap(lambda v: st.tuples(st.just(v), lived.calls(v))))
        def agrees(drawn: tuple[int, Call]) -> None:
            version, call = drawn
            query = f"?{urlencode(call.query, doseq=True)}" if call.query else ""
            headers = {
                "X-Gati-Version": f"v{version}",
                "X-Answer": json.dumps(call.answer),
                "X-Status": str(call.status),
                **call.headers,
            }
            body = None
            if call.body is not None:
                headers["Content-Type"] = "application/json"
                body = json.dumps(call.body)
            connection.request(call.method, call.path + query, body, headers)
            answer = connection.getresponse()
            got = json.loads(answer.read())
            assert (answer.status, got) == (call.told, call.down)
            assert json.loads(answer.headers["X-Seen"]) == call.seen

        agrees()
