"""One worker's host for the tests of this folder, and its log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gatid.observe.logs import Log, Output
from gatid.policies.rate import RateTable
from gatid.services.host import Host

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """What tests share that neither read logs nor limit rates."""
    sink = os.open(os.devnull, os.O_WRONLY)
    rates = RateTable.create(64)
    made = Host.create(
        base=tmp_path_factory.mktemp("base"), rates=rates, log=Log(Output.to(sink)), threads=2
    )
    yield made
    made.close()
    made.pages.close()
    rates.close()
