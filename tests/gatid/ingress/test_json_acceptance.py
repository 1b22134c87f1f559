"""Every class of JSON text through a served route: read, or refused with 400, never a fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.gatid.ingress.json_texts import ACCEPTED, EITHER, REFUSED
from tests.gatid.ingress.raw import HOST, read

if TYPE_CHECKING:
    from tests.gatid.ingress.raw import Server

READ = ACCEPTED | {n: text for n, text in EITHER.items() if n.startswith("read ")}
NOT_READ = REFUSED | {n: text for n, text in EITHER.items() if n.startswith("refused ")}


@pytest.mark.prop(10)
@pytest.mark.parametrize("name", READ)
def test_json_is_read_and_written_again(server: Server, name: str) -> None:
    answer = server.post("/json", READ[name])
    assert answer.status == 200, answer
    assert answer.json == json.loads(READ[name])


@pytest.mark.prop(10)
@pytest.mark.parametrize("name", NOT_READ)
def test_what_is_no_json_is_refused(server: Server, name: str) -> None:
    answer = server.post("/json", NOT_READ[name])
    assert answer.status == 400, answer
    assert answer.header("content-type") == "application/problem+json"


def test_a_connection_outlives_all_that_is_refused(server: Server) -> None:
    with server.connect() as sock:
        for text in NOT_READ.values():
            head = b"POST /json HTTP/1.1\r\n" + HOST
            sock.sendall(head + b"Content-Length: %d\r\n\r\n" % len(text) + text)
            assert read(sock).status == 400
