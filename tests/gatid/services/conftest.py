"""A host of one worker, and what it has logged."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from gatid.observe.logs import Log, Output
from gatid.observe.pages import MeterPages
from gatid.observe.sink import Sink
from gatid.policies.rate import RateTable
from gatid.services.host import Host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Hosted:
    """A host on a folder, with an environment and a clock of its test's own."""

    def __init__(self, base: Path) -> None:
        self.environ: dict[str, str] = {}
        self.now = 0.0
        self.log_path = base / "log"
        self._fd = os.open(self.log_path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        self.pages = MeterPages.create(1, page_size=1 << 16)
        self.rates = RateTable.create(64)
        self.host = Host.create(
            base=base,
            rates=self.rates,
            pages=self.pages,
            log=Log(Output(Sink(self._fd))),
            clock=lambda: self.now,
            environ=self.environ,
        )

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log_path.read_bytes().splitlines()]

    def close(self) -> None:
        self.host.close()
        os.close(self._fd)
        self.rates.close()


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Hosted]:
    made = Hosted(tmp_path)
    yield made
    made.close()
