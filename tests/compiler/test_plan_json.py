"""A plan is the same bytes everywhere, and reads back as what it was, or not at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gatid_compiler import plan_json
from gatid_compiler.pipeline import compile_project

if TYPE_CHECKING:
    from pathlib import Path

APP = """\
# A plan with something of everything.
app shop {
  listen "127.0.0.1:8080"
  listen "unix:/run/shop.sock"
  config {
    big: 123456789012345678901234567890
    rates: [0.1, 1.0, -0.0, 1e300, { a: null, b: true }]
  }
}
version 2025-11-01 as v1
version 2026-03-01 as v2
secret keys from file "keys.txt" { ttl 5m }
policy staff {
  auth key {
    header "X-API-Key"
    keys   keys
  }
  rate 600/min per subject { burst 50 }
}
type Order {
  id:      Uuid
  "näme"?: string(pattern '[A-Z]+')
  next?:   Order | null
  price:   number(0.5..1e22)
}
type Page<T> { items: T[], next?: string = "" }
route list GET /orders/{id: Uuid} {
  use     staff
  query   { limit?: int(1..100) = 20 }
  returns Page<Order>, 404 Problem
  before  shop.hooks:look
  handler shop.orders:get
}
route gone DELETE /orders {
  auth    none
  handler static 204
}
change v2 {
  type Order {
    rename cost -> price
  }
}
"""

FILES = {
    "app.gati": APP,
    "shop/__init__.py": "",
    "shop/orders.py": "import orjson\n\n\ndef get(req, res, gctx, lctx):\n    return 'ö'\n",
    "shop/hooks.py": "def look(req, res, gctx, lctx):\n    pass\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "one" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "one"


def _bytes(project: Path) -> bytes:
    result = compile_project(project / "app.gati")
    assert result.diagnostics == ()
    assert result.plan is not None
    return plan_json.dumps(result.plan)


def test_a_plan_reads_back_as_it_was(project: Path) -> None:
    result = compile_project(project / "app.gati")
    assert result.plan is not None
    data = plan_json.dumps(result.plan)
    assert plan_json.loads(data) == result.plan
    assert plan_json.dumps(plan_json.loads(data)) == data
    text = data.decode("ascii")
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def test_the_same_sources_are_the_same_bytes(project: Path, tmp_path: Path) -> None:
    """Whatever the hash seed, the directory, the order in which files were made, the locale."""
    elsewhere = tmp_path / "a folder" / "elsewhere"
    shutil.copytree(project, elsewhere)
    (elsewhere / "shop" / "orders.py").unlink()
    shutil.copy(project / "shop" / "orders.py", elsewhere / "shop" / "orders.py")
    program = (
        "import pathlib, sys\n"
        "from gatid_compiler import pipeline, plan_json\n"
        "result = pipeline.compile_project(pathlib.Path(sys.argv[1]))\n"
        "sys.stdout.buffer.write(plan_json.dumps(result.plan))\n"
    )
    seen = {_bytes(project)}
    for seed, folder, cwd in (
        ("0", project, tmp_path),
        ("1", elsewhere, elsewhere),
        ("42", elsewhere, tmp_path),
    ):
        entry = os.path.relpath(folder / "app.gati", cwd)
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": "Asia/Tokyo"}
        done = subprocess.run(
            [sys.executable, "-c", program, entry],
            cwd=cwd,
            env=environment,
            capture_output=True,
            check=True,
        )
        seen.add(done.stdout)
    assert len(seen) == 1
    assert str(tmp_path).encode() not in seen.pop()


def test_the_id_is_the_hash_of_the_bytes(project: Path) -> None:
    data = _bytes(project)
    assert len(plan_json.plan_id(data)) == 64
    assert plan_json.plan_id(data) != plan_json.plan_id(data + b" ")


def _changed(data: bytes, *path: str | int, value: Any = ..., key: str | None = None) -> bytes:
    tree = json.loads(data)
    place = tree
    for step in path[:-1]:
        place = place[step]
    if key is not None:
        place[path[-1]][key] = 1
    elif value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(tree).encode()


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        (("format",), {"value": 2}),
        (("format",), {}),
        (("plan",), {}),
        (("plan", "app"), {"key": "colour"}),
        (("plan", "app", "limits", "depth"), {}),
        (("plan", "app", "limits", "depth"), {"value": "64"}),
        (("plan", "app", "limits", "depth"), {"value": True}),
        (("plan", "app", "limits", "depth"), {"value": 64.0}),
        (("plan", "app", "listen"), {"value": {}}),
        (("plan", "app", "listen", 0, "kind"), {"value": "udp"}),
        (("plan", "routes", 0, "auth", 0, "is"), {"value": "JwtAuth"}),
        (("plan", "routes", 0, "auth", 0), {"value": "KeyAuth"}),
        (("plan", "routes", 0, "contracts", 0, "path", 1), {"value": 3}),
        (("plan", "types", "Order", "kind"), {"value": "thing"}),
        (("plan", "code", "files", "shop/orders.py"), {"value": None}),
    ],
)
def test_anything_else_is_refused(
    project: Path, path: tuple[str | int, ...], changes: dict[str, Any]
) -> None:
    data = _bytes(project)
    with pytest.raises(plan_json.BadPlanError):
        plan_json.loads(_changed(data, *path, **changes))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"format":1,"format":1,"plan":{}}',
        b'{"format":1,"plan":NaN}',
        b'{"format":1,"plan":1e999}',
        b"[" * 100_000,
    ],
)
def test_bytes_that_are_no_plan_are_refused(data: bytes) -> None:
    with pytest.raises(plan_json.BadPlanError):
        plan_json.loads(data)
