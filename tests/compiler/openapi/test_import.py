"""Golden cases: an OpenAPI document in, a project out that `gatid check` takes.

A case is a folder `cases/openapi/NAME` with the document, the project in `expected/` and the list
of what could not be expressed in `notes.txt`. `GATID_UPDATE_CASES=1` writes both anew.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from gatid.cli import main
from gatid_compiler.openapi.load import BadDocumentError, load
from gatid_compiler.openapi.project import project
from gatid_compiler.pipeline import compile_project

CASES = Path(__file__).parents[2] / "cases" / "openapi"
FOLDERS = sorted(path for path in CASES.iterdir() if path.is_dir())


def document(folder: Path) -> Path:
    return next(folder.glob("openapi.*"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_document_becomes_the_expected_project(folder: Path) -> None:
    made = project(load(document(folder)))
    expected, notes = folder / "expected", folder / "notes.txt"
    if os.environ.get("GATID_UPDATE_CASES") == "1":
        shutil.rmtree(expected, ignore_errors=True)
        for path, text in made.files.items():
            (expected / path).parent.mkdir(parents=True, exist_ok=True)
            (expected / path).write_text(text, encoding="utf-8")
        notes.write_text("".join(f"{note}\n" for note in made.notes), encoding="utf-8")
    files = {
        path.relative_to(expected).as_posix(): path.read_text(encoding="utf-8")
        for path in expected.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert made.files == files
    assert [str(note) for note in made.notes] == notes.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_project_passes_check(folder: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["import", str(document(folder)), "-o", str(tmp_path / "p")])
    assert result.exit_code == 0, result.output
    compiled = compile_project(tmp_path / "p" / "app.gati")
    assert [d.message for d in compiled.diagnostics] == []
    assert compiled.plan is not None


def test_strict_says_by_its_status_that_something_is_missing(tmp_path: Path) -> None:
    odd = str(document(CASES / "odd"))
    result = CliRunner().invoke(main, ["import", odd, "-o", str(tmp_path / "p"), "--strict"])
    assert result.exit_code == 1
    assert "look-around" in result.stdout


def test_files_that_are_there_are_kept(tmp_path: Path) -> None:
    (tmp_path / "app.gati").write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(
        main, ["import", str(document(CASES / "tasks")), "-o", str(tmp_path)]
    )
    assert result.exit_code == 2
    assert "app.gati" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["app.gati"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("swagger: '2.0'\n", "Swagger 2"),
        ("openapi: 3.2.0\n", "3.0 and 3.1"),
        ("{", "no JSON"),
        ("a: [", "no YAML"),
        ("openapi: 3\n", "found none"),
        ("!!python/object:os.system {}", "no YAML"),
        ("a: &a [*a]", "an alias leads to itself"),
        (
            "\n".join(
                ["a0: &a0 [1, 1]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30))]
            ),
            "with its aliases written out",
        ),
    ],
)
def test_what_is_no_openapi_document_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadDocumentError, match=said):
        load(file)


def test_yaml_is_read_as_json_data(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text(
        "openapi: 3.0.3\nx: {200: no, a: 2026-03-01, b: 12:30:00, c: 1e3, d: 0x1f, e: true, f: }\n",
        encoding="utf-8",
    )
    assert load(file)["x"] == {
        "200": "no", "a": "2026-03-01", "b": "12:30:00", "c": 1000.0, "d": "0x1f", "e": True,
        "f": None,
    }  # fmt: skip


def test_an_id_of_several_operations_names_none_of_them(tmp_path: Path) -> None:
    operation = "{operationId: x, responses: {'204': {description: none}}}"
    file = tmp_path / "openapi.yaml"
    file.write_text(
        "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n"
        f"  /a: {{get: {operation}}}\n  /b: {{get: {operation}}}\n",
        encoding="utf-8",
    )
    made = project(load(file))
    assert [str(note) for note in made.notes] == [
        f"/paths/~1{name}/get/operationId: `x` is the id of several operations;"
        f" this one is called `get_{name}`"
        for name in "ab"
    ]
