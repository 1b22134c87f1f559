"""`gatid diff`: what it compares, what it prints, how it exits."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.processes import EXAMPLES, gatid

if TYPE_CHECKING:
    from pathlib import Path

SHOP = EXAMPLES / "shop.gati"
APP = """
app a {{ }}
type Order {{ id: Uuid, status: {status}, note?: string }}
route create POST /orders {{
  auth none
  body {{ customer: {customer} }}
  returns 201 Order
  handler code:create
}}
"""
HANDLERS = "async def create(req, res, gctx, lctx):\n    return None\n"
OLD = APP.format(status='"new" | "paid"', customer="string")
NEW = APP.format(status='"new" | "paid" | "shipped"', customer="string | int")
SAFE = APP.format(status='"new"', customer="string | null")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return written(tmp_path / "old", OLD)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return written(tmp_path / "new", NEW)


def written(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "code.py").write_text(HANDLERS)
    (folder / "app.gati").write_text(text)
    return folder / "app.gati"


def test_what_breaks_is_told_and_is_exit_status_1(old: Path, new: Path) -> None:
    ran = gatid("diff", old, new)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout == (
        "breaking  response-enum-widened  create answer 201 /status\n"
        '    `"shipped"` can stand here too\n'
        '    answered now, never before: {"id": "00000000-0000-0000-0000-000000000000",'
        ' "status": "shipped"}\n'
        "compatible  request-branch-added  create body /customer\n"
        "    it may be `int` too\n"
        "2 changes: 1 breaking, 1 compatible\n"
    )


def test_what_is_compatible_is_exit_status_0(old: Path, tmp_path: Path) -> None:
    ran = gatid("diff", old, written(tmp_path / "safe", SAFE), "--fail-on", "unknown")
    assert ran.returncode == 0
    assert ran.stdout.endswith("2 changes: 2 compatible\n")
    same = gatid("diff", old.parent, old)
    assert (same.returncode, same.stdout) == (0, "nothing changed\n")


def test_json_is_one_object(old: Path, new: Path) -> None:
    ran = gatid("diff", old, new, "--format", "json", "--fail-on", "never")
    assert ran.returncode == 0
    told = json.loads(ran.stdout)
    assert (told["verdict"], told["breaking"], told["compatible"], told["unknown"]) == (
        "breaking", 1, 1, 0,
    )  # fmt: skip
    first = told["changes"][0]
    assert first == {
        "rule": "response-enum-widened",
        "direction": "response",
        "verdict": "breaking",
        "route": "create",
        "routes": ["create"],
        "part": "answer",
        "status": 201,
        "pointer": "/status",
        "sentence": '`"shipped"` can stand here too',
        "type": "Order",
        "type_pointer": "/status",
        "witness": {"id": "00000000-0000-0000-0000-000000000000", "status": "shipped"},
    }


def test_markdown_is_a_table_a_verdict(old: Path, new: Path) -> None:
    ran = gatid("diff", old, new, "--format", "markdown")
    lines = ran.stdout.splitlines()
    assert lines[0] == "**2 changes: 1 breaking, 1 compatible**"
    assert "## Breaking" in lines
    assert lines.index("## Breaking") < lines.index("## Compatible")
    row = next(line for line in lines if "response-enum-widened" in line)
    assert row.startswith("| create | answer 201 /status | `response-enum-widened` | ")
    assert row.count(" | ") == 3


def test_an_unknown_verdict_fails_where_it_is_asked_to(tmp_path: Path) -> None:
    before = written(tmp_path / "a", OLD.replace("auth none", "auth none\n timeout 20s"))
    after = written(tmp_path / "b", OLD.replace("auth none", "auth none\n timeout 10s"))
    assert gatid("diff", before, after).returncode == 0
    ran = gatid("diff", before, after, "--fail-on", "unknown")
    assert ran.returncode == 1
    assert "not decided: how long calls take is not known here" in ran.stdout


def test_plans_are_compared_as_their_sources_are(old: Path, new: Path, tmp_path: Path) -> None:
    plans = []
    for path in (old, new):
        plans.append(tmp_path / f"{path.parent.name}.plan")
        assert gatid("compile", path, "-o", plans[-1]).returncode == 0
    assert gatid("diff", *plans).stdout == gatid("diff", old, new).stdout


def git(folder: Path, *words: str) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.mark.needs("git")
def test_revisions_are_read_and_nothing_is_changed(tmp_path: Path) -> None:
    path = written(tmp_path / "api", OLD)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "old")
    path.write_text(NEW)
    ran = gatid("diff", "HEAD:api/app.gati", "api/app.gati", cwd=tmp_path)
    assert ran.returncode == 1
    assert "response-enum-widened" in ran.stdout
    here = gatid("diff", "HEAD:./app.gati", "HEAD:api", cwd=tmp_path / "api")
    assert (here.returncode, here.stdout) == (0, "nothing changed\n")
    assert path.read_text() == NEW
    assert sorted(each.name for each in tmp_path.iterdir()) == [".git", "api"]


MISSING = ("HEAD:api/none.gati", "nowhere:api/app.gati", "HEAD:../../etc", "--x:api", "none.gati")


@pytest.mark.needs("git")
@pytest.mark.parametrize("said", MISSING)
def test_what_is_not_there_is_said(said: str, tmp_path: Path) -> None:
    path = written(tmp_path / "api", OLD)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "old")
    ran = gatid("diff", "--", said, path, cwd=tmp_path)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    assert said.rpartition(":")[2] in ran.stderr


def test_a_fault_is_shown_as_check_shows_it(old: Path, tmp_path: Path) -> None:
    broken = written(tmp_path / "broken", OLD.replace("Uuid", "Uid"))
    ran = gatid("diff", old, broken)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "error[unknown-type]" in ran.stderr


def test_a_version_is_compared_by_its_tag(tmp_path: Path) -> None:
    for side in ("a", "b"):
        shutil.copytree(EXAMPLES, tmp_path / side)
    orders = tmp_path / "b/types/orders.gati"
    orders.write_text(
        orders.read_text().replace("lines:    OrderLine[1..50]", "lines:    OrderLine[1..20]", 1)
    )
    paths = (tmp_path / "a/shop.gati", tmp_path / "b/shop.gati")
    head = gatid("diff", *paths)
    assert "request-items-maximum-lowered  create_order body /lines" in head.stdout
    first = gatid("diff", *paths, "--version", "v1")
    assert first.returncode == 1
    assert "request-items-maximum-lowered  create_order body /" in first.stdout
    none = gatid("diff", *paths, "--version", "v9")
    assert none.returncode == 2
    assert "no version is called `v9`; there are: v1, v2, v3" in none.stderr


OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "a", "version": "1"},
    "paths": {
        "/orders": {
            "get": {
                "operationId": "list",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 50}}
                ],
                "responses": {"200": {"description": "ok"}},
            }
        }
    },
}


def test_openapi_documents_are_compared(tmp_path: Path) -> None:
    before, after = tmp_path / "old.json", tmp_path / "new.json"
    before.write_text(json.dumps(OPENAPI))
    after.write_text(json.dumps(OPENAPI).replace("50", "20"))
    ran = gatid("diff", before, after)
    assert ran.returncode == 1
    assert "request-maximum-lowered  list query /limit" in ran.stdout


def document(**operation: object) -> str:
    """An OpenAPI document of one operation."""
    made = {"operationId": "put", "responses": {"200": {"description": "", "content": {}}}}
    paths = {"/things": {"put": {**made, **operation}}}
    parts = {"headers": {"Left": {"schema": {"type": "integer"}}}}
    info = {"title": "t", "version": "1"}
    return json.dumps({"openapi": "3.1.0", "info": info, "paths": paths, "components": parts})


def answered(**said: object) -> dict[str, object]:
    return {"responses": {"200": {"description": "", **said}}}


JSON_BODY = {"content": {"application/json": {"schema": {"type": "integer"}}}}
HEADER = {"X-Left": {"$ref": "#/components/headers/Left"}}
BOTH = {"application/json": {"schema": {}}, "application/xml": {"schema": {}}}


def body(schema: object) -> dict[str, object]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        (
            document(requestBody=JSON_BODY),
            document(requestBody={**JSON_BODY, "required": True}),
            "/paths/~1things/put/requestBody",
        ),
        (
            document(**answered(content={"application/json": {"schema": {}}})),
            document(**answered(content=BOTH)),
            "/paths/~1things/put/responses/200/content",
        ),
        (
            document(requestBody=body({"type": "array", "contains": {"const": 1}})),
            document(requestBody=body({"type": "array", "contains": {"const": 2}})),
            "/paths/~1things/put/requestBody/content/application~1json/schema/contains",
        ),
    ],
)
def test_what_cannot_be_expressed_is_told_where_it_changed(
    before: str, after: str, place: str, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(before)
    new.write_text(after)
    ran = gatid("diff", old, new, "--format", "json", "--fail-on", "unknown")
    assert ran.returncode == 1
    (change,) = json.loads(ran.stdout)["changes"]
    assert (change["rule"], change["verdict"]) == ("unexpressed-changed", "unknown")
    assert f"`{place}`" in change["sentence"]
    same = gatid("diff", old, old, "--format", "json", "--fail-on", "unknown")
    assert same.returncode == 0


@pytest.mark.parametrize(
    ("after", "rule"),
    [
        (document(**answered()), "response-header-removed"),
        (
            document(**answered(headers=HEADER)).replace("integer", "string"),
            "response-type-changed",
        ),
    ],
)
def test_headers_of_answers_are_compared(after: str, rule: str, tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(document(**answered(headers=HEADER)))
    new.write_text(after)
    ran = gatid("diff", old, new, "--format", "json")
    (change,) = json.loads(ran.stdout)["changes"]
    assert change["rule"] == rule


def test_deprecation_and_links_change_no_message(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(document())
    new.write_text(document(deprecated=True))
    assert gatid("diff", old, new, "--fail-on", "unknown").returncode == 0
