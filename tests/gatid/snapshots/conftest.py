"""One host for the tests of this folder, with a log that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gatid.lifecycle.told import Told
from tests.gatid.snapshots.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    made = Told(tmp_path_factory.mktemp("base"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def kept(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    made = Kept(told, tmp_path_factory.mktemp("state"))
    yield made
    made.store.close()
