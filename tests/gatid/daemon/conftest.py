"""Daemons that are ended whatever happens."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.gatid.daemon.running import Daemons

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path leaves room for socket names (107 bytes)."""
    path = Path(tempfile.mkdtemp(prefix="gatid-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def daemons(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemons]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    made = Daemons(folder)
    yield made
    made.end()
