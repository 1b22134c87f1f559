"""A valid project with one thing broken: exactly that is said, and exactly that underlined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatid_compiler.pipeline import Result

    Compile = Callable[[Mapping[str, str]], Result]
    Faults = Callable[[Result], list[tuple[str, str]]]

APP = """\
include "types/*.gati"

app shop {
  listen  "127.0.0.1:8080"
  admin   "unix:/run/shop/admin.sock"
  workers 2
  limits {
    max_body 1MiB
    depth    32
  }
  config { currency: "EUR" }
  rate 1000/min per address
}

secret api_keys from file "keys.txt" { ttl 5m }
secret dsn      from env "SHOP_DSN"

module store = shop.store:Store {
  allow   secret dsn
  timeout 500ms
}

hook check_stock = shop.hooks:check_stock {
  timeout 50ms
}
hook report = shop.hooks:report

policy staff {
  auth key {
    header "X-API-Key"
    keys   api_keys
  }
  roles any(clerk, admin)
}

group /orders {
  use   staff
  catch report

  route create POST / {
    body    NewOrder
    returns 201 Order, 409 Problem
    before  check_stock
    handler shop.orders:create
  }

  route get GET /{id: Uuid} {
    query   { expand?: "lines" | "customer" }
    returns Order, 404 Problem
    handler shop.orders:get
  }
}

route health GET /health {
  auth    none
  handler static 204
}
"""

TYPES = """\
type NewOrder { customer: Email, lines: Line[1..50] }
type Line     { sku: string(1..20), count?: int(1..) = 1 }
type Order    { id: Uuid, next?: Order, lines: Line[] }
"""

ORDERS = """\
async def create(req, res, gctx, lctx):
    return await gctx.modules.store.insert(req.body)


async def get(req, res, gctx, lctx):
    return await gctx.modules.store.find(req.path["id"])
"""

HOOKS = """\
def check_stock(req, res, gctx, lctx):
    pass


async def report(error, req, res, gctx, lctx):
    pass
"""

STORE = """\
class Store:
    def __init__(self, mctx):
        self.mctx = mctx

    async def start(self):
        await self.mctx.secrets.get("dsn")

    async def insert(self, order):
        return order

    async def find(self, number):
        return None
"""

VALID = {
    "app.gati": APP,
    "types/order.gati": TYPES,
    "shop/__init__.py": "",
    "shop/orders.py": ORDERS,
    "shop/hooks.py": HOOKS,
    "shop/store.py": STORE,
}

A, T = "app.gati", "types/order.gati"
ORDERS_PY, HOOKS_PY, STORE_PY = "shop/orders.py", "shop/hooks.py", "shop/store.py"

MUTATIONS = [
    (A, "types/*.gati", "typs/*.gati", [
        ("bad-include", '"typs/*.gati"'),
        ("unknown-type", "NewOrder"),
        ("unknown-type", "Order"),
        ("unknown-type", "Order"),
    ]),
    (A, "listen  ", "listn  ", [("unknown-statement", "listn")]),
    (A, '"127.0.0.1:8080"', '"127.0.0.1"', [("bad-address", '"127.0.0.1"')]),
    (A, "workers 2", "workers 0", [("bad-argument", "0")]),
    (A, "depth    32", "max_body 2MiB", [("statement-twice", "max_body")]),
    (A, "rate 1000/min", "rate 0/min", [("bad-argument", "0/min per address")]),
    (A, "per address", "per adress", [("unknown-statement", "adress")]),
    (A, "secret api_keys", "secret api_kyes", [("unknown-secret", "api_keys")]),
    (A, "allow   secret dsn\n", "", [("unused-secret", "dsn"), ("secret-not-allowed", '"dsn"')]),
    (A, "from env ", "from evn ", [("unknown-statement", "evn")]),
    (A, "module store =", "module stores =", [("unknown-module", "store")] * 2),
    (A, "shop.store:Store", "shop.stor:Store", [("python-module-missing", "shop.stor")]),
    (A, "hook check_stock", "hook check_stok", [("unknown-hook", "check_stock")]),
    (A, "timeout 50ms", "timeout 50", [("bad-argument", "50")]),
    (A, "policy staff", "policy stuff", [("unknown-policy", "staff")]),
    (A, '    header "X-API-Key"\n', "", [("auth-incomplete", "key")]),
    (A, "roles any", "roles some", [("unknown-statement", "some")]),
    (A, "  use   staff\n", "", [("open-route", "create"), ("open-route", "get")]),
    (A, "  auth    none\n", "", [("open-route", "health")]),
    (
        A,
        "  auth    none\n",
        "  auth    none\n  roles any(clerk)\n",
        [("roles-without-auth", "roles any(clerk)")],
    ),
    (A, "route get GET", "route create GET", [("duplicate-name", "create")]),
    (A, "GET /{id: Uuid}", "POST /", [("duplicate-route", "/")]),
    (A, "/{id: Uuid}", "/{id: Uid}", [("unknown-type", "Uid")]),
    (A, "body    NewOrder", "body    NewOrders", [("unknown-type", "NewOrders")]),
    (A, "POST /", "GET /", [("body-on-get", "body")]),
    (A, '"lines" | "customer"', "Order", [("not-textual", "expand")]),
    (A, "returns Order, 404", "returns 404", [("no-returns", "returns 404 Problem")]),
    (A, "404 Problem", "200 Problem", [("status-twice", "200 Problem")]),
    (A, "handler static 204", "handler static 42", [("bad-status", "42")]),
    (A, "handler static 204", "warm", [("no-handler", "health"), ("not-supported-yet", "warm")]),
    (A, "shop.orders:get", "shop.orders:gett", [("python-name-missing", "gett")]),
    (A, "catch report", "before report",
     [("python-signature", "async def report(error, req, res, gctx, lctx):")]),
    (T, "type Line ", "type Lines ", [("unknown-type", "Line")] * 2),
    (T, "count?: int", "count: int", [("default-on-required", "1")]),
    (T, "int(1..) = 1", "int(2..) = 1", [("default-outside-type", "1")]),
    (T, "string(1..20)", "string(20..1)", [("bounds-crossed", "20..1")]),
    (T, "string(1..20)", "string(pattern '(?=a)')", [("bad-pattern", "'(?=a)'")]),
    (T, "next?: Order", "next: Order", [("uninhabited-type", "Order")]),
    (T, "id: Uuid, next", "next: int, next", [("duplicate-field", "next")]),
    (T, "type Order ", "type Uuid ", [("unknown-type", "Order")] * 2 + [("reserved-name", "Uuid")]),
    (ORDERS_PY, "create(req, res, gctx, lctx)", "create(req)",
     [("python-signature", "async def create(req):")]),
    (ORDERS_PY, "modules.store.find", "modules.stor.find", [("unknown-module", "stor")]),
    (ORDERS_PY, "modules.store.find", "modules.store.fnd", [("unknown-method", "fnd")]),
    (ORDERS_PY, "async def get", "async def fetch", [("python-name-missing", "get")]),
    (ORDERS_PY, "return await", "return return", [("python-syntax", "")]),
    (STORE_PY, '"dsn"', '"dns"', [("unknown-secret", '"dns"')]),
    (STORE_PY, "(self, mctx)", "(self)", [("python-signature", "def __init__(self):")]),
    (STORE_PY, "class Store:", "def Store(mctx):\n    pass\n\n\nclass Other:",
     [("python-signature", "def Store(mctx):")]),
]  # fmt: skip


def test_the_project_is_valid(compiled: Compile, faults: Faults) -> None:
    result = compiled(VALID)
    assert faults(result) == []
    assert result.plan is not None


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"), MUTATIONS, ids=lambda value: str(value)[:30]
)
def test_one_broken_thing_is_one_fault(
    compiled: Compile,
    faults: Faults,
    file: str,
    old: str,
    new: str,
    expected: list[tuple[str, str]],
) -> None:
    text = VALID[file]
    assert old in text
    result = compiled(VALID | {file: text.replace(old, new, 1)})
    assert sorted(faults(result)) == sorted(expected)
    warnings_only = all(code == "open-route" for code, _ in expected)
    assert (result.plan is not None) == warnings_only


def test_faults_of_several_files_are_told_in_one_run(compiled: Compile, faults: Faults) -> None:
    broken = dict(VALID)
    broken[A] = APP.replace("workers 2", "workers none").replace("roles any", "roles some")
    broken[T] = TYPES.replace("Uuid, next", "Uid, next") + "type {\n"
    broken[ORDERS_PY] = ORDERS.replace("modules.store.find", "modules.stor.find")
    said = faults(compiled(broken))
    for code in ("bad-argument", "unknown-statement", "unknown-type", "unknown-module"):
        assert code in [found for found, _ in said]
    assert any(code == "syntax-error" for code, _ in said)
