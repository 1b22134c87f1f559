"""The typed module for handlers: mypy reads it, and it never disagrees with its routes."""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from gatid_compiler import plan as p
from gatid_compiler.codegen.python import python
from gatid_compiler.gtypes.gradual import disagreement, filled, opened
from gatid_compiler.gtypes.model import Object, Ref, Schema
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.passes.annotations import Annotations, Known
from gatid_compiler.passes.annotations.written import Place, request_parts
from gatid_compiler.passes.python import PythonFile, PythonProject
from gatid_compiler.passes.report import Report
from gatid_compiler.pipeline import compile_project
from tests.compiler.gtypes.inhabit import schemas
from tests.house.repository import ROOT

_RUFF = ("-m", "ruff", "format", "--isolated", "--line-length=320", "--diff")


def one(schema: Schema) -> p.Plan:
    """A plan with one route that takes and answers the type."""
    result = p.Shape(
        None, None, None, None, schema.root, body_bytes=False,
        answers=(p.Answer(200, schema.root), p.Answer(204, None)),
    )  # fmt: skip
    handler = p.PyHandler(p.PyRef("code", "handle"))
    contract = p.Contract(
        "tsv:0-do_it-1",
        1,
        0,
        None,
        "POST",
        ("do", p.Param("id")),
        result,
        handler,
        result,
        None,
        (),
    )
    route = p.Route("do_it", "", (), None, (), 1000, 1000, (), (), (), (), (contract,))
    app = p.App("demo", "", (), None, None, p.Limits(), {}, None)
    return p.Plan(app, (), {}, {}, {}, schema.defs, (route,), p.Code({}, {}))


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(schemas())
def test_what_is_written_agrees_with_the_route(schema: Schema) -> None:
    source = python(one(schema))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "api.py").write_text(source)
        project = PythonProject(Path(folder), Report())
        file = project.find("api")
        assert isinstance(file, PythonFile)
        annotations = Annotations(project)
        alias = Place(file, ast.Name("DoItRequest", ast.Load()))
        body = request_parts(project, alias)["body"]
        read = annotations.read(body.file, body.node)
        assert isinstance(read, Known), (read, source)
        assert compare(filled(schema.root, schema.defs), opened(read.schema)).kind != "refuted"
        answer = annotations.read(file, ast.Name("DoItAnswer", ast.Load()))
        assert isinstance(answer, Known), (answer, source)
    there = [schema.root, Ref("nothing")]
    defs = {**schema.defs, "nothing": Object()}
    found = disagreement(answer.schema, there, defs)
    assert found is None or found.value is None, source


CONFIGURATION = """
app demo {
  listen "127.0.0.1:1"
  auth none
}

## Anything with a name.
##
## It may be "quoted".
type Named { class: string, "X-Y": int, dict?: string = "a\\"b", id: Uuid, of?: Named, list: int[] }

type Tree { children: Tree[], "Any"?: string }
type Json = null | bool | number | string | Json[] | { ...: Json }
type Page<T> { items: T[], next?: string }
type Shape = { kind: "circle", r: number } | { kind: "box", a: int, b: int } | 3 | null

route put_it PUT /{a: int}/{b: Uuid} {
  query   { dry?: bool = false, at?: Date }
  headers { "X-Tag"?: string }
  body    { name: Named, more: { deep: { deeper: int }[] } }
  returns 201 Page<Named>, 200 { made: bool }, 204, 409 Problem
  handler code:put
}

route raw POST /raw {
  body    bytes
  returns bytes, 404 Problem
  handler code:put
}

route tree GET / {
  returns { tree: Tree, json: Json, shape: Shape, pair: [int, string] }
  handler code:put
}
"""


def test_mypy_reads_it_and_handlers_are_held_against_it(tmp_path: Path) -> None:
    (tmp_path / "app.gati").write_text(CONFIGURATION)
    (tmp_path / "code.py").write_text("def put(req, res, gctx, lctx): ...\n")
    made = compile_project(tmp_path / "app.gati").plan
    assert made is not None
    (tmp_path / "api.py").write_text(python(made))
    (tmp_path / "code.py").write_text(
        "from api import PutItAnswer200, PutItRequest, TreeAnswer\n"
        "async def put(req: PutItRequest) -> PutItAnswer200:\n"
        "    a: int = req.params['a']\n"
        "    b: str = req.params['b']\n"
        "    dry: bool = req.query['dry']\n"
        "    deep: int = req.body['more']['deep'][0]['deeper']\n"
        "    of = req.body['name'].get('of')\n"
        "    wrong: int = req.body['name']['id']\n"
        "    req.body['nothing']\n"
        "    return {'made': 'yes'}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "api.py", "code.py"],
        cwd=tmp_path, env={"MYPYPATH": f"{ROOT}:{ROOT}/compiler:{ROOT}/dsl", "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [line.split(":")[:2] for line in lines] == [
        ["code.py", "8"], ["code.py", "9"], ["code.py", "10"]
    ], done.stdout  # fmt: skip


def test_it_is_formatted_as_ruff_would(tmp_path: Path) -> None:
    (tmp_path / "app.gati").write_text(CONFIGURATION)
    (tmp_path / "code.py").write_text("def put(req, res, gctx, lctx): ...\n")
    for entry in (tmp_path / "app.gati", ROOT / "examples/shop.gati"):
        made = compile_project(entry).plan
        assert made is not None
        done = subprocess.run(
            (sys.executable, *_RUFF, "-"),
            input=python(made), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
