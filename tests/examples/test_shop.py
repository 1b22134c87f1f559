"""The examples as their users meet them: real processes, real HTTP."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples.running import PROGRAM, ROOT, Running, free_ports, serving, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEMO = "demo-9f4c2b7e1d6a8053c4e7b91f"
CLERK = "clerk-3b8e6d1f7a2c9045e8b3d6c2"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("shop"), "shop.gati") as running:
        yield running


def ask(
    shop: Running,
    method: str,
    path: str,
    body: object = None,
    key: str | None = DEMO,
    version: str = "v3",
) -> tuple[int, Any, dict[str, str]]:
    """Status, JSON and headers of an answer. Every request is a connection of its own."""
    headers = {"X-Gati-Version": version, "Content-Type": "application/json"}
    if key is not None:
        headers["X-API-Key"] = key
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", shop.port)) as connection:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or "null"), dict(answer.headers)


def order_of(version: str, name: str = "Ada") -> dict[str, Any]:
    """The same order as a client of each version writes it."""
    match version:
        case "v1":
            line = {"sku": "MUG-0002", "qty": 3}
            return {"customer_name": name, "customer_email": "a@example.com", "lines": [line]}
        case "v2":
            line = {"sku": "MUG-0002", "quantity": 3}
        case _:
            line = {"sku": "MUG-0002", "quantity": 3, "gift": False}
    return {"customer": {"name": name, "email": "a@example.com"}, "lines": [line]}


def of_version(order: dict[str, Any], version: str) -> dict[str, Any]:
    """What a client of each version sees of an order in the newest shape, by hand."""
    if version == "v3":
        return order
    seen = {key: order[key] for key in ("id", "placed_at", "status")}
    seen["total"] = {"amount": order["amount"], "currency": order["currency"]}
    name, email = order["customer"]["name"], order["customer"]["email"]
    quantity = "qty" if version == "v1" else "quantity"
    seen["lines"] = [{"sku": line["sku"], quantity: line["quantity"]} for line in order["lines"]]
    if version == "v2":
        return seen | {"customer": {"name": name, "email": email}}
    statuses = {"new": "open", "paid": "open", "shipped": "closed"}
    return seen | {
        "customer_name": name,
        "customer_email": email,
        "status": statuses[order["status"]],
    }


@pytest.mark.parametrize("writes", ["v1", "v2", "v3"])
def test_what_one_version_writes_every_version_reads(shop: Running, writes: str) -> None:
    status, made, headers = ask(shop, "POST", "/orders", order_of(writes), version=writes)
    assert (status, headers["x-gati-version"]) == (201, writes)
    assert headers["location"] == f"/orders/{made['id']}"
    _, newest, _ = ask(shop, "GET", f"/orders/{made['id']}")
    assert newest["amount"] == "27.00"
    assert newest["lines"] == [{"sku": "MUG-0002", "quantity": 3, "gift": False}]
    assert made == of_version(newest, writes)
    for reads in ("v1", "v2", "v3"):
        status, seen, headers = ask(shop, "GET", f"/orders/{made['id']}", version=reads)
        assert (status, headers["x-gati-version"]) == (200, reads)
        assert seen == of_version(newest, reads)


def test_both_workers_see_every_order(shop: Running) -> None:
    made = {ask(shop, "POST", "/orders", order_of("v3", "Both"))[1]["id"] for _ in range(16)}
    _, page, _ = ask(shop, "GET", "/orders?limit=16&status=new")
    assert {order["id"] for order in page["items"]} == made
    assert page["next"] == page["items"][-1]["id"]


def test_pages_follow_one_another(shop: Running) -> None:
    for _ in range(3):
        ask(shop, "POST", "/orders", order_of("v3"))
    _, whole, _ = ask(shop, "GET", "/orders?limit=3")
    _, first, _ = ask(shop, "GET", "/orders?limit=2")
    _, rest, _ = ask(shop, "GET", f"/orders?limit=1&after={first['next']}")
    assert first["items"] + rest["items"] == whole["items"]


def test_an_order_is_paid_once_and_by_clerks(shop: Running) -> None:
    _, made, _ = ask(shop, "POST", "/orders", order_of("v3"))
    path, payment = f"/orders/{made['id']}/payment", {"reference": "R-1"}
    assert ask(shop, "POST", path, payment)[0] == 403
    status, paid, _ = ask(shop, "POST", path, payment, key=CLERK, version="v2")
    assert (status, paid["status"]) == (200, "paid")
    status, problem, _ = ask(shop, "POST", path, payment, key=CLERK)
    assert (status, problem["title"]) == (409, "Not to be paid")
    assert ask(shop, "GET", f"/orders/{made['id']}", version="v1")[1]["status"] == "open"


@pytest.mark.parametrize(
    ("sku", "title"), [("POT-0003", "Sold out"), ("XYZ-9999", "Not sold here")]
)
def test_what_is_not_for_sale_is_refused_before_the_handler(
    shop: Running, sku: str, title: str
) -> None:
    order = order_of("v3") | {"lines": [{"sku": sku, "quantity": 1}]}
    status, problem, headers = ask(shop, "POST", "/orders", order)
    assert (status, problem["title"]) == (409, title)
    assert headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_an_order_that_is_not_there(shop: Running, version: str) -> None:
    status, problem, headers = ask(shop, "GET", f"/orders/{UNKNOWN}", version=version)
    assert (status, problem["title"]) == (404, "No such order")
    assert headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "version"),
    [
        ("GET", "/orders", "v1"),
        ("GET", "/orders", "v2"),
        ("POST", f"/orders/{UNKNOWN}/payment", "v1"),
    ],
)
def test_a_route_is_not_there_before_it_was_added(
    shop: Running, method: str, path: str, version: str
) -> None:
    body = {"reference": "R"} if method == "POST" else None
    assert ask(shop, method, path, body, key=CLERK, version=version)[0] in (404, 405)


TEA = {
    "kind": "goods",
    "sku": "TEA-0001",
    "maker": "Ostfriesen",
    "title": "Broken Silver Leaf",
    "label": "Ostfriesen Broken Silver Leaf",
    "price": 4.5,
    "size": "8x15",
    "images": ["tea-0001.webp", "tea-0001-cup.webp"],
    "category": "tea",
    "audience": "all",
    "weight": 250,
    "shelf": {"aisle": 3, "place": 17},
    "rating": {"stars": 4, "votes": 212},
}


def article_of(version: str) -> dict[str, Any]:
    """The tea as a client of each version sees it, by hand."""
    if version == "v3":
        return TEA
    same = {key: TEA[key] for key in ("kind", "sku", "weight")}
    older = same | {
        "price_cents": 450,
        "width": "8",
        "height": "15",
        "image": "tea-0001.webp",
        "rating": "4 of 5",
        "note": "",
    }
    if version == "v2":
        same_now = {key: TEA[key] for key in ("maker", "title", "category", "shelf")}
        return older | same_now
    name = "Ostfriesen: Broken Silver Leaf"
    return older | {"name": name, "category": ["tea"], "aisle": 3, "place": 17}


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_the_catalogue_is_seen_by_every_version(shop: Running, version: str) -> None:
    _, articles, _ = ask(shop, "GET", "/catalogue", version=version, key=None)
    amount = "amount" if version == "v1" else "value"
    voucher = {"kind": "voucher", "sku": "VOU-0025", amount: 25}
    known = [each for each in articles if each["sku"] in ("TEA-0001", "VOU-0025")]
    assert known == [article_of(version), voucher]


@pytest.mark.parametrize(
    ("version", "path", "expected"),
    [
        ("v1", "/article/MUG-0002", 200),
        ("v2", "/catalogue/MUG-0002", 201),
        ("v3", "/catalogue/MUG-0002", 201),
        ("v1", "/catalogue/MUG-0002", 404),
        ("v3", "/article/MUG-0002", 404),
    ],
)
def test_an_article_is_put_where_a_version_has_it(
    shop: Running, version: str, path: str, expected: int
) -> None:
    article = article_of(version) | {"sku": "MUG-0002"}
    status, answer, _ = ask(shop, "PUT", path, article, key=CLERK, version=version)
    assert status == expected
    assert expected == 404 or answer == article


def test_an_old_client_that_leaves_out_what_is_required_now(shop: Running) -> None:
    article = article_of("v2") | {"sku": "POT-0003"}
    del article["weight"]
    assert ask(shop, "PUT", "/catalogue/POT-0003", article, key=CLERK, version="v2")[0] == 201
    _, articles, _ = ask(shop, "GET", "/catalogue", key=None)
    (pot,) = (each for each in articles if each["sku"] == "POT-0003")
    assert (pot["weight"], pot["rating"]) == (0, {"stars": 4, "votes": 1})


def test_clients_before_v3_keep_the_code_they_had(shop: Running) -> None:
    path = "/catalogue/TEA-0001/stock"
    assert ask(shop, "GET", path)[1] == {"left": 42}
    assert ask(shop, "GET", f"{path}?warehouse=2", version="v2")[1] == {"left": 2}
    assert ask(shop, "GET", path, version="v2")[0] == 400
    assert ask(shop, "GET", "/catalogue.txt", version="v3")[0] == 404
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", shop.port)) as connection:
        connection.request("GET", "/catalogue.txt?version=v1")
        assert b"TEA-0001 goods" in connection.getresponse().read()


def test_nobody_without_a_key(shop: Running) -> None:
    for key in (None, "demo", DEMO + "0"):
        status, _, headers = ask(shop, "GET", f"/orders/{UNKNOWN}", key=key)
        assert status == 401
        assert "www-authenticate" in headers
    assert ask(shop, "GET", "/ping", key=None)[0] == 204


def test_faults_are_told_in_the_clients_own_words(shop: Running) -> None:
    order = order_of("v1") | {"lines": [{"sku": "MUG-0002", "qty": 0}], "customer_mail": "x"}
    status, problem, _ = ask(shop, "POST", "/orders", order, version="v1")
    assert status == 400
    assert {fault["pointer"] for fault in problem["errors"]} == {"/lines/0/qty", "/customer_mail"}


def test_hello(tmp_path: Path) -> None:
    with serving(tmp_path, "hello.gati") as hello:
        assert ask(hello, "GET", "/hello/Ada%20L")[:2] == (200, {"greeting": "Hello, Ada L!"})
        assert ask(hello, "GET", "/hello/" + "x" * 41)[0] == 400


def test_a_compiled_plan_serves_without_its_sources(tmp_path: Path) -> None:
    plan = tmp_path / "hello.plan"
    command = [PROGRAM, "compile", ROOT / "examples/hello.gati", "-o", plan]
    subprocess.run(command, check=True, capture_output=True)
    (port,) = free_ports(1)
    with started(plan, tmp_path, port) as hello:
        assert ask(hello, "GET", "/hello/plan")[1] == {"greeting": "Hello, plan!"}
