"""What granian leaves to us, on a real worker: framing, bounds, stalls, paths, hosts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.gatid.ingress.raw import HOST, read
from tests.gatid.ingress.serving import LIMIT

if TYPE_CHECKING:
    from tests.gatid.ingress.raw import Answer, Server


def is_problem(answer: Answer, status: int, slug: str) -> bool:
    assert answer.status == status, answer
    assert answer.header("content-type") == "application/problem+json"
    document = answer.json
    assert document["status"] == status
    assert document["request_id"] == answer.header("x-request-id")
    assert document["type"] == f"urn:gatid:problem:{slug}", document
    return True


def test_whole_bodies_are_read(server: Server) -> None:
    assert server.post("/echo", b'{"a": 1}').json == {"a": 1}
    assert server.chunked("/echo", b'{"a"', b": 1}").json == {"a": 1}
    assert server.post("/length", b"\xff" * LIMIT, b"Content-Type: image/png").json == LIMIT
    assert server.chunked("/length", b"x" * 600, b"y" * 400).json == LIMIT


@pytest.mark.parametrize("path", ["/echo", "/length"])
def test_truncated_bodies_are_refused(server: Server, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\n".encode() + HOST
    short = head + b"Content-Length: 100\r\n\r\n[1]"
    assert is_problem(server.send(short, end=True), 400, "truncated-body")
    assert is_problem(server.chunked(path, b"[1]", last=b""), 400, "truncated-body")
    broken = head + b"Transfer-Encoding: chunked\r\n\r\n3\r\n[1]XX\r\n"
    assert is_problem(server.send(broken), 400, "truncated-body")


def test_a_body_past_the_limit_is_refused_before_it_is_sent(server: Server) -> None:
    # Only the head is sent: whoever waits for the body would wait for ever.
    head = b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1)
    assert is_problem(server.send(head), 413, "body-too-large")
    huge = b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 18 + b"\r\n\r\n"
    assert is_problem(server.send(huge), 413, "body-too-large")


def test_a_chunked_body_is_refused_at_the_limit(server: Server) -> None:
    # The last chunk never comes; what is past the limit is enough.
    head = b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = server.send(head + b"%x\r\n%b\r\n" % (LIMIT + 1, b"x" * (LIMIT + 1)))
    assert is_problem(answer, 413, "body-too-large")


def test_a_refused_body_does_not_cost_memory_nor_the_answer(server: Server) -> None:
    server.post("/echo", b"1")
    before = server.memory()
    answer = server.post("/echo", b"x" * 6_000_000)
    assert is_problem(answer, 413, "body-too-large")
    assert server.memory() - before < 4_000_000


def test_a_connection_outlives_a_refused_body(server: Server) -> None:
    with server.connect() as sock:
        head = b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Length: 100000\r\n\r\n"
        sock.sendall(head + b"x" * 100_000)
        assert read(sock).status == 413
        sock.sendall(b"POST /echo HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\n7")
        assert read(sock).json == 7


def test_stalled_bodies_are_given_up(server: Server) -> None:
    head = b"POST /echo HTTP/1.1\r\n" + HOST
    assert is_problem(server.send(head + b"Content-Length: 10\r\n\r\n[1"), 408, "request-timeout")
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n"
    assert is_problem(server.send(chunked), 408, "request-timeout")


def test_a_length_said_twice_ends_the_connection(server: Server) -> None:
    # hyper goes by the chunks, takes Content-Length away and closes, as RFC 9112 (6.3) allows.
    chunked, length = b"Transfer-Encoding: chunked\r\n", b"Content-Length: 3\r\n"
    for both in (chunked + length, length + chunked):
        body = b"\r\n3\r\n[1]\r\n0\r\n\r\n"
        assert server.send(b"POST /echo HTTP/1.1\r\n" + HOST + both + body).closed


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"chunked, chunked", b"chunked\r\nTE: x"])
def test_bodies_are_chunked_alone(server: Server, coding: bytes) -> None:
    """Of `gzip, chunked` hyper reads the chunks and leaves the rest to us."""
    head = b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: " + coding + b"\r\n\r\n"
    answer = server.send(head + b"3\r\n[1]\r\n0\r\n\r\n")
    if coding.startswith(b"chunked\r"):
        assert answer.json == [1]
    else:
        assert is_problem(answer, 400, "malformed-request")
        assert answer.closed


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nul",
        b"[NaN]",
        b"[Infinity]",
        b"[-Infinity]",
        b"[" * 10_000,
        b'"\xff"',
        b"[1] 2",
    ],
)
def test_what_is_no_json_is_refused(server: Server, body: bytes) -> None:
    body = body[:LIMIT]
    assert is_problem(server.post("/echo", body), 400, "malformed-json")


def test_deep_json_is_refused(server: Server) -> None:
    deep = b"[" * 400 + b"]" * 400
    assert is_problem(server.post("/echo", deep), 400, "malformed-json")
    assert server.post("/echo", b"[" * 64 + b"]" * 64).status == 200


@pytest.mark.parametrize(
    "kind",
    ["application/json", "Application/JSON; charset=UTF-8", "application/merge-patch+json", None],
)
def test_json_has_many_names(server: Server, kind: str | None) -> None:
    lines = [] if kind is None else [f"Content-Type: {kind}".encode()]
    assert server.post("/echo", b"[]", *lines).status == 200


@pytest.mark.parametrize(
    "line",
    [
        b"Content-Type: text/plain",
        b"Content-Type: application/json; charset=latin-1",
        b"Content-Type: application/jsonx",
        b"Content-Type: \xff",
        b"Content-Type:",
        b"Content-Encoding: gzip",
        b"Content-Type: application/json\r\nContent-Type: text/plain",
    ],
)
def test_other_media_are_refused(server: Server, line: bytes) -> None:
    answer = server.post("/echo", b"[]", line)
    assert is_problem(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "path",
    ["/look/..", "/look/%2e%2e/x", "/./look/a", "/look//a", "//", "/look/a%5cb", "/look/a\\b",
     "/look/%00", "/look/%ff", "/look/%c0%ae", "/.", "/look/."],
)  # fmt: skip
def test_paths_that_mean_two_things_are_refused(server: Server, path: str) -> None:
    assert is_problem(server.get(path), 400, "malformed-request")


@pytest.mark.parametrize(("path", "id"), [("/look/...", "..."), ("/look/%C3%A9.x", "é.x")])
def test_odd_paths_that_mean_one_thing_are_taken(server: Server, path: str, id: str) -> None:
    assert server.get(path).json["params"] == {"id": id}


@pytest.mark.parametrize(
    "hosts",
    [b"", b"Host: a\r\nHost: b\r\n", b"Host: a\r\nHost: a\r\n", b"Host: a b\r\n", b"Host:\r\n",
     b"Host: a/b\r\n", b"Host: a@b\r\n", b"Host: \xff\r\n", b"Host: a:b\r\n", b"Host: [::1\r\n"],
)  # fmt: skip
def test_a_request_needs_one_good_host(server: Server, hosts: bytes) -> None:
    answer = server.send(b"GET /events HTTP/1.1\r\n" + hosts + b"\r\n")
    assert is_problem(answer, 400, "malformed-request")


@pytest.mark.parametrize("host", [b"a", b"a.b:80", b"[::1]:8080", b"127.0.0.1", b"xn--e-ca"])
def test_good_hosts(server: Server, host: bytes) -> None:
    assert server.send(b"GET /events HTTP/1.1\r\nHost: " + host + b"\r\n\r\n").status == 200


def test_http_1_0_may_leave_the_host_out(server: Server) -> None:
    assert server.send(b"GET /events HTTP/1.0\r\n\r\n").status == 200


def test_absolute_and_asterisk_forms(server: Server) -> None:
    absolute = b"GET http://shop.example/look/a?b=c HTTP/1.1\r\n" + HOST + b"\r\n"
    assert server.send(absolute).json["params"] == {"id": "a"}
    options = server.get("*", method="OPTIONS")
    assert (options.status, options.header("allow")) == (204, "GET, HEAD, OPTIONS, POST")
    assert server.get("*").status == 400
    connect = server.send(b"CONNECT shop.example:80 HTTP/1.1\r\n" + HOST + b"\r\n")
    assert connect.status == 400


def test_methods(server: Server) -> None:
    answer = server.get("/echo", method="DELETE")
    assert is_problem(answer, 405, "method-not-allowed")
    assert answer.header("allow") == "OPTIONS, POST"
    options = server.get("/look/a", method="OPTIONS")
    assert (options.status, options.header("allow")) == (204, "GET, HEAD, OPTIONS")
    assert is_problem(server.get("/nowhere"), 404, "not-found")
    assert is_problem(server.get("/events/"), 404, "not-found")
    assert is_problem(server.get("/nowhere", method="OPTIONS"), 404, "not-found")


def test_head_is_get_without_the_body(server: Server) -> None:
    get, head = server.get("/events"), server.get("/events", method="HEAD")
    assert head.status == 200
    assert head.body == b""
    assert head.header("content-length") == str(len(get.body))


@pytest.mark.parametrize(
    ("name", "value"),
    [("x-a", "b\r\nset-cookie: c"), ("x-a", "b\n"), ("x-a", "\0"), ("x a", "b"), ("", "b"),
     ("x-a\r\nb", "c"), ("content-length", "0"), ("transfer-encoding", "chunked"), ("é", "b")],
)  # fmt: skip
def test_headers_cannot_be_injected(server: Server, name: str, value: str) -> None:
    body = json.dumps({"name": name, "value": value}).encode()
    answer = server.post("/inject", body)
    assert is_problem(answer, 500, "bad-answer")
    assert answer.header("set-cookie") is None


def test_good_headers_are_sent(server: Server) -> None:
    body = json.dumps({"name": "X-Shop", "value": "a\tb é"}).encode()
    answer = server.post("/inject", body)
    assert (answer.status, answer.header("x-shop")) == (200, "a\tb é")


def test_what_a_handler_sees(server: Server) -> None:
    seen = server.get(
        "/look/a+b?q=c+d&q=%C3%A9", b'Cookie: s=1; t="2"', b"X-Twice: a", b"X-Twice: b"
    ).json
    assert seen["path"] == "/look/a+b"
    assert seen["params"] == {"id": "a+b"}
    assert seen["query"] == {"q": ["c d", "é"]}
    assert seen["client"] == "127.0.0.1"
    assert seen["cookies"] == {"s": "1", "t": "2"}
    assert seen["headers"]["x-twice"] == "a, b"


@pytest.mark.parametrize("query", ["a=%zz", "a=%", "%ff=1", "a=%C3"])
def test_query_strings_that_are_no_text_are_refused(server: Server, query: str) -> None:
    assert is_problem(server.get(f"/look/a?{query}"), 400, "malformed-request")


def test_trace_context_goes_on(server: Server) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = server.get("/look/a", b"traceparent: " + parent.encode())
    sent = answer.header("traceparent")
    assert sent is not None
    assert sent == answer.json["trace"]
    assert sent.startswith("00-0af7651916cd43dd8448eb211c80319c-")
    assert sent.endswith("-01")
    assert "b7ad6b7169203331" not in sent
    assert server.get("/events").header("traceparent") is None


def test_a_handler_past_its_time_is_cancelled_and_cleaned_up(server: Server) -> None:
    seen = len(server.get("/events").json)
    assert is_problem(server.get("/late"), 504, "deadline")
    assert server.get("/events").json[seen:] == ["cancelled", "cleaned"]


def test_a_client_that_goes_cancels_its_handler(server: Server) -> None:
    seen = len(server.get("/events").json)
    with server.connect() as sock:
        sock.sendall(b"GET /hang HTTP/1.1\r\n" + HOST + b"\r\n")
    # The answer cannot be waited for; each look takes a turn of the loop.
    while (now := server.get("/events").json[seen:]) != ["cancelled", "cleaned"]:
        assert now in ([], ["cancelled"])


def test_streams(server: Server) -> None:
    answer = server.get("/stream")
    assert (answer.status, answer.body) == (200, b"0\n1\n2\n")
    assert answer.header("content-type") == "text/plain"
    assert server.get("/stream", method="HEAD").body == b""


def test_a_handler_that_exits_is_a_fault_of_its_own(server: Server) -> None:
    assert is_problem(server.get("/crash"), 500, "internal")
    assert server.get("/events").status == 200


def test_every_answer_has_an_id_of_its_own(server: Server) -> None:
    ids = [server.get(path).header("x-request-id") for path in ("/events", "/nowhere", "/late") * 3]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(filter(None, ids))
