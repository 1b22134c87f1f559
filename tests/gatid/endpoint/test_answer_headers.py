"""Headers that routes declare of their answers, served: checked, and carried to old clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gatid.endpoint.test_carried import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = """
route put_page PUT / {
  body    { set: { ...: string | string[] }, status?: int }
  returns 200 string[], 202, 404 Problem
  answers { "X-Total": int(0..), "X-Tag"?: string[], "X-Kind"?: "big" | "small" }
  answers 202 { Location: Url }
  handler shop:put
}
change v2 {
  route put_page {
    rename response.header."X-Count" -> response.header."X-Total"
    in response.header {
      add  "X-Tag"?: string[]
      drop "X-Old": int = 7
    }
    map    response.header."X-Kind" { "large" -> "big", "tiny" -> "small" }
  }
}
change v3 {
  route put_page {
    convert response.header."X-Total": string -> int(0..) by text
  }
}
"""

PUT = """
async def put(req, res, gctx, lctx):
    for name, value in req.body["set"].items():
        for one in value if isinstance(value, list) else [value]:
            res.header(name, one)
    status = req.body.get("status", 200)
    if status == 404:
        return res.problem(404)
    res.status(status)
    return None if status == 202 else res.json([])
"""

WHOLE = {"X-Total": "3", "x-tag": ["a", "b"], "X-KIND": "big", "X-Other": "o"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("headers"), PAGES, {"shop": PUT})
    yield made
    made.close()


def answered(
    served: Served, version: str, fields: object, status: int = 200
) -> tuple[int, set[tuple[str, str]]]:
    """The status, and those of the header fields that the handler or a change speaks of."""
    wire = served.answer(version, {"set": fields, "status": status})
    told = ("x-total", "x-tag", "x-kind", "x-other", "x-count", "x-old", "location")
    return wire.status, {(n, v) for n, v in wire.fields if n in told}


def test_head_gets_them_as_they_are(served: Served) -> None:
    tags = {("x-tag", "a"), ("x-tag", "b")}
    rest = {("x-total", "3"), ("x-kind", "big"), ("x-other", "o")}
    assert answered(served, "v3", WHOLE) == (200, tags | rest)


def test_older_clients_get_what_they_know(served: Served) -> None:
    tags = {("x-tag", "a"), ("x-tag", "b")}
    rest = {("x-total", "3"), ("x-kind", "big"), ("x-other", "o")}
    assert answered(served, "v2", WHOLE) == (200, tags | rest)
    old = {("x-count", "3"), ("x-kind", "large"), ("x-old", "7"), ("x-other", "o")}
    assert answered(served, "v1", WHOLE) == (200, old)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"X-Tag": "a"},
        {"X-Total": "-1"},
        {"X-Total": "many"},
        {"X-Total": ["1", "2"]},
        {"X-Total": "1", "X-Kind": "huge"},
    ],
)
@pytest.mark.parametrize("version", ["v1", "v3"])
def test_a_fault_of_the_handler_is_500(served: Served, version: str, fields: object) -> None:
    status, told = answered(served, version, fields)
    assert status == 500
    assert told == set()
    assert "its headers" in served.log


def test_a_status_has_those_of_its_own_too(served: Served) -> None:
    whole = {"X-Total": "1", "Location": "http://a.example/1"}
    assert answered(served, "v3", whole, 202)[0] == 202
    assert answered(served, "v1", whole, 202) == (
        202,
        {("x-count", "1"), ("x-old", "7"), ("location", "http://a.example/1")},
    )
    assert answered(served, "v3", {"X-Total": "1"}, 202)[0] == 500
    assert answered(served, "v3", {**whole, "Location": "nowhere"}, 202)[0] == 500


def test_faults_have_none_to_have(served: Served) -> None:
    assert answered(served, "v3", {}, 404) == (404, set())
    assert answered(served, "v1", {}, 404) == (404, set())


KEPT = """
route put_page PUT / {
  body    { set: { ...: string } }
  returns { total: int }
  answers { "X-Total": int }
  handler shop:put
}
change v3 {
  route put_page {
    handler old:put
    answers { "X-Count": int, "X-Old"?: string }
    rename response.body.count -> response.body.total
  }
}
change v2 {
  route put_page { rename response.header."X-Number" -> response.header."X-Count" }
}
"""

OLD = """
async def put(req, res, gctx, lctx):
    for name, value in req.body["set"].items():
        res.header(name, value)
    return {"NAME": 1}
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    modules = {"shop": OLD.replace("NAME", "total"), "old": OLD.replace("NAME", "count")}
    made = Served(tmp_path_factory.mktemp("kept"), KEPT, modules)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("version", "headers", "expected"),
    [
        ("v3", {"X-Total": "1"}, {("x-total", "1")}),
        ("v2", {"X-Count": "1"}, {("x-count", "1")}),
        ("v2", {"X-Count": "1", "X-Old": "a"}, {("x-count", "1"), ("x-old", "a")}),
        ("v1", {"X-Count": "1", "X-Old": "a"}, {("x-number", "1"), ("x-old", "a")}),
    ],
)
def test_a_kept_handler_has_the_headers_stated_beside_it(
    kept: Served, version: str, headers: dict[str, str], expected: set[tuple[str, str]]
) -> None:
    wire = kept.answer(version, {"set": headers})
    assert wire.status == 200
    assert wire.content == (b'{"total":1}' if version == "v3" else b'{"count":1}')
    told = {"x-number", *map(str.lower, headers)}
    assert {(n, v) for n, v in wire.fields if n in told} == expected


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("headers", [{"X-Total": "1"}, {"X-Count": "one"}])
def test_a_kept_handler_is_held_to_them(kept: Served, version: str, headers: object) -> None:
    assert kept.answer(version, {"set": headers}).status == 500


NAMED = """
type Page { "X-Total": int, "X-Kind"?: "big" | "small" }
type More = Page & { "X-Tag"?: string }
route put_page PUT / {
  body    { set: { ...: string } }
  headers { "X-Trace"?: string }
  returns 200 string[], 202
  answers 200 Page
  answers 202 More
  handler shop:put
}
change v2 {
  type Page {
    rename "X-Count" -> "X-Total"
    map    "X-Kind" { "large" -> "big" }
  }
}
change v3 {
  type Page { convert "X-Total": string -> int by text }
  route put_page { drop response.header."X-Old": int = 7 }
}
"""


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("named"), NAMED, {"shop": PUT_NAMED})
    yield made
    made.close()


PUT_NAMED = """
async def put(req, res, gctx, lctx):
    for name, value in req.body["set"].items():
        res.header(name, value)
    return res.status(202) and None if "X-Tag" in req.body["set"] else res.json([])
"""


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v3", {("x-total", "3"), ("x-kind", "big")}),
        ("v2", {("x-total", "3"), ("x-kind", "big"), ("x-old", "7")}),
        ("v1", {("x-count", "3"), ("x-kind", "large"), ("x-old", "7")}),
    ],
)
@pytest.mark.parametrize("tag", [{}, {"X-Tag": "t"}])
def test_a_change_of_a_type_reaches_the_headers_written_as_it(
    named: Served, version: str, expected: set[tuple[str, str]], tag: dict[str, str]
) -> None:
    wire = named.answer(version, {"set": {"X-Total": "3", "X-Kind": "big", **tag}})
    told = ("x-total", "x-kind", "x-count", "x-old", "x-tag")
    assert wire.status == (202 if tag else 200)
    rest = {("x-tag", "t")} if tag else set()
    assert {(n, v) for n, v in wire.fields if n in told} == expected | rest
    assert named.answer(version, {"set": {"X-Total": "many", **tag}}).status == 500
