"""Wheel and sdist hold what they must, and are built of what is locked."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.house.repository import PACKAGES, ROOT, tracked


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and an sdist of the files that git knows."""
    folder = tmp_path_factory.mktemp("built")
    source = folder / "source"
    for path in tracked():
        target = source / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / path).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    return folder


def test_the_wheel_holds_every_file_of_the_packages(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = set()
    for package in map(Path, PACKAGES):
        inside = (path for path in tracked() if path.is_relative_to(package))
        wanted |= {str(path.relative_to(package.parent)) for path in inside}
    assert held == wanted
    assert "gatid_dsl/grammar.lark" in held
    assert {f"{Path(package).name}/py.typed" for package in PACKAGES} <= held


def test_the_sdist_holds_what_is_tracked(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {str(path) for path in tracked()} - held <= {".ci/run"}


def test_the_wheel_works_on_its_own(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    shutil.unpack_archive(wheel, tmp_path, "zip")
    ran = subprocess.run(
        [sys.executable, "-c", _FROM_WHEEL, "check", str(ROOT / "examples")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "2 configurations checked: no fault found\n")


_FROM_WHEEL = """
import os, sys
# The checkout is installed as editable: take its folders away.
sys.path = [""] + [p for p in sys.path if not os.path.isdir(os.path.join(p, "gatid_dsl"))
                   and not os.path.isdir(os.path.join(p, "dsl/gatid_dsl"))
                   and not os.path.isdir(os.path.join(p, "gatid_compiler"))]
sys.path_importer_cache.clear()
from gatid import cli
assert os.path.realpath(cli.__file__).startswith(os.path.realpath(os.getcwd())), cli.__file__
cli.main()
"""


def test_the_lock_pins_everything_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    entries = [line for line in lock.replace("\\\n", " ").splitlines() if line[:1].isalnum()]
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    locked = {entry.partition("==")[0] for entry in entries}
    assert {"granian", "lark", "pydantic-core", "hatchling", "ruff", "pytest"} <= locked
